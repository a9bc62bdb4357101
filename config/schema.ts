import { isIPv4 } from "node:net";
import { z } from "zod";
import { dockerHost, openEdx } from "./openEdx.ts";
import { type ApplicationName, type ApplicationProfile, applicationNames, profiles } from "./profiles.ts";
import { tutorReleases } from "./tutorPlugin.ts";

/** Where the containers run, as far as it matters to their networks. */
export type Platform = "linux" | "macos" | "windows";

// Each message completes the sentence "<key> must be …".
const text = (allowed: string) => z.string().min(1, allowed);
const origin = z
    .string()
    .refine(isOrigin, "an http or https address without a path, e.g. http://local.openedx.io:8000");
const host = z.string().refine(isHost, `an IP address or a host name, e.g. 172.18.0.1 or ${dockerHost}`);
const email = z.email("an e-mail address");
const username = z.string().regex(/^[\w.@+-]{1,150}$/, "a user name: letters, digits and @ . + - _");
const flag = z
    .enum(["true", "false"], "true or false")
    .transform((value) => value === "true")
    .pipe(z.boolean());
const days = (least: number) => {
    const allowed = `a whole number of days, ${least} to 36500`;
    return z
        .string()
        .regex(/^\d{1,6}$/, allowed)
        .transform(Number)
        .pipe(z.int().min(least, allowed).max(36_500, allowed));
};
const orEmpty = (schema: z.ZodType<string>) =>
    z.string().superRefine((value, context) => {
        const { error } = schema.safeParse(value);
        if (value !== "" && error !== undefined) {
            context.addIssue(error.issues[0]?.message ?? "");
        }
    });

/** Empty as long as it is not set: the rules below tell when that is a mistake. */
const secret = (description: string) => z.string().default("").meta({ description, secret: true });

const keys = z.strictObject({
    application: z
        .enum(applicationNames, `one of ${applicationNames.join(", ")}`)
        .default("mitxonline")
        .describe(`The MIT application to integrate: ${applicationNames.join(", ")}`),

    lmsUrl: origin.default(openEdx.url).describe("The address of Open edX (LMS)"),
    lmsUsername: text("the e-mail address of a superuser of Open edX")
        .default("edx@example.org")
        .describe("The e-mail address by which a superuser signs in to Open edX"),
    lmsPassword: secret(
        "That superuser's password; empty, with lmsFrom tutor: the superuser is made, with one of its own",
    ),

    lmsFrom: z
        .enum(["tutor", "external"], "one of tutor, external")
        .default("external")
        .describe("Who sets the LMS up: tutor: this program, through Tutor on this machine; external: somebody else"),
    tutor: text("the command tutor, by name or path")
        .default("tutor")
        .describe("The command tutor, by name or path; for lmsFrom tutor only"),
    tutorRelease: z
        .enum(["", ...tutorReleases], `one of ${tutorReleases.join(", ")}`)
        .default("")
        .describe("The release of Tutor: 20, 21, 22; empty: as tutor says, for lmsFrom external the newest"),
    lmsLaunch: flag
        .default(false)
        .describe("Whether Open edX is set up by tutor dev launch where it was not; for lmsFrom tutor only"),
    lmsPackages: z
        .enum(["image", "container", "installed"], "one of image, container, installed")
        .default("image")
        .describe(
            "How the LMS gets its packages: image: its image is built with them; container: pip in the one that runs; " +
                "installed: it has them already",
        ),
    redirectVisitors: flag
        .default(true)
        .describe("Whether anonymous visitors of Open edX are sent to the MIT application at once"),
    clientSecretIn: z
        .enum(["database", "settings"], "one of database, settings")
        .default("database")
        .describe("Where Open edX keeps its client secret: database, settings (of the LMS)"),

    applicationFrom: z
        .enum(["compose", "external"], "one of compose, external")
        .default("external")
        .describe("Who runs the MIT application: compose: this program, from its checkout; external: somebody else"),
    keepVolumes: flag
        .default(true)
        .describe("Whether destroy leaves the application's named volumes, its database among them; for compose only"),
    applicationUrl: orEmpty(origin)
        .default("")
        .describe("The address of the MIT application; empty: that of the handbook"),
    applicationAdminUrl: orEmpty(origin)
        .default("")
        .describe("The address of its admin; empty: applicationUrl, behind APISIX port 8013 of the same host"),
    applicationUsername: text("the user name of a superuser of the MIT application")
        .default("admin")
        .describe("The user name by which a superuser signs in to the MIT application's admin"),
    applicationPassword: secret(
        "That superuser's password; empty, with applicationFrom compose: the superuser is made, with one of its own",
    ),
    envFile: z
        .string()
        .default("")
        .describe("The .env in the application's checkout, relative to this project; empty: a checkout beside it"),
    keycloakClientSecret: secret(
        "The client secret of APISIX in Keycloak, for mitxonline-apisix only; empty: that of the checkout's realm file",
    ),

    platform: z
        .enum(["auto", "linux", "macos", "windows"], "one of auto, linux, macos, windows")
        .default("auto")
        .describe("Where Docker runs: linux, macos, windows; auto: this machine's"),
    lmsGateway: orEmpty(host)
        .default("")
        .describe(`The gateway of Open edX's network; empty: on Linux as Docker says, else ${dockerHost}`),
    applicationGateway: orEmpty(host)
        .default("")
        .describe(
            `The gateway of the MIT application's network; empty: on Linux as Docker says or with compose a fixed one, else ${dockerHost}`,
        ),

    serviceWorkerUsername: username
        .default("mitserviceworker")
        .describe("The user of Open edX as whom the MIT application calls its API"),
    serviceWorkerEmail: email.default("mitserviceworker@mit.odl.local").describe("That user's e-mail address"),
    tokenLifetimeDays: days(1).default(365).describe("How many days that user's access token is valid for"),
    tokenRenewBeforeDays: days(0)
        .default(30)
        .describe("The token is renewed by the first `pulumi up` with fewer days than that left"),
    superuserUsername: orEmpty(username)
        .default("")
        .describe("A user of Open edX to be made a superuser there; empty: none"),
    superuserEmail: orEmpty(email).default("").describe("That user's e-mail address"),

    fallbackSite: text("a site's domain, e.g. example.com")
        .default(openEdx.fallbackSite)
        .describe("The site of Open edX that gets the provider configuration too: requests by other host names use it"),
    adopt: flag
        .default(false)
        .describe("Whether users, OAuth applications and configurations that somebody made by hand are taken over"),
});

/** The configuration of a stack, as it was set. */
export type Settings = z.infer<typeof keys>;

/** A rule about several keys. It is asked about settings that may break other rules, so nothing in them is certain. */
interface Rule {
    readonly key: keyof Settings;
    /** What the key must be, or nothing where it is right. */
    readonly demand: (settings: Partial<Settings>) => string | false | undefined;
}

const rules: readonly Rule[] = [
    {
        key: "lmsPassword",
        demand: ({ lmsFrom, lmsPassword }) =>
            lmsFrom === "external" && lmsPassword === "" && "the password of lmsUsername",
    },
    {
        key: "applicationPassword",
        demand: ({ applicationFrom, applicationPassword }) =>
            applicationFrom === "external" && applicationPassword === "" && "the password of applicationUsername",
    },
    {
        key: "lmsGateway",
        demand: (settings) =>
            settings.lmsFrom === "external" &&
            needsGateway(settings.lmsGateway, settings) &&
            gatewayOf("tutor dev start --detach"),
    },
    {
        key: "applicationGateway",
        demand: (settings) =>
            settings.applicationFrom === "external" &&
            needsGateway(settings.applicationGateway, settings) &&
            gatewayOf("docker compose up --detach, in the application's checkout"),
    },
    {
        key: "lmsGateway",
        demand: (settings) =>
            settings.lmsFrom === "tutor" && !isOwnGateway(settings.lmsGateway, settings) && ownGateway(openEdx.gateway),
    },
    {
        key: "applicationGateway",
        demand: (settings) =>
            settings.applicationFrom === "compose" &&
            !isOwnGateway(settings.applicationGateway, settings) &&
            ownGateway(profiles.mitxonline.gateway),
    },
    {
        key: "lmsLaunch",
        demand: ({ lmsFrom, lmsLaunch }) => lmsFrom === "external" && lmsLaunch && "false with lmsFrom external",
    },
    {
        key: "keycloakClientSecret",
        demand: (settings) =>
            settings.keycloakClientSecret === "" &&
            profileOf(settings)?.isBehindApisix &&
            "the secret of the client apisix (see Keycloak's realm file in the checkout)",
    },
    {
        key: "tokenRenewBeforeDays",
        demand: ({ tokenLifetimeDays = 0, tokenRenewBeforeDays = 0 }) =>
            tokenRenewBeforeDays >= tokenLifetimeDays && `less than tokenLifetimeDays (${tokenLifetimeDays})`,
    },
    {
        key: "superuserEmail",
        demand: ({ superuserUsername, superuserEmail }) =>
            superuserEmail === "" && superuserUsername !== "" && "the e-mail address of superuserUsername",
    },
    {
        key: "superuserUsername",
        demand: ({ superuserUsername, superuserEmail }) =>
            superuserUsername === "" && superuserEmail !== "" && "the user name that belongs to superuserEmail",
    },
    {
        key: "superuserUsername",
        demand: ({ superuserUsername, serviceWorkerUsername }) =>
            superuserUsername !== undefined &&
            superuserUsername === serviceWorkerUsername &&
            "another user than serviceWorkerUsername",
    },
];

/**
 * What a stack's configuration may be. Every key has a default, a description and, where it is one, the mark `secret`;
 * `Pulumi.yaml` declares the same. Values come as text, as `pulumi config set` takes them.
 */
export const settingsSchema = keys.superRefine(
    (settings, context) => {
        for (const { key, demand } of rules) {
            const message = demand(settings);
            if (message) {
                context.addIssue({ code: "custom", path: [key], message, input: settings[key] });
            }
        }
    },
    // Always: who makes mistakes of both kinds shall hear of all at once.
    { when: () => true },
);

/** The platform that is meant. */
export function platformOf(
    { platform = "auto" }: { platform?: Settings["platform"] | undefined },
    host = process.platform,
): Platform {
    const hosts: Partial<Record<NodeJS.Platform, Platform>> = { darwin: "macos", win32: "windows" };
    return platform === "auto" ? (hosts[host] ?? "linux") : platform;
}

function profileOf({ application }: Partial<Settings>): ApplicationProfile | undefined {
    return application && (profiles as Partial<Record<ApplicationName, ApplicationProfile>>)[application];
}

function needsGateway(gateway: string | undefined, settings: Partial<Settings>): boolean {
    return gateway === "" && platformOf(settings) === "linux";
}

/** Whether a network can be made with a gateway: on Linux it is an address, or left to the program. */
function isOwnGateway(gateway: string | undefined, settings: Partial<Settings>): boolean {
    return platformOf(settings) !== "linux" || !gateway || isIPv4(gateway);
}

function ownGateway(example: string): string {
    return `an IPv4 address, as the network is made with it, e.g. ${example}`;
}

function gatewayOf(start: string): string {
    return `the gateway of its network: Docker tells it as soon as that is there (${start})`;
}

function isOrigin(value: string): boolean {
    const url = URL.parse(value);
    return url !== null && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`;
}

function isHost(value: string): boolean {
    return URL.parse(`http://${value}`)?.hostname === value.toLowerCase();
}
