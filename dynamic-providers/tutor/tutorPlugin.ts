import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link TutorPlugin}. */
export const tutorPlugin = resourceType({
    name: "tutor:Plugin",
    description: "A Tutor plugin of one Python file, enabled",
    inputs: {
        tutor: nonEmpty().meta({ description: "The command `tutor`, by name or path", local: true }),
        name: z
            .string()
            .regex(/^[a-z][a-z0-9-]*$/, "must be a plugin name: lowercase letters, digits and -")
            .meta({ description: "The name of the plugin and of its file, without `.py`", replaces: true }),
        text: nonEmpty().meta({
            description: "The whole file; its first line names its owner, so that no other stack's file is overwritten",
            secret: true,
        }),
    },
    outputs: {
        root: z.string().meta({ description: "Tutor's project root, which holds `config.yml`" }),
        file: z.string().meta({ description: "The plugin's file" }),
    },
});

/** The provider's inputs after `check`. */
export type TutorPluginInputs = InputsOf<typeof tutorPlugin>;

/** The provider's outputs. */
export type TutorPluginOutputs = OutputsOf<typeof tutorPlugin>;

/** The arguments of {@link TutorPlugin}. */
export type TutorPluginArgs = ArgsOf<typeof tutorPlugin>;

/**
 * A Tutor plugin in a single Python file (mode 0600), enabled, with Tutor's environment rendered accordingly. A plugin
 * that was deleted or disabled manually counts as gone; an edited one is reset. Delete disables and removes it, and renders
 * the environment without it.
 *
 * Id: the file. Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export class TutorPlugin extends ThinResource {
    /** Tutor's project root. */
    declare readonly root: pulumi.Output<string>;
    /** The plugin's file. */
    declare readonly file: pulumi.Output<string>;

    constructor(name: string, args: TutorPluginArgs, opts?: pulumi.CustomResourceOptions) {
        super(tutorPlugin, name, args, opts);
    }
}
