import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../dynamic-providers/connection.ts";
import { dockerHost } from "./openEdx.ts";
import { type ApplicationName, type ApplicationProfile, profiles } from "./profiles.ts";
import type { Settings } from "./schema.ts";
import type { TutorRelease } from "./tutorPlugin.ts";

/** A server of the integration. Addresses have no slash at the end. */
export interface Server {
    /** The address that users know. */
    readonly url: string;
    /** The gateway of its network: the host by which the other server's containers reach it. */
    readonly gateway: string;
    /** Its address at that gateway. */
    readonly gatewayUrl: string;
    /** Its admin, with who signs in there. */
    readonly connection: ConnectionArgs & { readonly baseUrl: string };
}

/** The MIT application. */
export interface ApplicationServer extends Server {
    readonly name: ApplicationName;
    readonly profile: ApplicationProfile;
}

/** What the components deploy: the configuration with everything that follows from it. */
export interface StackConfig {
    readonly openEdx: Server;
    readonly application: ApplicationServer;
    /** How the LMS gets its settings. */
    readonly lms: {
        readonly from: Settings["lmsFrom"];
        /** The command `tutor`, by name or path. */
        readonly tutor: string;
        readonly release: TutorRelease;
        readonly packagesBy: Settings["lmsPackages"];
        /** Whether anonymous visitors are sent to the MIT application at once. */
        readonly redirectsVisitors: boolean;
        readonly clientSecretIn: Settings["clientSecretIn"];
    };
    /** The application's `.env`, relative to the project. */
    readonly envFile: string;
    /** The client secret of APISIX in Keycloak (secret); empty where there is no APISIX. */
    readonly keycloakClientSecret: pulumi.Input<string>;
    readonly serviceWorker: {
        readonly username: string;
        readonly email: string;
        readonly tokenLifetimeDays: number;
        readonly tokenRenewBeforeDays: number;
    };
    /** The user to be made a superuser of Open edX, where one is named. */
    readonly superuser: { readonly username: string; readonly email: string } | undefined;
    /** The domains of the sites that get a provider configuration. */
    readonly sites: readonly string[];
    /** Whether objects that somebody else made are taken over. */
    readonly adopt: boolean;
}

/** Adds what follows from the settings: addresses, gateways, sites. */
export function resolveSettings(settings: Settings, release: TutorRelease): StackConfig {
    const profile = profiles[settings.application];
    const lmsUrl = new URL(settings.lmsUrl);
    const applicationUrl = new URL(settings.applicationUrl || `http://${profile.domain}:${profile.port}`);
    return {
        openEdx: {
            ...serverAt(lmsUrl, settings.lmsGateway || dockerHost),
            connection: {
                kind: "openedx",
                baseUrl: lmsUrl.origin,
                username: settings.lmsUsername,
                password: pulumi.secret(settings.lmsPassword),
            },
        },
        application: {
            name: settings.application,
            profile,
            ...serverAt(applicationUrl, settings.applicationGateway || dockerHost),
            connection: {
                kind: "django",
                baseUrl: new URL(settings.applicationAdminUrl || adminUrl(applicationUrl, profile)).origin,
                username: settings.applicationUsername,
                password: pulumi.secret(settings.applicationPassword),
            },
        },
        lms: {
            from: settings.lmsFrom,
            tutor: settings.tutor,
            release,
            packagesBy: settings.lmsPackages,
            redirectsVisitors: settings.redirectVisitors,
            clientSecretIn: settings.clientSecretIn,
        },
        envFile: envFileOf(settings),
        keycloakClientSecret: pulumi.secret(settings.keycloakClientSecret),
        serviceWorker: {
            username: settings.serviceWorkerUsername,
            email: settings.serviceWorkerEmail,
            tokenLifetimeDays: settings.tokenLifetimeDays,
            tokenRenewBeforeDays: settings.tokenRenewBeforeDays,
        },
        superuser:
            settings.superuserUsername === ""
                ? undefined
                : { username: settings.superuserUsername, email: settings.superuserEmail },
        sites: [...new Set([lmsUrl.host, settings.fallbackSite])],
        adopt: settings.adopt,
    };
}

/** The application's `.env`: that of a checkout beside this project where none is named. */
export function envFileOf({ application, envFile }: Pick<Settings, "application" | "envFile">): string {
    return envFile || `../${profiles[application].checkout}/.env`;
}

/** The same address with another host. */
export function atHost(url: string, host: string): string {
    const other = new URL(url);
    other.hostname = host;
    return other.origin;
}

function serverAt(url: URL, gateway: string): Pick<Server, "url" | "gateway" | "gatewayUrl"> {
    return { url: url.origin, gateway, gatewayUrl: atHost(url.origin, gateway) };
}

function adminUrl(applicationUrl: URL, profile: ApplicationProfile): string {
    return profile.isBehindApisix
        ? `${applicationUrl.protocol}//${applicationUrl.hostname}:${profile.adminPort}`
        : applicationUrl.origin;
}
