import { openEdxConstants } from "./openEdx.ts";
import { type DotEnv, joinProfiles, valuesOutside } from "../dynamic-providers/files/dotEnvBlock.ts";
import type { ApplicationProfile } from "./profiles.ts";

/** The `.env` values that follow from the configuration. URLs have no trailing slash. */
export interface ConfiguredValues {
    readonly profile: ApplicationProfile;
    /** The public URLs, and that of the application's admin. */
    readonly openEdxUrl: string;
    readonly applicationUrl: string;
    readonly adminUrl: string;
    readonly serviceWorkerUsername: string;
    /** Lines that depend on what the developer has set outside the block, such as ones missing to boot. */
    readonly ownLines: Readonly<Record<string, string>>;
}

/** The `.env` values that are known only during a run, or are secret. */
export interface GeneratedValues<Value> {
    /** The gateway of Open edX's network. */
    readonly openEdxGateway: Value;
    /** The application's URL at that gateway, which Open edX's containers use. */
    readonly applicationAtGateway: Value;
    readonly serviceWorkerToken: Value;
    readonly clientId: Value;
    readonly clientSecret: Value;
    /** APISIX only. */
    readonly apisixSessionSecret: Value;
    /** APISIX only. */
    readonly keycloakClientSecret: Value;
}

/** Stand-ins for {@link GeneratedValues} when only the Compose files are read: all valid host names, as some have to be. */
export const placeholders: GeneratedValues<string> = {
    openEdxGateway: "made-open-edx-gateway.invalid",
    applicationAtGateway: "made-application-at-gateway.invalid",
    serviceWorkerToken: "made-service-worker-token.invalid",
    clientId: "made-client-id.invalid",
    clientSecret: "made-client-secret.invalid",
    apisixSessionSecret: "made-apisix-session-secret.invalid",
    keycloakClientSecret: "made-keycloak-client-secret.invalid",
};

/**
 * The lines of `.env`: the handbook's list, plus what the application's Compose file and APISIX need.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export function environmentLines<Value>(
    { profile, openEdxUrl, applicationUrl, adminUrl, serviceWorkerUsername, ownLines }: ConfiguredValues,
    generated: GeneratedValues<Value>,
): Record<string, string | Value> {
    return {
        OPENEDX_IP: generated.openEdxGateway,
        EDX_IP: generated.openEdxGateway,
        OPENEDX_API_BASE_URL: openEdxUrl,
        OPENEDX_SERVICE_WORKER_USERNAME: serviceWorkerUsername,
        OPENEDX_SERVICE_WORKER_API_TOKEN: generated.serviceWorkerToken,
        OPENEDX_OAUTH_PROVIDER: openEdxConstants.backendName,
        OPENEDX_SOCIAL_LOGIN_PATH: openEdxConstants.loginPath,
        OPENEDX_API_CLIENT_ID: generated.clientId,
        OPENEDX_API_CLIENT_SECRET: generated.clientSecret,
        OPENEDX_BASE_REDIRECT_URL: openEdxUrl,
        LOGOUT_REDIRECT_URL: openEdxUrl + openEdxConstants.logoutPath,
        [profile.baseUrlVariable]: applicationUrl,
        // Open edX's containers use this URL, so the handbook takes the gateway of Open edX's network.
        ...(profile.dockerBaseUrlVariable && { [profile.dockerBaseUrlVariable]: generated.applicationAtGateway }),
        ...profile.environment,
        ...(profile.isBehindApisix && {
            APISIX_PORT: new URL(applicationUrl).port || "80",
            APISIX_SESSION_SECRET_KEY: generated.apisixSessionSecret,
            KEYCLOAK_CLIENT_SECRET: generated.keycloakClientSecret,
            // Browsers use both ports: APISIX's for users, the application's own for administrators.
            CSRF_TRUSTED_ORIGINS: `${applicationUrl},${adminUrl}`,
        }),
        ...ownLines,
    };
}

/**
 * The `.env` lines that depend on what the developer has set outside the block: variables the application needs to boot,
 * unless already set, and `COMPOSE_PROFILES` with the stack's profiles added, if the stack needs any.
 *
 * @param compose - the text of the checkout's Compose files, if any.
 */
export function dependentLines(
    {
        bootEnvironment,
        environmentIfUsed = {},
        environment,
    }: Pick<ApplicationProfile, "bootEnvironment" | "environmentIfUsed" | "environment">,
    env: DotEnv,
    compose = "",
): Record<string, string> {
    const outside = valuesOutside(env);
    const { COMPOSE_PROFILES: profiles } = environment;
    return {
        ...(profiles !== undefined && { COMPOSE_PROFILES: joinProfiles(outside["COMPOSE_PROFILES"] ?? "", profiles) }),
        ...Object.fromEntries(
            [
                ...Object.entries(bootEnvironment),
                ...Object.entries(environmentIfUsed).filter(([key]) => compose.includes(`\${${key}`)),
            ].filter(([key]) => (outside[key] ?? "") === ""),
        ),
    };
}

/**
 * Extra `.env` lines for a new block, unless the developer has set them: the origins the application trusts, and where
 * Tutor's development server has Studio and courses. The handbook doesn't mention them, but without them a browser can't
 * sign in to MITx Online's admin, and its course links lead nowhere. A block written by an older version of this program
 * doesn't get them, so an existing stack shows no changes; `npm run verify` reports them.
 */
export function linesForNewBlock(
    { profile, openEdxUrl, applicationUrl, adminUrl }: Omit<ConfiguredValues, "ownLines" | "serviceWorkerUsername">,
    env: DotEnv,
): Record<string, string> {
    const outside = valuesOutside(env);
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
    return Object.fromEntries(lines.filter(([key]) => (outside[key] ?? "") === "" && isNew(key)));
}
