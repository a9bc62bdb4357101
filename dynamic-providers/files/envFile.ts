import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { isWritable } from "./dotEnvBlock.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link EnvFile}. */
export const envFile = resourceType({
    name: "local:EnvFile",
    description: "A managed block in a local `.env` file",
    inputs: {
        path: nonEmpty().meta({ description: "The file, absolute or relative to the project", replaces: true }),
        owner: z.string().regex(/^\S+$/, "must be a name without spaces").meta({
            description: "The block's owner, for instance `project/stack`: other stacks leave the block alone",
        }),
        values: z
            .record(
                z.string().regex(/^[A-Za-z_]\w*$/, "must be a variable's name: letters, digits and _"),
                z.string().refine(isWritable, "can't be written to a .env file in a form that all readers understand"),
            )
            .readonly()
            .meta({ description: "The lines of the block: variables and their values", secret: true }),
        adopt: z.boolean().exactOptional().meta({
            description: "Whether to comment out lines outside the block that set its variables to something else",
            local: true,
        }),
    },
    outputs: {
        formerMode: z
            .number()
            .nullable()
            .meta({ description: "The file's former permissions; `null` if there was no file" }),
    },
});

/** The provider's inputs after `check`. */
export type EnvFileInputs = InputsOf<typeof envFile>;

/** The provider's outputs. */
export type EnvFileOutputs = OutputsOf<typeof envFile>;

/** The arguments of {@link EnvFile}. */
export type EnvFileArgs = Omit<ArgsOf<typeof envFile>, "values"> & {
    /** The names are known from the first preview on, and so are conflicts; the values may be Pulumi inputs. */
    readonly values: Readonly<Record<string, pulumi.Input<string>>>;
};

/**
 * A managed block in a local `.env` file. The file is replaced atomically and gets mode 0600. All its other bytes stay as
 * they are, except lines that set one of the block's variables: a line without a value is commented out with a mark, and so
 * is a line with another value if `adopt` is set; otherwise it is a conflict, reported before anything changes. A line with
 * the same value stays. The mark is the only record: the line after it is restored when its variable leaves the block, or
 * when the block leaves the file.
 *
 * A block that names the stack as of the last run belongs to the stack, which may have been renamed. Delete removes the
 * block, and the file if it was created here and holds nothing else.
 *
 * Id: the path. Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class EnvFile extends ThinResource {
    declare readonly path: pulumi.Output<string>;

    constructor(name: string, args: EnvFileArgs, opts?: pulumi.CustomResourceOptions) {
        super(envFile, name, args, opts);
    }
}
