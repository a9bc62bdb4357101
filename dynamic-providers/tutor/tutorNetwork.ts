import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link TutorNetwork}. */
export const tutorNetwork = resourceType({
    name: "tutor:Network",
    description: "The default network of Tutor's development server",
    inputs: {
        tutor: nonEmpty().meta({ description: "The command `tutor`, by name or path", local: true }),
        owner: nonEmpty().meta({
            description: "The network's owner, for instance `project/stack`; stored as a label",
        }),
        newGateway: z.union([z.literal(""), z.ipv4("must be an IPv4 address, e.g. 172.30.80.1")]).meta({
            description: 'The gateway of a new network, for instance `172.30.80.1`; `""` lets Docker choose',
            local: true,
            formerly: "wanted",
        }),
    },
    outputs: {
        name: z.string().meta({ description: "The name of the network, for instance `tutor_dev_default`" }),
        project: z.string().meta({ description: "The Compose project that it belongs to, for instance `tutor_dev`" }),
        gateway: z.string().meta({ description: "The host's address in it" }),
        createdAs: z.string().exactOptional().meta({
            description: "The owner's name when this stack created the network, if it has another one now",
            formerly: "madeBy",
        }),
    },
});

/** The provider's inputs after `check`. */
export type TutorNetworkInputs = InputsOf<typeof tutorNetwork>;

/** The provider's outputs. */
export type TutorNetworkOutputs = OutputsOf<typeof tutorNetwork>;

/** The arguments of {@link TutorNetwork}. */
export type TutorNetworkArgs = ArgsOf<typeof tutorNetwork>;

/**
 * The default network of Tutor's development server, under the name that Compose reports. An existing network is used as is;
 * a missing one is created as Compose would create it, with a gateway that is the same on every rebuild. Every plan asks
 * Docker for the gateway: if it changed, or the network is gone, an update informs the resources that use it.
 *
 * Delete removes a network that was created here, along with the project's containers: there were none before.
 *
 * Id: the name. Source: handbook, "MIT xPro/MITx Online Setup" step 1.
 */
export class TutorNetwork extends ThinResource {
    declare readonly name: pulumi.Output<string>;
    declare readonly project: pulumi.Output<string>;
    declare readonly gateway: pulumi.Output<string>;

    constructor(name: string, args: TutorNetworkArgs, opts?: pulumi.CustomResourceOptions) {
        super(tutorNetwork, name, args, opts);
    }
}
