import type * as pulumi from "@pulumi/pulumi";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link ComposeLeftovers}. */
export const composeLeftovers = resourceType({
    name: "docker:ComposeLeftovers",
    description: "Containers of a Compose project that the stack did not create; removed with the stack",
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
 * The containers that a developer's own Compose commands created in a Compose project, for instance a shell opened with
 * `docker compose run`. They would keep the project's network in use, so delete removes them, after the stack's own
 * containers and before that network. Create does nothing. It is replaced along with the network from which its argument is
 * derived.
 *
 * Id: the project.
 */
export class ComposeLeftovers extends ThinResource {
    declare readonly project: pulumi.Output<string>;

    constructor(name: string, args: ComposeLeftoversArgs, opts?: pulumi.CustomResourceOptions) {
        super(composeLeftovers, name, args, opts);
    }
}
