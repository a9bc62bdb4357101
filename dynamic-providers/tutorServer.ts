import type * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface TutorServerInputs {
    /** The command `tutor`, by name or path. */
    readonly tutor: string;
    /** Tutor's Compose project, for instance `tutor_dev`. */
    readonly project: string;
    /** The version of the LMS's image: with another one the LMS is started anew. */
    readonly image: string;
    /** Packages to install with `pip` in the running container, pinned; they are lost when it is made anew. */
    readonly packages: readonly string[];
}

/** The provider's outputs. State of earlier versions lacks `container` and `isStartedHere`. */
export interface TutorServerOutputs extends TutorServerInputs {
    /** The id of the LMS's container after the last start. */
    readonly container?: string;
    /** When the stack last started the server, or found that somebody else had started it anew; ISO 8601. */
    readonly since: string;
    /** Whether the LMS did not run before the stack started it. */
    readonly isStartedHere?: boolean;
}

/** The arguments of {@link TutorServer}. */
export interface TutorServerArgs {
    readonly tutor: pulumi.Input<string>;
    readonly project: pulumi.Input<string>;
    readonly image: pulumi.Input<string>;
    readonly packages: pulumi.Input<readonly string[]>;
}

/**
 * Tutor's development server, started. Every plan asks Docker for the LMS's container: one that was stopped is started
 * again, and one that was made anew gets its packages again, by the next `up`. Delete stops a server that the stack
 * started, and leaves one running that ran before.
 *
 * Id: the Compose project. Source: handbook, "Open edX Provider Configuration" step 2.
 */
export class TutorServer extends ThinResource {
    /** Changes with every start of the LMS that the stack makes or notices. */
    declare readonly since: pulumi.Output<string>;

    constructor(name: string, args: TutorServerArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            "tutor:Server",
            name,
            { container: undefined, since: undefined, isStartedHere: undefined, ...args },
            opts,
        );
    }
}
