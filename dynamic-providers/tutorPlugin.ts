import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface TutorPluginInputs {
    /** The command `tutor`, by name or path. */
    readonly tutor: string;
    /** The name of the plug-in and of its file, without `.py`. */
    readonly name: string;
    /** The whole file (secret). Its first line tells whose it is, so that no other stack's is overwritten. */
    readonly text: string;
}

/** The provider's outputs. */
export interface TutorPluginOutputs extends TutorPluginInputs {
    /** Tutor's project root, which holds `config.yml`. */
    readonly root: string;
    /** The plug-in's file. */
    readonly file: string;
}

/** The arguments of {@link TutorPlugin}. */
export interface TutorPluginArgs {
    readonly tutor: pulumi.Input<string>;
    readonly name: pulumi.Input<string>;
    readonly text: pulumi.Input<string>;
}

/**
 * A Tutor plug-in of one Python file (mode 0600), enabled, and Tutor's environment rendered with it. A plug-in that was
 * deleted or disabled by hand is gone; one that was edited is put right. Delete disables and removes it, and renders
 * the environment without it.
 *
 * Id: the file. Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export class TutorPlugin extends ThinResource {
    /** Tutor's project root. */
    declare readonly root: pulumi.Output<string>;
    /** The plug-in's file. */
    declare readonly file: pulumi.Output<string>;

    constructor(name: string, args: TutorPluginArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            "tutor:Plugin",
            name,
            { root: undefined, file: undefined, ...args, text: pulumi.secret(args.text) },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["text"] }),
        );
    }
}
