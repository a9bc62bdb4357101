import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import { atHost, type StackConfig } from "../config/stackConfig.ts";
import { parseEnvText, valuesOutside } from "../dynamic-providers/envBlock.ts";
import { EnvFile } from "../dynamic-providers/envFile.ts";
import type { Credentials } from "./credentials.ts";

/** What {@link ApplicationEnvironment} needs. */
export type ApplicationEnvironmentArgs = Pick<
    StackConfig,
    "openEdx" | "application" | "serviceWorker" | "envFile" | "keycloakClientSecret"
> & {
    readonly credentials: Credentials;
};

/**
 * The MIT application's settings, as a block in the `.env` of its checkout. It does not start without them.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class ApplicationEnvironment extends pulumi.ComponentResource {
    readonly envFile: EnvFile;

    constructor(name: string, args: ApplicationEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationEnvironment", name, {}, opts);

        this.envFile = new EnvFile(
            "env-file",
            {
                path: args.envFile,
                owner: `${pulumi.getProject()}/${pulumi.getStack()}`,
                values: { ...environmentLines(args), ...bootLines(args) },
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}

/** The lines without which the application does not boot, as far as its developer has not set them outside the block. */
export function bootLines({
    application,
    envFile,
}: Pick<ApplicationEnvironmentArgs, "application" | "envFile">): Record<string, string> {
    const own = valuesOutside(parseEnvText(existsSync(envFile) ? readFileSync(envFile, "latin1") : ""));
    const missing = Object.entries(application.profile.bootEnvironment).filter(([key]) => (own[key] ?? "") === "");
    return Object.fromEntries(missing);
}

/** The lines of `.env`: the handbook's list, and what the application's Compose file and APISIX need. */
export function environmentLines(args: ApplicationEnvironmentArgs): Record<string, pulumi.Input<string>> {
    const { openEdx, application, serviceWorker, credentials } = args;
    const { profile } = application;
    return {
        OPENEDX_IP: openEdx.gateway,
        EDX_IP: openEdx.gateway,
        OPENEDX_API_BASE_URL: openEdx.url,
        OPENEDX_SERVICE_WORKER_USERNAME: serviceWorker.username,
        OPENEDX_SERVICE_WORKER_API_TOKEN: credentials.serviceWorkerToken,
        OPENEDX_OAUTH_PROVIDER: openEdxConstants.backendName,
        OPENEDX_SOCIAL_LOGIN_PATH: openEdxConstants.loginPath,
        OPENEDX_API_CLIENT_ID: credentials.openEdx.clientId,
        OPENEDX_API_CLIENT_SECRET: credentials.openEdx.clientSecret,
        OPENEDX_BASE_REDIRECT_URL: openEdx.url,
        LOGOUT_REDIRECT_URL: openEdx.url + openEdxConstants.logoutPath,
        [profile.baseUrlVariable]: application.url,
        // The handbook's gateway here is that of Open edX's network: its containers are who uses the address.
        ...(profile.dockerBaseUrlVariable && {
            [profile.dockerBaseUrlVariable]: atHost(application.url, openEdx.gateway),
        }),
        ...profile.environment,
        ...(profile.isBehindApisix && apisixLines(args)),
    };
}

function apisixLines(args: ApplicationEnvironmentArgs): Record<string, pulumi.Input<string>> {
    const { application, credentials, keycloakClientSecret } = args;
    return {
        APISIX_PORT: new URL(application.url).port || "80",
        APISIX_SESSION_SECRET_KEY: credentials.apisixSessionSecret ?? "",
        KEYCLOAK_CLIENT_SECRET: keycloakClientSecret,
        // A browser uses both ports: users that of APISIX, administrators the application's own.
        CSRF_TRUSTED_ORIGINS: `${application.url},${application.connection.baseUrl}`,
    };
}
