import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link TutorPlugin}. */
export const tutorPlugin = resourceType({
    name: "tutor:Plugin",
    description: "A Tutor plug-in of one Python file, enabled",
    inputs: {
        tutor: nonEmpty().meta({ description: "The command `tutor`, by name or path", local: true }),
        name: z
            .string()
            .regex(/^[a-z][a-z0-9-]*$/, "must be a plug-in's name: small letters, digits and -")
            .meta({ description: "The name of the plug-in and of its file, without `.py`", replaces: true }),
        text: nonEmpty().meta({
            description: "The whole file; its first line says whose it is, so that no other stack's is overwritten",
            secret: true,
        }),
    },
    outputs: {
        root: z.string().meta({ description: "Tutor's project root, which holds `config.yml`" }),
        file: z.string().meta({ description: "The plug-in's file" }),
    },
});

/** The provider's inputs after `check`. */
export type TutorPluginInputs = InputsOf<typeof tutorPlugin>;

/** The provider's outputs. */
export type TutorPluginOutputs = OutputsOf<typeof tutorPlugin>;

/** The arguments of {@link TutorPlugin}. */
export type TutorPluginArgs = ArgsOf<typeof tutorPlugin>;

/**
 * A Tutor plug-in in a single Python file (mode 0600), enabled, with Tutor's environment rendered accordingly. A plug-in
 * that was deleted or disabled manually counts as gone; an edited one is reset. Delete disables and removes it, and renders
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
        super(tutorPlugin, name, args, opts);
    }
}
