import * as pulumi from "@pulumi/pulumi";
import { mitApplication } from "../config/profiles.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { DjangoUser } from "../dynamic-providers/openedx/djangoUser.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { OAuthApplication } from "../dynamic-providers/openedx/oauthApplication.ts";
import { childNames } from "./childNames.ts";
import { childOptions } from "./childOptions.ts";
import type { ClientCredentials } from "./credentials.ts";
import { serviceWorker } from "./serviceWorker.ts";

/** The arguments of {@link OpenEdxRegistration}. */
export type OpenEdxRegistrationArgs = Pick<
    StackConfig,
    "owner" | "application" | "serviceWorker" | "superuser" | "adopt"
> & {
    /** The LMS's admin. */
    readonly connection: ConnectionArgs;
    /** The MIT application as a client of Open edX. */
    readonly client: ClientCredentials;
    /** The service worker's password and access token (secret). */
    readonly serviceWorkerPassword: pulumi.Input<string>;
    readonly serviceWorkerToken: pulumi.Input<string>;
};

/**
 * What Open edX needs to know about the MIT application: its OAuth application, and the service worker whose access token it
 * uses to call the API. Also makes a user a superuser, if one is named.
 *
 * Source: handbook, "Configure Open edX", "Create a Service Worker and Access Token", and its optional last step.
 */
export class OpenEdxRegistration extends pulumi.ComponentResource {
    /** When the service worker's token expires, e.g. `2027-11-23T15:00:00Z`. */
    readonly tokenExpires: pulumi.Output<string>;
    /** Resolves once all of it exists. */
    readonly done: pulumi.Output<unknown>;

    constructor(name: string, args: OpenEdxRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:OpenEdxRegistration", name, {}, opts);
        const { owner, connection, application, superuser, adopt } = args;
        const named = childNames(name, "open-edx");
        const child = childOptions(this, opts);

        const registered = new OAuthApplication(
            named("mit-oauth-app"),
            {
                connection,
                name: application.profile.openEdxApplicationName,
                ...args.client,
                redirectUris: mitApplication.redirectPaths.map((path) => application.url + path),
                adopt,
            },
            child,
        );

        const token = serviceWorker(
            named,
            { ...args, password: args.serviceWorkerPassword, token: args.serviceWorkerToken },
            child,
        );

        if (superuser !== undefined) {
            // The account has existed since the user's first sign-in: take it over, and give it back on `destroy`.
            new DjangoUser(
                named("superuser"),
                { connection, owner, ...superuser, isStaff: true, isSuperuser: true, adopt: true },
                child,
            );
        }

        this.tokenExpires = token.expires;
        this.done = pulumi.all([registered.id, token.id]);
        this.registerOutputs({ tokenExpires: this.tokenExpires });
    }
}
