import * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface AccessTokenInputs {
    readonly connection: Connection;
    /** The user whom the token stands for. */
    readonly username: string;
    /** The token (secret): 255 characters at most, unique on the server. */
    readonly token: string;
    /** When it expires: an instant such as `2027-11-23T15:00:00Z`. Set by `check` where a period is given. */
    readonly expires: string;
    /** The period that a new token is valid for, in days; instead of `expires`. */
    readonly lifetimeDays?: number;
    /** `up` renews the token when it expires in fewer days than that. Default: 30; only with `lifetimeDays`. */
    readonly renewBeforeDays?: number;
}

/** The provider's outputs: its inputs. */
export type AccessTokenOutputs = AccessTokenInputs;

/** The arguments of {@link AccessToken}: the expiry as a date or as a period. */
export type AccessTokenArgs = {
    readonly connection: ConnectionArgs;
    readonly username: pulumi.Input<string>;
    readonly token: pulumi.Input<string>;
} & (
    | { readonly expires: pulumi.Input<string> }
    | { readonly lifetimeDays: pulumi.Input<number>; readonly renewBeforeDays?: pulumi.Input<number> }
);

/**
 * An access token in the LMS's Django admin (`/admin/oauth2_provider/accesstoken/`), bound to a user and to no
 * application, as the service worker uses it.
 *
 * Id: the token's primary key. With a period the expiry stays the same from run to run until the margin is reached;
 * then `up` moves it on.
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
        super(
            "openedx:AccessToken",
            name,
            { expires: undefined, ...args, token: pulumi.secret(args.token) },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["token"] }),
        );
    }
}
