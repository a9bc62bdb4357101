import { openEdx as openEdxConstants } from "./openEdx.ts";
import type { StackConfig } from "./stackConfig.ts";

/** The values of `.env` that are known only in the course of a run, or are secret. */
export interface MadeValues<Value> {
    /** The gateway of Open edX's network, and the address of the application at a gateway. */
    readonly openEdxGateway: Value;
    /** The address by which Open edX's containers reach the application, made from that gateway. */
    readonly applicationAtGateway: Value;
    readonly serviceWorkerToken: Value;
    readonly clientId: Value;
    readonly clientSecret: Value;
    /** For APISIX only. */
    readonly apisixSessionSecret: Value;
    /** For APISIX only. */
    readonly keycloakClientSecret: Value;
}

/** What stands for {@link MadeValues} where only Compose's files are read. Each is a host name, as one may have to be. */
export const placeholders: MadeValues<string> = {
    openEdxGateway: "made-open-edx-gateway.invalid",
    applicationAtGateway: "made-application-at-gateway.invalid",
    serviceWorkerToken: "made-service-worker-token.invalid",
    clientId: "made-client-id.invalid",
    clientSecret: "made-client-secret.invalid",
    apisixSessionSecret: "made-apisix-session-secret.invalid",
    keycloakClientSecret: "made-keycloak-client-secret.invalid",
};

/**
 * The lines of `.env`: the handbook's list, and what the application's Compose file and APISIX need.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export function environmentLines<Value>(
    { openEdx, application, serviceWorker }: Pick<StackConfig, "openEdx" | "application" | "serviceWorker">,
    made: MadeValues<Value>,
): Record<string, string | Value> {
    const { profile } = application;
    return {
        OPENEDX_IP: made.openEdxGateway,
        EDX_IP: made.openEdxGateway,
        OPENEDX_API_BASE_URL: openEdx.url,
        OPENEDX_SERVICE_WORKER_USERNAME: serviceWorker.username,
        OPENEDX_SERVICE_WORKER_API_TOKEN: made.serviceWorkerToken,
        OPENEDX_OAUTH_PROVIDER: openEdxConstants.backendName,
        OPENEDX_SOCIAL_LOGIN_PATH: openEdxConstants.loginPath,
        OPENEDX_API_CLIENT_ID: made.clientId,
        OPENEDX_API_CLIENT_SECRET: made.clientSecret,
        OPENEDX_BASE_REDIRECT_URL: openEdx.url,
        LOGOUT_REDIRECT_URL: openEdx.url + openEdxConstants.logoutPath,
        [profile.baseUrlVariable]: application.url,
        // The handbook's gateway here is that of Open edX's network: its containers are who uses the address.
        ...(profile.dockerBaseUrlVariable && { [profile.dockerBaseUrlVariable]: made.applicationAtGateway }),
        ...profile.environment,
        ...(profile.isBehindApisix && {
            APISIX_PORT: new URL(application.url).port || "80",
            APISIX_SESSION_SECRET_KEY: made.apisixSessionSecret,
            KEYCLOAK_CLIENT_SECRET: made.keycloakClientSecret,
            // A browser uses both ports: users that of APISIX, administrators the application's own.
            CSRF_TRUSTED_ORIGINS: `${application.url},${application.connection.baseUrl}`,
        }),
        ...application.ownLines,
    };
}
