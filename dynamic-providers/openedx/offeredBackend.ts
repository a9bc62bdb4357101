import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, patience, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link OfferedBackend}. */
export const offeredBackend = resourceType({
    name: "openedx:OfferedBackend",
    description: "Waits until the LMS offers a backend for provider configurations",
    inputs: {
        connection: connectionSchema,
        backendName: nonEmpty().meta({ description: "The backend's name, for instance `ol-oauth2`", replaces: true }),
        settings: z.string().meta({
            description: "Changes with the LMS's settings and with each start; every change waits again",
        }),
        patienceSeconds: patience(300, "a restart of the LMS takes minutes"),
    },
});

/** The provider's inputs after `check`. */
export type OfferedBackendInputs = InputsOf<typeof offeredBackend>;

/** The provider's outputs. */
export type OfferedBackendOutputs = OutputsOf<typeof offeredBackend>;

/** The arguments of {@link OfferedBackend}. */
export type OfferedBackendArgs = ArgsOf<typeof offeredBackend>;

/**
 * A check that the LMS not only responds but offers a backend for provider configurations: its settings and packages are
 * live. Create waits; a backend that is no longer offered counts as gone. It creates nothing on the server.
 *
 * Id: the backend's name. Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export class OfferedBackend extends ThinResource {
    declare readonly backendName: pulumi.Output<string>;

    constructor(name: string, args: OfferedBackendArgs, opts?: pulumi.CustomResourceOptions) {
        super(offeredBackend, name, args, opts);
    }
}
