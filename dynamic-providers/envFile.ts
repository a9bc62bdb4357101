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
}

/**
 * A managed block in a local `.env` file. All other bytes of the file stay as they are; a key that stands outside the
 * block as well is reported as a conflict before anything is done. The file is replaced as a whole and gets mode 0600.
 * Delete removes the block, and the file where it was made here and holds nothing else.
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
            "envFile",
            "local:EnvFile",
            name,
            { ...args, values: secrets },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["values"] }),
        );
    }
}
