import type * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface TutorNetworkInputs {
    /** The command `tutor`, by name or path. */
    readonly tutor: string;
    /** Who makes the network, for instance `project/stack`; kept as a label. */
    readonly owner: string;
    /** The gateway of a network that is made here, for instance `172.30.80.1`; `""`: as Docker likes. */
    readonly wanted: string;
}

/** The provider's outputs. */
export interface TutorNetworkOutputs extends TutorNetworkInputs {
    /** The name of the network, for instance `tutor_dev_default`. */
    readonly name: string;
    /** The Compose project that it belongs to, for instance `tutor_dev`. */
    readonly project: string;
    /** The address of the host in it. */
    readonly gateway: string;
}

/** The arguments of {@link TutorNetwork}. */
export interface TutorNetworkArgs {
    readonly tutor: pulumi.Input<string>;
    readonly owner: pulumi.Input<string>;
    readonly wanted: pulumi.Input<string>;
}

/**
 * The default network of Tutor's development server. Its name is what Compose says. One that exists is used as it is;
 * one that doesn't is made as Compose would make it, with a gateway that is the same on every rebuild. Every plan asks
 * Docker for the gateway: where it changed, or the network is gone, an update tells those who use it.
 *
 * Delete takes away a network that was made here, with the containers of the project: there were none before.
 *
 * Id: the name. Source: handbook, "MIT xPro/MITx Online Setup" step 1.
 */
export class TutorNetwork extends ThinResource {
    declare readonly name: pulumi.Output<string>;
    declare readonly project: pulumi.Output<string>;
    declare readonly gateway: pulumi.Output<string>;

    constructor(name: string, args: TutorNetworkArgs, opts?: pulumi.CustomResourceOptions) {
        super("tutor:Network", name, { name: undefined, project: undefined, gateway: undefined, ...args }, opts);
    }
}
