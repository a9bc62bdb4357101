import { z } from "zod";
import { environmentLines } from "../config/environmentLines.ts";
import { openEdxConstants } from "../config/openEdx.ts";
import { otherSettings } from "../config/otherSettings.ts";
import { type ApplicationProfile, mitApplication } from "../config/profiles.ts";
import { parseSettings } from "../config/load.ts";
import { atHost, resolveConfig, type StackConfig } from "../config/stackConfig.ts";
import type { Connection } from "../dynamic-providers/openedx/connection.ts";

/** The stack outputs that are needed. Secret. */
export const outputsSchema = z.object({
    clientIds: z.object({ openEdx: z.string(), application: z.string() }),
    clientSecrets: z.object({ openEdx: z.string(), application: z.string() }),
    serviceWorkerToken: z.string(),
    superusers: z.object({
        openEdx: z.object({ username: z.string(), password: z.string() }),
        application: z.object({ username: z.string(), password: z.string() }),
    }),
    gateways: z.object({ openEdx: z.string(), application: z.string() }),
});

/** The stack outputs that are needed. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** One of the two servers, and the other one's OAuth application on it. */
export interface Side {
    /** The server's display name. */
    readonly title: string;
    /** Its URL in a browser. */
    readonly url: string;
    /** The host that the other server reaches it at. */
    readonly gateway: string;
    /** Its admin, and the account that signs in there. */
    readonly connection: Connection;
    /** The Compose service that runs Django, and whether this stack starts it. */
    readonly container: { readonly service: string; readonly managedByStack: boolean };
    readonly client: {
        readonly name: string;
        readonly id: string;
        /** Secret. */
        readonly secret: string;
        readonly redirectUris: readonly string[];
    };
}

/** The integration to verify: what each server should have. */
export interface Target {
    readonly profile: ApplicationProfile;
    readonly openEdx: Side;
    readonly application: Side;
    readonly worker: { readonly username: string; readonly token: string; readonly renewBeforeDays: number };
    /** The domains of the sites with a provider configuration, the LMS's own first. */
    readonly sites: readonly string[];
    /** The other settings of these configurations, and whether they contain the client secret. */
    readonly otherSettings: Readonly<Record<string, string>>;
    readonly hasSecretInDatabase: boolean;
    /** The application's `.env`, and the variables in its block. Some are secret. */
    readonly envFile: string;
    readonly environment: Readonly<Record<string, string>>;
}

/** The same, from a stack's settings, which may leave the passwords to the stack. */
export function targetFrom(settings: Readonly<Record<string, string>>, outputs: StackOutputs): Target {
    const { openEdx, application } = outputs.superusers;
    const complete = { ...settings, lmsPassword: openEdx.password, applicationPassword: application.password };
    return targetOf(resolveConfig(parseSettings(complete)), outputs);
}

/** What a stack's configuration and outputs imply. */
export function targetOf(config: StackConfig, outputs: StackOutputs): Target {
    const { openEdx, application, lms, serviceWorker } = config;
    const { clientIds, clientSecrets, serviceWorkerToken, superusers, gateways } = outputs;
    const { profile } = application;
    return {
        profile,
        openEdx: {
            title: "Open edX",
            url: openEdx.url,
            gateway: gateways.openEdx,
            connection: { kind: "openedx", baseUrl: openEdx.connection.baseUrl, ...superusers.openEdx },
            container: { service: openEdxConstants.service, managedByStack: lms.from === "tutor" },
            client: {
                name: profile.openEdxApplicationName,
                id: clientIds.openEdx,
                secret: clientSecrets.openEdx,
                redirectUris: mitApplication.redirectPaths.map((path) => application.url + path),
            },
        },
        application: {
            title: profile.title.replace(/ \(.*/, ""),
            url: application.url,
            gateway: gateways.application,
            connection: { kind: "django", baseUrl: application.connection.baseUrl, ...superusers.application },
            container: { service: profile.service, managedByStack: application.connection.managedByStack === true },
            client: {
                name: mitApplication.edxApplicationName,
                id: clientIds.application,
                secret: clientSecrets.application,
                redirectUris: [openEdx.url, atHost(openEdx.url, gateways.openEdx)].map(
                    (url) => url + openEdxConstants.completePath,
                ),
            },
        },
        worker: {
            username: serviceWorker.username,
            token: serviceWorkerToken,
            renewBeforeDays: serviceWorker.tokenRenewBeforeDays,
        },
        sites: config.sites,
        otherSettings: otherSettings(application, atHost(application.url, gateways.application)),
        hasSecretInDatabase: lms.clientSecretIn === "database",
        envFile: config.envFile,
        environment: knownLines(
            environmentLines<string | undefined>(config.environment, {
                openEdxGateway: gateways.openEdx,
                applicationAtGateway: atHost(application.url, gateways.openEdx),
                serviceWorkerToken,
                clientId: clientIds.openEdx,
                clientSecret: clientSecrets.openEdx,
                // These are not in any output.
                apisixSessionSecret: undefined,
                keycloakClientSecret: undefined,
            }),
        ),
    };
}

function knownLines(lines: Readonly<Record<string, string | undefined>>): Record<string, string> {
    const known = Object.entries(lines).filter((line): line is [string, string] => line[1] !== undefined);
    return Object.fromEntries(known);
}
