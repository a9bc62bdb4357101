import type * as pulumi from "@pulumi/pulumi";
import type { Found } from "./found.ts";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. `found` is the LMS's running container. */
export interface TutorServerInputs extends Found {
    /** The command `tutor`, by name or path. */
    readonly tutor: string;
    /** Tutor's Compose project, for instance `tutor_dev`. */
    readonly project: string;
    /** The version of the LMS's image: with another one the LMS is started anew. */
    readonly image: string;
    /** Packages to install with `pip` in the running container, pinned; they are lost when it is made anew. */
    readonly packages: readonly string[];
}

/** The provider's outputs. */
export type TutorServerOutputs = TutorServerInputs;

/** The arguments of {@link TutorServer}. */
export interface TutorServerArgs {
    readonly tutor: pulumi.Input<string>;
    readonly project: pulumi.Input<string>;
    /** The LMS's running container as Docker says when the program starts; `""` where there is none. */
    readonly found: pulumi.Input<string>;
    readonly image: pulumi.Input<string>;
    readonly packages: pulumi.Input<readonly string[]>;
}

/**
 * Tutor's development server, started. One that was stopped is started again, and a container that was made anew gets
 * its packages again, by the next `up`. Delete leaves it running: see `TutorNetwork`.
 *
 * Id: the Compose project. Source: handbook, "Open edX Provider Configuration" step 2.
 */
export class TutorServer extends ThinResource {
    /** Changes whenever the LMS had to be started. */
    declare readonly since: pulumi.Output<string>;

    constructor(name: string, args: TutorServerArgs, opts?: pulumi.CustomResourceOptions) {
        super("tutorServer", "tutor:Server", name, { since: undefined, ...args }, opts);
    }
}
