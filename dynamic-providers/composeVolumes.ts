import type * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface ComposeVolumesInputs {
    /** The Compose project, for instance `mitxonline`. */
    readonly project: string;
    /** The stack whose configuration decides, as `project/stack`. */
    readonly owner: string;
}

/** The provider's outputs. */
export type ComposeVolumesOutputs = ComposeVolumesInputs;

/** The arguments of {@link ComposeVolumes}. */
export interface ComposeVolumesArgs {
    readonly project: pulumi.Input<string>;
    readonly owner: pulumi.Input<string>;
}

/**
 * The volumes of a Compose project, databases among them. Creating it makes nothing. Delete asks the stack's present
 * configuration: unless `keepVolumes` is `false`, the volumes stay, and a warning names them and how to remove them. It
 * comes after the containers are gone.
 *
 * Id: the project.
 */
export class ComposeVolumes extends ThinResource {
    constructor(name: string, args: ComposeVolumesArgs, opts?: pulumi.CustomResourceOptions) {
        super("docker:ComposeVolumes", name, { ...args }, opts);
    }
}
