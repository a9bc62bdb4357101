import type * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface ComposeLeftoversInputs {
    /** The Compose project, for instance `mitxonline`. */
    readonly project: string;
}

/** The provider's outputs. */
export type ComposeLeftoversOutputs = ComposeLeftoversInputs;

/** The arguments of {@link ComposeLeftovers}. */
export interface ComposeLeftoversArgs {
    readonly project: pulumi.Input<string>;
}

/**
 * The containers of a Compose project that Compose made when it was called by hand, a shell by `docker compose run` for
 * instance. They would hold the project's network, so delete removes them; it comes between the stack's own containers
 * and that network. Creating it makes nothing.
 *
 * Id: the project.
 */
export class ComposeLeftovers extends ThinResource {
    constructor(name: string, args: ComposeLeftoversArgs, opts?: pulumi.CustomResourceOptions) {
        super("docker:ComposeLeftovers", name, { ...args }, opts);
    }
}
