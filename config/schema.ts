import { isIPv4 } from "node:net";
import { z } from "zod";
import { dockerHost, openEdxConstants } from "./openEdx.ts";
import { applicationNames, profiles } from "./profiles.ts";
import { tutorReleases } from "./tutorPlugin.ts";

/** Where the containers run; it decides how their networks reach each other. */
export type Platform = "linux" | "macos" | "windows";

// Each message completes the sentence "<key> must be …".
const text = (allowed: string) => z.string().regex(/^(?!\s)[^\p{Cc}]+(?<!\s)$/u, allowed);
const origin = z
    .string()
    .refine(isOrigin, "an http or https address without a path, e.g. http://local.openedx.io:8000");
const host = z.string().refine(isHost, `an IPv4 address or a host name, e.g. 172.18.0.1 or ${dockerHost}`);
const email = z.email("an email address");
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

/** Empty if not set: the rules below decide when that is a mistake. */
const secret = (description: string) =>
    orEmpty(z.string().regex(/^\P{Cc}+$/u, "text without line breaks"))
        .default("")
        .meta({ description, secret: true });

const keys = z.strictObject({
    application: z
        .enum(applicationNames, `one of ${applicationNames.join(", ")}`)
        .default("mitxonline")
        .describe(
            "The MIT application. mitxonline is MITx Online at its own port, 8013, without a sign-in page for learners: for " +
                "work on its API and the courseware accounts. mitxonline-apisix is MITx Online behind APISIX, at port 9080, " +
                "where learners sign in with Keycloak",
        ),

    lmsUrl: origin
        .default(openEdxConstants.url)
        .describe("URL of the LMS in a browser; its host and port also name the LMS's site"),
    lmsUsername: text("the email address of a superuser of Open edX")
        .default("edx@example.org")
        .describe("Email address or user name of a superuser of the LMS"),
    lmsPassword: secret(
        "Password of lmsUsername; required with lmsFrom external. Empty with lmsFrom tutor: the stack creates the superuser",
    ),

    lmsFrom: z
        .enum(["tutor", "external"], "one of tutor, external")
        .default("external")
        .describe(
            "Who sets up the LMS: tutor (this stack, through Tutor on this machine) or external (you, elsewhere)",
        ),
    tutor: text("the command tutor, by name or path")
        .default("tutor")
        .describe("The tutor command, by name or path; with lmsFrom tutor"),
    tutorRelease: z
        .enum(["", ...tutorReleases], `one of ${tutorReleases.join(", ")}`)
        .default("")
        .describe(
            "Tutor release, which decides the package versions: 20 (Teak), 21 (Ulmo), 22 (Verawood). Empty: what tutor reports; with lmsFrom external, the newest",
        ),
    lmsLaunch: flag
        .default(false)
        .describe("Run tutor dev launch if Open edX has never been set up; with lmsFrom tutor"),
    lmsPackages: z
        .enum(["image", "container", "installed"], "one of image, container, installed")
        .default("image")
        .describe(
            "How the LMS gets its packages: image (built into its image), container (pip in the running container; the next " +
                "up repeats it after the container is replaced), or installed (already there)",
        ),
    redirectVisitors: flag.default(true).describe("Send anonymous visitors of the LMS straight to the MIT application"),
    clientSecretIn: z
        .enum(["database", "settings"], "one of database, settings")
        .default("database")
        .describe("Where the LMS stores its client secret: in its database or in its settings"),

    applicationFrom: z
        .enum(["compose", "external"], "one of compose, external")
        .default("external")
        .describe("Who runs the MIT application: compose (this stack, from the checkout) or external (you)"),
    keepVolumes: flag
        .default(true)
        .describe("Keep the application's volumes, its database among them, on destroy; with applicationFrom compose"),
    applicationUrl: orEmpty(origin)
        .default("")
        .describe("Address of the MIT application, as a browser uses it. Empty: the handbook's"),
    applicationAdminUrl: orEmpty(origin)
        .default("")
        .describe("Address of its admin. Empty: applicationUrl; behind APISIX, port 8013 of the same host"),
    applicationUsername: text("the user name of a superuser of the MIT application")
        .default("admin")
        .describe("User name of a superuser of the MIT application"),
    applicationPassword: secret(
        "Password of applicationUsername; required with applicationFrom external. Empty with compose: the stack creates the superuser",
    ),
    envFile: orEmpty(text("a path without line breaks"))
        .default("")
        .describe(
            "Path of the .env in the application's checkout, relative to this folder. Empty: ../mitxonline/.env, xPro: ../mitxpro/.env",
        ),
    keycloakClientSecret: secret(
        "Client secret of APISIX in Keycloak, for mitxonline-apisix. Empty: read from the realm file in the checkout",
    ),

    platform: z
        .enum(["auto", "linux", "macos", "windows"], "one of auto, linux, macos, windows")
        .default("auto")
        .describe("Where Docker runs; auto: on this machine's system. Only Linux needs gateways"),
    lmsGateway: orEmpty(host)
        .default("")
        .describe(
            `Host that the application's containers use to reach the LMS. Empty: on Linux what Docker reports (${openEdxConstants.gateway} for a new network), elsewhere ${dockerHost}`,
        ),
    applicationGateway: orEmpty(host)
        .default("")
        .describe(
            `Host that the LMS's containers use to reach the application. Empty: on Linux what Docker reports (with compose ${profiles.mitxonline.gateway}, xPro: ${profiles.xpro.gateway}), elsewhere ${dockerHost}`,
        ),

    serviceWorkerUsername: username
        .default("mitserviceworker")
        .describe("LMS user that the MIT application uses to call the LMS's API"),
    serviceWorkerEmail: email.default("mitserviceworker@mit.odl.local").describe("Email address of that user"),
    tokenLifetimeDays: days(1).default(365).describe("How many days that user's access token is valid: 1 to 36500"),
    tokenRenewBeforeDays: days(0)
        .default(30)
        .describe("up renews the token when fewer days than this are left; less than tokenLifetimeDays"),
    superuserUsername: orEmpty(username).default("").describe("An LMS user to make a superuser. Empty: none"),
    superuserEmail: orEmpty(email).default("").describe("Email address of that user; set both or neither"),

    fallbackSite: z
        .string()
        .max(100, "a site's domain of at most 100 characters")
        .refine(isSite, "a site's domain, with its port if it has one, e.g. example.com or localhost:8000")
        .default(openEdxConstants.fallbackSite)
        .describe(
            "Domain of a second site that gets the provider configuration: the LMS falls back to it for other host names",
        ),
    checkHealth: flag
        .default(false)
        .describe(
            "At the end of up, check with a few requests whether both servers know each other; the output health has the result",
        ),
    adopt: flag
        .default(false)
        .describe(
            "Adopt existing users, OAuth applications and provider configurations; comment out lines of .env that set what the stack sets; replace containers that you started yourself",
        ),
});

/** A stack's configuration, as set. */
export type Settings = z.infer<typeof keys>;

/** A rule across several keys. It also runs on settings that break other rules, so it can't rely on anything. */
interface Rule {
    readonly key: keyof Settings;
    /** What the key must be, or nothing if it's fine. */
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
            settings.lmsFrom === "tutor" &&
            !isOwnGateway(settings.lmsGateway, settings) &&
            ownGateway(openEdxConstants.gateway),
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
        key: "tokenRenewBeforeDays",
        demand: ({ tokenLifetimeDays = 0, tokenRenewBeforeDays = 0 }) =>
            tokenRenewBeforeDays >= tokenLifetimeDays && `less than tokenLifetimeDays (${tokenLifetimeDays})`,
    },
    {
        key: "superuserEmail",
        demand: ({ superuserUsername, superuserEmail }) =>
            superuserEmail === "" && superuserUsername !== "" && "the email address of superuserUsername",
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
            "a user other than serviceWorkerUsername",
    },
];

/**
 * The schema of a stack's configuration. Every key has a default, a description and, for secrets, the flag `secret`;
 * `Pulumi.yaml` declares the same keys. Values come in as strings, as `pulumi config set` takes them.
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
    // Always run, so that users see both kinds of mistakes at once.
    { when: () => true },
);

/** The effective platform. */
export function platformOf(
    { platform = "auto" }: { platform?: Settings["platform"] | undefined },
    host = process.platform,
): Platform {
    const hosts: Partial<Record<NodeJS.Platform, Platform>> = { darwin: "macos", win32: "windows" };
    return platform === "auto" ? (hosts[host] ?? "linux") : platform;
}

/** Whether a network can be created with this gateway: on Linux it's an IPv4 address, or left to the program. */
function isOwnGateway(gateway: string | undefined, settings: Partial<Settings>): boolean {
    return platformOf(settings) !== "linux" || !gateway || isIPv4(gateway);
}

function ownGateway(example: string): string {
    return `an IPv4 address, because the network is created with it, e.g. ${example}`;
}

function isOrigin(value: string): boolean {
    const url = URL.parse(value);
    return (
        url !== null &&
        /^https?:$/.test(url.protocol) &&
        url.href === `${url.origin}/` &&
        isHost(url.hostname) &&
        !/\s/.test(value)
    );
}

/** A host name that is safe in shells, settings and `.env` files, or an IPv4 address. */
function isHost(value: string): boolean {
    return /^[a-z\d]([\w.-]*[a-z\d])?$/i.test(value) && URL.parse(`http://${value}`)?.hostname === value.toLowerCase();
}

/** A site domain, as Django's Sites framework stores it. */
function isSite(value: string): boolean {
    const { host = "" } = /^(?<host>[^:]*)(:\d{1,5})?$/.exec(value)?.groups ?? {};
    return isHost(host);
}
