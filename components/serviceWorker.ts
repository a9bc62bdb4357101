import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config/stackConfig.ts";
import { AccessToken } from "../dynamic-providers/openedx/accessToken.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { DjangoUser } from "../dynamic-providers/openedx/djangoUser.ts";

/** The arguments of {@link serviceWorker}. */
export type ServiceWorkerArgs = Pick<StackConfig, "owner" | "serviceWorker" | "adopt"> & {
    /** The LMS's admin. */
    readonly connection: ConnectionArgs;
    /** The user's password and access token (secret). */
    readonly password: pulumi.Input<string>;
    readonly token: pulumi.Input<string>;
};

/**
 * The user that the MIT application uses to call Open edX's API, and the access token.
 *
 * Source: handbook, "Create a Service Worker and Access Token".
 *
 * @param named - the names of the two resources in their component.
 * @param options - their options.
 * @returns the token.
 */
export function serviceWorker(
    named: (child: string) => string,
    { owner, connection, serviceWorker: worker, password, token, adopt }: ServiceWorkerArgs,
    options: pulumi.CustomResourceOptions,
): AccessToken {
    const { username } = new DjangoUser(
        named("service-worker"),
        { connection, username: worker.username, owner, email: worker.email, password, isStaff: true, adopt },
        options,
    );
    return new AccessToken(
        named("service-worker-token"),
        {
            connection,
            username,
            token,
            lifetimeDays: worker.tokenLifetimeDays,
            renewBeforeDays: worker.tokenRenewBeforeDays,
        },
        options,
    );
}
