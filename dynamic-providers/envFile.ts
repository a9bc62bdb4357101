import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface EnvFileInputs {
    /** The file, absolute or relative to the project. */
    readonly path: string;
    /** Who keeps the block, for instance `project/stack`: no other stack touches it. */
    readonly owner: string;
    /** The lines of the block (secret): variable names and values. */
    readonly values: Readonly<Record<string, string>>;
    /** Whether lines outside the block that set its variables to something else are commented out. Default: false. */
    readonly adopt?: boolean;
}

/** The provider's outputs. */
export interface EnvFileOutputs extends EnvFileInputs {
    /** The permissions that the file had before, for instance 420 (0644 in octal); `null` where there was no file. */
    readonly formerMode: number | null;
}

/** The arguments of {@link EnvFile}. */
export interface EnvFileArgs {
    readonly path: pulumi.Input<string>;
    readonly owner: pulumi.Input<string>;
    /** The names are known from the first preview on, so that conflicts are; the values may come later. */
    readonly values: Readonly<Record<string, pulumi.Input<string>>>;
    readonly adopt?: boolean;
}

/**
 * A managed block in a local `.env` file. The file is replaced as a whole and gets mode 0600. All other bytes of it stay as
 * they are, but for lines that set a variable of the block: one without a value is commented out with a mark, and so is
 * one with another value if `adopt` says so; else it is a conflict, told before anything is done. One with the same value
 * stays. The mark is the only record: what it stands before is given back when its variable leaves the block, or the
 * block the file.
 *
 * A block that names the stack as the last run knew it is the stack's: it may have been renamed. Delete removes the
 * block, and the file where it was made here and holds nothing else.
 *
 * Id: the path. Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class EnvFile extends ThinResource {
    declare readonly path: pulumi.Output<string>;

    constructor(name: string, args: EnvFileArgs, opts?: pulumi.CustomResourceOptions) {
        const secrets = Object.fromEntries(
            Object.entries(args.values).map(([key, value]) => [key, pulumi.secret(value)]),
        );
        super(
            "local:EnvFile",
            name,
            { ...args, values: secrets },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["values"] }),
        );
    }
}
