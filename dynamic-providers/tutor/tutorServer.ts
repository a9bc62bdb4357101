import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link TutorServer}. State from earlier versions lacks `container` and `startedHere`. */
export const tutorServer = resourceType({
    name: "tutor:Server",
    description: "Tutor's development server, started",
    inputs: {
        tutor: nonEmpty().meta({ description: "The command `tutor`, by name or path", local: true }),
        project: nonEmpty().meta({ description: "Tutor's Compose project, for instance `tutor_dev`", replaces: true }),
        image: z.string().meta({
            description: "Changes with the LMS's image; every change restarts the LMS",
        }),
        packages: z.array(z.string()).readonly().meta({
            description: "Pinned packages to install with `pip` in the running container, and in every new one",
        }),
    },
    outputs: {
        container: z
            .string()
            .exactOptional()
            .meta({ description: "The id of the LMS's container after the last start" }),
        since: z.string().meta({
            description: "When the stack last started the server (ISO 8601)",
        }),
        startedHere: z.boolean().exactOptional().meta({
            description: "Whether this stack started the server; one that ran before stays running",
            formerly: "isStartedHere",
        }),
    },
});

/** The provider's inputs after `check`. */
export type TutorServerInputs = InputsOf<typeof tutorServer>;

/** The provider's outputs. */
export type TutorServerOutputs = OutputsOf<typeof tutorServer>;

/** The arguments of {@link TutorServer}. */
export type TutorServerArgs = ArgsOf<typeof tutorServer>;

/**
 * Tutor's development server, running. Every plan asks Docker for the LMS's container: the next `up` starts a stopped one
 * again, and reinstalls the packages in one that was recreated. Delete stops a server that the stack started, and leaves a
 * server running that ran before.
 *
 * Id: the Compose project. Source: handbook, "Open edX Provider Configuration" step 2.
 */
export class TutorServer extends ThinResource {
    /** Changes with every start of the LMS that the stack performs or notices. */
    declare readonly since: pulumi.Output<string>;

    constructor(name: string, args: TutorServerArgs, opts?: pulumi.CustomResourceOptions) {
        super(tutorServer, name, args, opts);
    }
}
