import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link Site}. */
export const site = resourceType({
    name: "openedx:Site",
    description: "A site of the LMS; an existing one is used as it is",
    inputs: {
        connection: connectionSchema,
        domain: z
            .string()
            .max(100)
            .regex(/^[\w.-]+(:\d+)?$/, "must be a host name with an optional port, e.g. local.openedx.io:8000")
            .meta({
                description: "The host in the requests for the site, with its port unless that is 80",
                replaces: true,
            }),
        displayName: nonEmpty().max(50).meta({
            description: "The name of a site that this stack creates, by which it recognizes it later",
            local: true,
        }),
    },
    outputs: {
        createdHere: z.boolean().meta({
            description: "Whether this stack created the site; an existing one outlives the stack",
            formerly: "created",
        }),
    },
});

/** The provider's inputs after `check`. */
export type SiteInputs = InputsOf<typeof site>;

/** The provider's outputs. */
export type SiteOutputs = OutputsOf<typeof site>;

/** The arguments of {@link Site}. */
export type SiteArgs = ArgsOf<typeof site>;

/**
 * A site of the LMS (`/admin/sites/site/`): an existing one is used as is, a missing one is created.
 *
 * Id: the site's primary key. Only a site that was created here is deleted, and the LMS keeps it as long as provider
 * configurations refer to it, since those can't be deleted.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class Site extends ThinResource {
    declare readonly domain: pulumi.Output<string>;
    declare readonly createdHere: pulumi.Output<boolean>;

    constructor(name: string, args: SiteArgs, opts?: pulumi.CustomResourceOptions) {
        super(site, name, args, opts);
    }
}
