import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link CopiedFile}. */
export const copiedFile = resourceType({
    name: "local:CopiedFile",
    description: "A local file that is copied from a template once",
    inputs: {
        source: nonEmpty().meta({
            description: "The file to copy, absolute or relative to the project",
            replaces: true,
        }),
        target: nonEmpty().meta({ description: "The path of the copy", replaces: true }),
    },
    outputs: {
        createdHere: z.boolean().meta({
            description: "Whether this stack created the copy; an existing file is used as it is, and stays",
            formerly: "isMadeHere",
        }),
    },
});

/** The provider's inputs after `check`. */
export type CopiedFileInputs = InputsOf<typeof copiedFile>;

/** The provider's outputs. */
export type CopiedFileOutputs = OutputsOf<typeof copiedFile>;

/** The arguments of {@link CopiedFile}. */
export type CopiedFileArgs = ArgsOf<typeof copiedFile>;

/**
 * A local file that is copied from a template once and that its developer may replace. Delete removes a copy that was made
 * here and has not changed since.
 *
 * Id: the target. Source: MITx Online's Keycloak setup, which ships its certificates as `*.default`.
 */
export class CopiedFile extends ThinResource {
    constructor(name: string, args: CopiedFileArgs, opts?: pulumi.CustomResourceOptions) {
        super(copiedFile, name, args, opts);
    }
}
