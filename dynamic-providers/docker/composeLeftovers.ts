import type * as pulumi from "@pulumi/pulumi";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link ComposeLeftovers}. */
export const composeLeftovers = resourceType({
    name: "docker:ComposeLeftovers",
    description: "Containers of a Compose project that were started by hand; removed with the stack",
    inputs: {
        project: nonEmpty().meta({ description: "The Compose project, for instance `mitxonline`", replaces: true }),
    },
});

/** The provider's inputs after `check`. */
export type ComposeLeftoversInputs = InputsOf<typeof composeLeftovers>;

/** The provider's outputs. */
export type ComposeLeftoversOutputs = OutputsOf<typeof composeLeftovers>;

/** The arguments of {@link ComposeLeftovers}. */
export type ComposeLeftoversArgs = ArgsOf<typeof composeLeftovers>;

/**
 * The containers of a Compose project that Compose made when it was called by hand, a shell by `docker compose run` for
 * instance. They would hold the project's network, so delete removes them; it comes between the stack's own containers
 * and that network. Creating it makes nothing. It is replaced with the network that its argument is made from.
 *
 * Id: the project.
 */
export class ComposeLeftovers extends ThinResource {
    declare readonly project: pulumi.Output<string>;

    constructor(name: string, args: ComposeLeftoversArgs, opts?: pulumi.CustomResourceOptions) {
        super(composeLeftovers, name, args, opts);
    }
}
