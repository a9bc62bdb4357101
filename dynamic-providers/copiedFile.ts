import type * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface CopiedFileInputs {
    /** The file to copy, absolute or relative to the project. */
    readonly source: string;
    /** Where the copy is to be. */
    readonly target: string;
}

/** The provider's outputs. */
export interface CopiedFileOutputs extends CopiedFileInputs {
    /** Whether the copy was made here. A file that was there before is used as it is, and stays. */
    readonly isMadeHere: boolean;
}

/** The arguments of {@link CopiedFile}. */
export interface CopiedFileArgs {
    readonly source: pulumi.Input<string>;
    readonly target: pulumi.Input<string>;
}

/**
 * A local file that has to be copied from a template once, as its developer may put another one there. Delete removes a
 * copy that was made here and not changed since.
 *
 * Id: the target. Source: MITx Online's set-up of Keycloak, whose certificates lie there as `*.default`.
 */
export class CopiedFile extends ThinResource {
    constructor(name: string, args: CopiedFileArgs, opts?: pulumi.CustomResourceOptions) {
        super("local:CopiedFile", name, { isMadeHere: undefined, ...args }, opts);
    }
}
