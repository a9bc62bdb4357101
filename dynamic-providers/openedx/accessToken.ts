import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link AccessToken}. */
export const accessToken = resourceType({
    name: "openedx:AccessToken",
    description: "An access token in the LMS's Django admin, for a user but no application",
    inputs: {
        connection: connectionSchema,
        // Deleting a user deletes their tokens.
        username: nonEmpty().meta({ description: "The token's user", replaces: true }),
        token: nonEmpty()
            .max(255)
            .meta({ description: "The token, unique on the server", secret: true, replaces: true }),
        expires: z.iso
            .datetime({ error: "must be an instant such as 2030-01-31T00:00:00Z" })
            .meta({ description: "When it expires; computed if a period is given" }),
        lifetimeDays: z.number().positive().exactOptional().meta({
            description: "For how many days a new token is valid; instead of `expires`",
            local: true,
        }),
        renewBeforeDays: z.number().nonnegative().exactOptional().meta({
            description:
                "`up` renews the token when fewer days than this are left; only with `lifetimeDays`; 30 by default",
            local: true,
        }),
    },
});

/** The provider's inputs after `check`. */
export type AccessTokenInputs = InputsOf<typeof accessToken>;

/** The provider's outputs: its inputs. */
export type AccessTokenOutputs = OutputsOf<typeof accessToken>;

type AllArgs = ArgsOf<typeof accessToken>;

/** The arguments of {@link AccessToken}: the expiry as a date or as a period. */
export type AccessTokenArgs = Pick<AllArgs, "connection" | "username" | "token"> &
    (Pick<AllArgs, "expires"> | (Required<Pick<AllArgs, "lifetimeDays">> & Pick<AllArgs, "renewBeforeDays">));

/**
 * An access token in the LMS's Django admin (`/admin/oauth2_provider/accesstoken/`), tied to a user but to no application,
 * as the service worker uses it.
 *
 * Id: the token's primary key. With a period, the expiry stays the same from run to run until the margin is reached; then
 * `up` extends it.
 *
 * Source: handbook, "Create a Service Worker and Access Token".
 */
export class AccessToken extends ThinResource {
    declare readonly username: pulumi.Output<string>;
    /** Secret. */
    declare readonly token: pulumi.Output<string>;
    /** When it expires, for instance `2027-11-23T15:00:00Z`. */
    declare readonly expires: pulumi.Output<string>;

    constructor(name: string, args: AccessTokenArgs, opts?: pulumi.CustomResourceOptions) {
        // The provider sets it if a period is given.
        super(accessToken, name, { expires: undefined, ...args }, opts);
    }
}
