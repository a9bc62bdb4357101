import { dirname, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import type { ConfiguredValues } from "./environmentLines.ts";
import { dockerHost, openEdxConstants } from "./openEdx.ts";
import { type ApplicationName, type ApplicationProfile, mitApplication, profiles } from "./profiles.ts";
import { type Platform, platformOf, type Settings } from "./schema.ts";
import { newestTutorRelease, type TutorRelease } from "./tutorPlugin.ts";

/** A server in the integration. URLs have no trailing slash. */
export interface ServerConfig {
    /** The public URL. */
    readonly url: string;
    /**
     * The gateway of its network: the host the other server's containers use to reach it. `undefined` if it isn't known
     * until the run.
     */
    readonly gateway: string | undefined;
    /** Its admin and the user who signs in there. */
    readonly connection: Omit<ConnectionArgs, "password"> & { readonly baseUrl: string };
    /** That user's password; `undefined` to generate one. */
    readonly password: pulumi.Output<string> | undefined;
    /** The user to create if there isn't one. */
    readonly superuser: { readonly username: string; readonly email: string };
}

/** The MIT application. */
export interface ApplicationConfig extends ServerConfig {
    readonly name: ApplicationName;
    readonly profile: ApplicationProfile;
    /** The folder with its Compose files and `.env`, absolute. */
    readonly checkout: string;
    /** Whether all its data is kept: none left behind, none deleted. */
    readonly keepsVolumes: boolean;
}

/** How the LMS gets its settings. */
export interface LmsConfig {
    readonly from: Settings["lmsFrom"];
    /** The `tutor` command, by name or path. */
    readonly tutor: string;
    readonly release: TutorRelease;
    /** Whether the stack runs `tutor dev launch`. */
    readonly launches: boolean;
    readonly packagesBy: Settings["lmsPackages"];
    /** Whether anonymous visitors go straight to the MIT application. */
    readonly redirectsVisitors: boolean;
    readonly clientSecretIn: Settings["clientSecretIn"];
    /** Tutor's Compose project for development. */
    readonly project: string;
}

/** What the components deploy: the configuration and everything derived from it. */
export interface StackConfig {
    /** The owner of what the stack creates, as `project/stack`. */
    readonly owner: string;
    readonly platform: Platform;
    readonly openEdx: ServerConfig;
    readonly application: ApplicationConfig;
    readonly lms: LmsConfig;
    /** The application's `.env`, relative to the project, and the values it's written from. */
    readonly envFile: string;
    readonly environment: ConfiguredValues;
    /** APISIX's client secret in Keycloak (secret); empty without APISIX. */
    readonly keycloakClientSecret: pulumi.Input<string>;
    readonly serviceWorker: {
        readonly username: string;
        readonly email: string;
        readonly tokenLifetimeDays: number;
        readonly tokenRenewBeforeDays: number;
    };
    /** The Open edX user to make a superuser, if any. */
    readonly superuser: { readonly username: string; readonly email: string } | undefined;
    /** The domains of the sites that get a provider configuration. */
    readonly sites: readonly string[];
    /** Whether to take over objects somebody else created. */
    readonly adopt: boolean;
    /** Whether to check both servers at the end of the run. */
    readonly checksHealth: boolean;
}

/** What the settings leave to this machine, as far as the machine knows it. */
export interface Detected {
    readonly release?: TutorRelease;
    /** Tutor's Compose project for development. */
    readonly tutorProject?: string;
    /** The gateway of Open edX's network, if somebody else runs it. */
    readonly lmsGateway?: string;
    /** The gateway of the application's network, if somebody else runs it or its Compose file sets it. */
    readonly applicationGateway?: string;
    /** Keycloak's client secret in the checkout (secret). */
    readonly keycloakClientSecret?: string;
    /** See {@link ConfiguredValues}. */
    readonly ownLines?: ConfiguredValues["ownLines"];
}

/** Derives URLs, gateways and sites from the settings and the machine. */
export function resolveConfig(settings: Settings, detected: Detected = {}): StackConfig {
    const profile = profiles[settings.application];
    const platform = platformOf(settings);
    const lmsUrl = new URL(settings.lmsUrl);
    const envFile = envFileOf(settings);
    return {
        owner: stackOwner(),
        platform,
        openEdx: {
            url: lmsUrl.origin,
            gateway: lmsGatewayOf(settings, detected),
            connection: {
                kind: "openedx",
                baseUrl: lmsUrl.origin,
                username: settings.lmsUsername,
                ...(settings.lmsPassword && { configured: configuredBy("lmsUsername", "lmsPassword") }),
                ...(settings.lmsFrom === "tutor" && { startedByStack: true }),
                ...(settings.lmsFrom === "tutor" && settings.lmsLaunch && { managedByStack: true }),
            },
            password: passwordOf(settings.lmsPassword),
            superuser: superuserOf(settings.lmsUsername, openEdxConstants.superuserDomain),
        },
        application: {
            name: settings.application,
            profile,
            url: applicationUrlOf(settings),
            gateway:
                (detected.applicationGateway ?? settings.applicationGateway) ||
                (settings.applicationFrom === "compose" && platform === "linux" ? profile.gateway : dockerHost),
            connection: {
                kind: "django",
                baseUrl: adminUrlOf(settings),
                username: settings.applicationUsername,
                ...(settings.applicationPassword && {
                    configured: configuredBy("applicationUsername", "applicationPassword"),
                }),
                ...(settings.applicationFrom === "compose" && { managedByStack: true }),
            },
            password: passwordOf(settings.applicationPassword),
            superuser: superuserOf(settings.applicationUsername, mitApplication.superuserDomain),
            checkout: checkoutOf(settings),
            keepsVolumes: settings.keepVolumes,
        },
        lms: {
            from: settings.lmsFrom,
            tutor: settings.tutor,
            release: detected.release ?? (settings.tutorRelease || newestTutorRelease),
            launches: settings.lmsLaunch,
            packagesBy: settings.lmsPackages,
            redirectsVisitors: settings.redirectVisitors,
            clientSecretIn: settings.clientSecretIn,
            project: detected.tutorProject ?? openEdxConstants.project,
        },
        envFile,
        environment: configuredValues(settings, detected.ownLines),
        keycloakClientSecret: pulumi.secret(settings.keycloakClientSecret || (detected.keycloakClientSecret ?? "")),
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
        checksHealth: settings.checkHealth,
    };
}

/** The owner of what the stack creates, as `project/stack`. */
export function stackOwner(): string {
    return `${pulumi.getProject()}/${pulumi.getStack()}`;
}

/**
 * The host the application's containers use to reach Open edX; `undefined` if its network is only looked up during the run.
 */
export function lmsGatewayOf(settings: Settings, { lmsGateway }: Detected): string | undefined {
    const isAskedLater = settings.lmsFrom === "tutor" && platformOf(settings) === "linux";
    return settings.lmsGateway || (lmsGateway ?? (isAskedLater ? undefined : dockerHost));
}

/** The application's URL, without a trailing slash; the handbook's by default. */
export function applicationUrlOf({
    application,
    applicationUrl,
}: Pick<Settings, "application" | "applicationUrl">): string {
    const { domain, port } = profiles[application];
    return new URL(applicationUrl || `http://${domain}:${port}`).origin;
}

/** The URL of the application's admin, without a trailing slash: behind APISIX, Keycloak handles `/admin/login`. */
function adminUrlOf(settings: Pick<Settings, "application" | "applicationUrl" | "applicationAdminUrl">): string {
    const { isBehindApisix, adminPort } = profiles[settings.application];
    const { protocol, hostname, origin } = new URL(applicationUrlOf(settings));
    const usual = isBehindApisix ? `${protocol}//${hostname}:${adminPort}` : origin;
    return new URL(settings.applicationAdminUrl || usual).origin;
}

/** The values the application's `.env` is written from. */
export function configuredValues(settings: Settings, ownLines: ConfiguredValues["ownLines"] = {}): ConfiguredValues {
    return {
        profile: profiles[settings.application],
        openEdxUrl: new URL(settings.lmsUrl).origin,
        applicationUrl: applicationUrlOf(settings),
        adminUrl: adminUrlOf(settings),
        serviceWorkerUsername: settings.serviceWorkerUsername,
        ownLines,
    };
}

/** The application's `.env`; by default in a checkout next to this project. */
export function envFileOf({ application, envFile }: Pick<Settings, "application" | "envFile">): string {
    return envFile || `../${profiles[application].checkout}/.env`;
}

/** The application's checkout, absolute. */
export function checkoutOf(settings: Pick<Settings, "application" | "envFile">): string {
    return dirname(resolve(envFileOf(settings)));
}

/** The same URL with another host. */
export function atHost(url: string, host: string): string {
    const other = new URL(url);
    other.hostname = host;
    return other.origin;
}

/** The port of a URL, including the default port. */
export function portOf(url: string): number {
    const { port, protocol } = new URL(url);
    return Number(port || (protocol === "https:" ? 443 : 80));
}

/** The configuration keys that decide who signs in to a server. */
function configuredBy(
    usernameKey: keyof Settings,
    passwordKey: keyof Settings,
): NonNullable<ConnectionArgs["configured"]> {
    return { stack: pulumi.getStack(), usernameKey, passwordKey };
}

function passwordOf(value: string): pulumi.Output<string> | undefined {
    return value === "" ? undefined : pulumi.secret(value);
}

/** The login may be a user name or an email address. */
function superuserOf(name: string, domain: string): ServerConfig["superuser"] {
    return { username: name.replace(/@.*/, ""), email: name.includes("@") ? name : `${name}@${domain}` };
}
