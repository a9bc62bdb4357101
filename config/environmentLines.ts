import { openEdx as openEdxConstants } from "./openEdx.ts";
import { type EnvText, joinProfiles, valuesOutside } from "../dynamic-providers/files/envBlock.ts";
import type { ApplicationProfile } from "./profiles.ts";

/** The values of `.env` that follow from the configuration. Addresses have no slash at the end. */
export interface ChosenValues {
    readonly profile: ApplicationProfile;
    /** The addresses that users know, and that of the application's admin. */
    readonly openEdxUrl: string;
    readonly applicationUrl: string;
    readonly adminUrl: string;
    readonly serviceWorkerUsername: string;
    /** The lines that follow from what the developer has set outside the block, such as those that are missing to boot. */
    readonly ownLines: Readonly<Record<string, string>>;
}

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
    { profile, openEdxUrl, applicationUrl, adminUrl, serviceWorkerUsername, ownLines }: ChosenValues,
    made: MadeValues<Value>,
): Record<string, string | Value> {
    return {
        OPENEDX_IP: made.openEdxGateway,
        EDX_IP: made.openEdxGateway,
        OPENEDX_API_BASE_URL: openEdxUrl,
        OPENEDX_SERVICE_WORKER_USERNAME: serviceWorkerUsername,
        OPENEDX_SERVICE_WORKER_API_TOKEN: made.serviceWorkerToken,
        OPENEDX_OAUTH_PROVIDER: openEdxConstants.backendName,
        OPENEDX_SOCIAL_LOGIN_PATH: openEdxConstants.loginPath,
        OPENEDX_API_CLIENT_ID: made.clientId,
        OPENEDX_API_CLIENT_SECRET: made.clientSecret,
        OPENEDX_BASE_REDIRECT_URL: openEdxUrl,
        LOGOUT_REDIRECT_URL: openEdxUrl + openEdxConstants.logoutPath,
        [profile.baseUrlVariable]: applicationUrl,
        // The handbook's gateway here is that of Open edX's network: its containers are who uses the address.
        ...(profile.dockerBaseUrlVariable && { [profile.dockerBaseUrlVariable]: made.applicationAtGateway }),
        ...profile.environment,
        ...(profile.isBehindApisix && {
            APISIX_PORT: new URL(applicationUrl).port || "80",
            APISIX_SESSION_SECRET_KEY: made.apisixSessionSecret,
            KEYCLOAK_CLIENT_SECRET: made.keycloakClientSecret,
            // A browser uses both ports: users that of APISIX, administrators the application's own.
            CSRF_TRUSTED_ORIGINS: `${applicationUrl},${adminUrl}`,
        }),
        ...ownLines,
    };
}

/**
 * The lines of `.env` that follow from what its developer has set outside the block: those without which the application
 * does not boot, as far as they are not set, and the profiles of Compose that are switched on, where the stack needs some.
 *
 * @param compose - the text of the checkout's Compose files, where there are any.
 */
export function linesByOwn(
    {
        bootEnvironment,
        askedEnvironment = {},
        environment,
    }: Pick<ApplicationProfile, "bootEnvironment" | "askedEnvironment" | "environment">,
    env: EnvText,
    compose = "",
): Record<string, string> {
    const own = valuesOutside(env);
    const { COMPOSE_PROFILES: profiles } = environment;
    return {
        ...(profiles !== undefined && { COMPOSE_PROFILES: joinProfiles(own["COMPOSE_PROFILES"] ?? "", profiles) }),
        ...Object.fromEntries(
            [
                ...Object.entries(bootEnvironment),
                ...Object.entries(askedEnvironment).filter(([key]) => compose.includes(`\${${key}`)),
            ].filter(([key]) => (own[key] ?? "") === ""),
        ),
    };
}

/**
 * The lines of `.env` that a new block gets besides, as far as its developer has not set them: origins that the application
 * trusts, and where Tutor's development server has Studio and courses. The handbook does not name them; without them a
 * browser can't sign in to MITx Online's admin, and its links to courses lead nowhere. A block of a former version of this
 * program stays without them, so that nothing is planned for a stack that has one; `npm run verify` tells of them.
 */
export function linesOfNewBlock(
    { profile, openEdxUrl, applicationUrl, adminUrl }: Omit<ChosenValues, "ownLines" | "serviceWorkerUsername">,
    env: EnvText,
): Record<string, string> {
    const own = valuesOutside(env);
    const { protocol, port, hostname } = new URL(openEdxUrl);
    const isTutors = protocol === "http:" && port === openEdxConstants.developmentPort;
    const lines = [
        ...(profile.needsTrustedOrigins
            ? [["CSRF_TRUSTED_ORIGINS", [...new Set([applicationUrl, adminUrl])].join()] as const]
            : []),
        ...(isTutors ? Object.entries(profile.devstackVariables) : []).map(
            ([key, value]) => [key, value.replace("HOST", hostname)] as const,
        ),
    ];
    const isNew = (key: string) => env.owner === undefined || Object.hasOwn(env.values, key);
    return Object.fromEntries(lines.filter(([key]) => (own[key] ?? "") === "" && isNew(key)));
}
