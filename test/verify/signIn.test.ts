import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import Table from "cli-table3";
import { parseSettings } from "../../config/load.ts";
import type { ApplicationName } from "../../config/profiles.ts";
import { resolveConfig } from "../../config/stackConfig.ts";
import { TIMEOUT_SECONDS } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { forgetSessions } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { project } from "../../toolchain/pulumi.ts";
import type { NewBrowser } from "../../verify/browser.ts";
import type { CauseId } from "../../verify/causes.ts";
import { type Result, runChecks } from "../../verify/check.ts";
import { chromiumBrowsers } from "../../verify/chromium.ts";
import { origin } from "../../verify/checks/admins.ts";
import { signInPage } from "../../verify/checks/signInStart.ts";
import { isForDevelopment, signInChecks } from "../../verify/signInChecks.ts";
import { type Target, targetOf } from "../../verify/target.ts";
import { AdminBrowser, type Changes } from "../support/adminBrowser.ts";
import { type CountingProxy, type Fault as Disturbance, startCountingProxy } from "../support/countingProxy.ts";
import { fakeCommands } from "../support/fakeCommands.ts";
import { integrate } from "../support/integrated.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig, sandboxServer } from "../support/sandboxStack.ts";

const APPLICATIONS = "oauth2_provider/application";
const CONFIGURATIONS = "third_party_auth/oauth2providerconfig";
const USERS = "auth/user";
/** A port on which nothing listens. */
const NOWHERE = "http://127.0.0.1:9";

type Proxied = "lms" | "mitxonline" | "xpro";
/** What replaces a server's response: always the same, or a function of the URL. */
type Saying = Disturbance | ((url: string) => Disturbance);

/** A way to break a sign-in, and to repair it again. */
interface Fault {
    readonly name: string;
    /** The check that should find it. */
    readonly check: string;
    /** The cause that this check should name. */
    readonly cause: CauseId;
    /** Other causes that are named too, because the fault breaks more than one thing. */
    readonly also?: readonly CauseId[];
    /** Breaks it. @returns a function that repairs it. */
    readonly apply: () => Promise<() => Promise<unknown> | undefined>;
}

let servers: TestServers<Proxied>;
let direct: TestServers<Proxied>;
let proxies: Record<Proxied | "apisix", CountingProxy>;
let chromium: Awaited<ReturnType<typeof chromiumBrowsers>>;
let target: Target;
let lms: AdminBrowser;
let mit: AdminBrowser;
const disturbances = new Map<string, Saying>();
/** The codes and states in all requests, and all results as text. */
const passedBy = new Set<string>();
const told: string[] = [];
const table = new Table({
    head: ["Fault", "First failing check", "Named cause"],
    style: { head: [], border: [], compact: true },
});

beforeAll(async () => {
    [direct, chromium] = await Promise.all([
        startServers(["lms", "mitxonline", "xpro"], { environment: { SANDBOX_RATELIMIT: "0" } }),
        chromiumBrowsers(100),
    ]);
    proxies = {
        lms: await startCountingProxy(direct.lms),
        mitxonline: await startCountingProxy(direct.mitxonline),
        xpro: await startCountingProxy(direct.xpro),
        apisix: await startCountingProxy({
            host: direct.mitxonline.host,
            port: Number(new URL(direct.mitxonline.apisixBaseUrl).port),
        }),
    };
    for (const [name, proxy] of Object.entries(proxies)) {
        proxy.fault = ({ method, path, url }) => {
            for (const [key, value] of new URLSearchParams(url.replace(/^[^?]*/, ""))) {
                if (["code", "state"].includes(key)) passedBy.add(value);
            }
            const said = disturbances.get(`${name} ${method} ${path.replaceAll(/\/\d+\//g, "/N/")}`);
            return typeof said === "function" ? said(url) : said;
        };
    }
    servers = {
        ...direct,
        lms: { ...direct.lms, baseUrl: proxies.lms.baseUrl },
        mitxonline: {
            ...direct.mitxonline,
            baseUrl: proxies.mitxonline.baseUrl,
            apisixBaseUrl: proxies.apisix.baseUrl,
        },
        xpro: { ...direct.xpro, baseUrl: proxies.xpro.baseUrl },
    };
    lms = await AdminBrowser.signIn(direct.lms);
});
afterAll(async () => {
    process.stdout.write(`${table.toString()}\n`);
    await chromium.close();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
    await direct.stop();
});

/** Sets the servers up for each other as a stack of that application does. @returns what the checks expect. */
async function integrated(application: ApplicationName): Promise<Target> {
    await integrate(application, servers);
    const side = sandboxServer(application);
    mit = await AdminBrowser.signIn(direct[side]);
    const { username, password } = servers[side];
    return targetOf(resolveConfig(parseSettings(sandboxConfig(application, servers))), {
        // The sign-in uses none of these.
        clientIds: { openEdx: "-", application: "-" },
        clientSecrets: { openEdx: "-", application: "-" },
        serviceWorkerToken: "-",
        superusers: {
            openEdx: { username: servers.lms.email, password: servers.lms.password },
            application: { username, password },
        },
        gateways: { openEdx: "127.0.0.1", application: "127.0.0.1" },
    });
}

interface Trial {
    readonly isKept?: boolean;
    readonly interruptAfter?: string;
    readonly newBrowser?: NewBrowser;
}

/** Signs a user in, with new sessions as in a new command. */
async function tried({ isKept = false, interruptAfter, newBrowser }: Trial = {}): Promise<Result[]> {
    forgetSessions();
    const interrupted = new AbortController();
    const results = await runChecks(signInChecks(target, isKept, interrupted.signal, newBrowser), ({ name }) => {
        if (name === interruptAfter) interrupted.abort();
    });
    told.push(JSON.stringify(results));
    return results;
}

/** What the check says that only looks for the sign-in page. */
async function signInPageCause() {
    const [result] = await runChecks([signInPage(target)]);
    return { state: result?.state, cause: result?.findings[0]?.cause };
}

const inChromium = () => tried({ newBrowser: chromium.newBrowser });

/** The users that verify created and that are still there. */
async function learners() {
    const names = async (browser: AdminBrowser) =>
        (await browser.list(USERS))
            .map((row) => row["username"] ?? "")
            .filter((name) => name.startsWith("integration-"));
    return { lms: await names(lms), mit: await names(mit) };
}

const states = (results: readonly Result[]) => Object.fromEntries(results.map(({ name, state }) => [name, state]));
const withState = (results: readonly Result[], state: Result["state"]) =>
    results.filter((result) => result.state === state).map(({ name }) => name);

/** Changes an object in the admin. */
function changed(browser: () => AdminBrowser, model: string, query: string, changes: Changes) {
    return async () => {
        const [row] = await browser().list(model, query);
        const id = row?.["id"] ?? "";
        const before = await browser().values(model, id);
        await browser().change(model, id, changes);
        const former = Object.keys(changes).map((field): [string, string | null] => [field, before[field] ?? null]);
        return () => browser().change(model, id, Object.fromEntries(former));
    };
}

/** Adds a newer row to the LMS site's provider configuration; the repair adds another one with the former values. */
function newRow(changes: () => Changes) {
    return async () => {
        const site = new URL(servers.lms.baseUrl).host;
        const row = (await lms.list(CONFIGURATIONS)).find((one) => one["site"] === site);
        await lms.add(CONFIGURATIONS, changes(), `source=${row?.["id"] ?? ""}`);
        return () => lms.add(CONFIGURATIONS, {}, `source=${row?.["id"] ?? ""}`);
    };
}

/** Replaces a server's response to a request, such as `GET /path/N/` (N stands for any number). */
function saying(name: Proxied | "apisix", request: string, answer: Saying) {
    return () => {
        disturbances.set(`${name} ${request}`, answer);
        return Promise.resolve(() => {
            disturbances.delete(`${name} ${request}`);
            return undefined;
        });
    };
}

/** Redirects a visitor back, as MITx Online's sign-in page does at its own port. */
const back: Saying = (url) => ({
    status: 302,
    headers: { location: new URLSearchParams(url.replace(/^[^?]*/, "")).get("next") ?? "/" },
});

/** Redirects a visitor of the authorization endpoint back to Open edX, with these parameters. */
function backToOpenEdx(url: string, parameters: Readonly<Record<string, string>>): Disturbance {
    const asked = new URLSearchParams(url.replace(/^[^?]*/, ""));
    const location = new URL(asked.get("redirect_uri") ?? "");
    for (const [name, value] of Object.entries({ state: asked.get("state") ?? "", ...parameters })) {
        location.searchParams.set(name, value);
    }
    return { status: 302, headers: { location: location.href } };
}

/** Changes a variable in xPro's `.env`. */
function environment(variable: string, value: string) {
    return async () => {
        const { envFile } = servers.xpro;
        const before = await readFile(envFile, "utf8");
        await writeFile(envFile, before.replace(new RegExp(`^${variable}=.*$`, "m"), `${variable}=${value}`));
        return () => writeFile(envFile, before);
    };
}

/** Several faults as one. */
function together(...faults: readonly Pick<Fault, "apply">[]): Fault["apply"] {
    return async () => {
        const undo: (() => Promise<unknown> | undefined)[] = [];
        for (const fault of faults) undo.unshift(await fault.apply());
        return async () => {
            for (const repair of undo) await repair();
        };
    };
}

async function withFaults<Seen>(faults: readonly Fault[], see: () => Promise<Seen>): Promise<Seen> {
    const repair = await together(...faults)();
    try {
        return await see();
    } finally {
        await repair();
    }
}

/** The cause that each failed check names. */
function named(results: readonly Result[]): Map<string, CauseId | undefined> {
    const failed = results.filter(({ state }) => state === "failed");
    return new Map(failed.map(({ name, findings: [first] }) => [name, first?.cause]));
}

/** The causes named with a fault: by the check that should find it, and by all. Adds a row to the table. */
async function namedWith(fault: Fault, see: () => Promise<Result[]> = tried) {
    const causes = named(await withFaults([fault], see));
    const [first = "(none)"] = causes.keys();
    table.push([fault.name + (see === tried ? "" : " (Chromium)"), first, causes.get(first) ?? ""]);
    return { cause: causes.get(fault.check), all: [...new Set(causes.values())].sort() };
}

const expected = ({ cause, also = [] }: Fault) => ({ cause, all: [cause, ...also].sort() });

describe("verify signs a user in through xPro", () => {
    beforeAll(async () => {
        target = await integrated("xpro");
    });

    const inLms = () => lms;
    const inXpro = () => mit;
    const configuration = (changes: Record<string, string>) => () => ({
        other_settings: JSON.stringify({
            AUTHORIZATION_URL: `${servers.xpro.baseUrl}/oauth2/authorize/`,
            ACCESS_TOKEN_URL: `http://127.0.0.1:${servers.xpro.port}/oauth2/token/`,
            API_ROOT: `http://127.0.0.1:${servers.xpro.port}/`,
            ...changes,
        }),
    });

    const noForm: Fault = {
        name: "xPro's pages need JavaScript",
        check: "",
        cause: "no-sign-up",
        apply: saying("xpro", "GET /signin/", { status: 200, body: '<body><div id="app-container"></div></body>' }),
    };
    const kept: Fault = {
        name: "Open edX keeps the user, whom protected objects refer to",
        check: "user-removed",
        cause: "user-left",
        apply: async () => {
            const undo = await saying("lms", "POST /admin/auth/user/N/delete/", {
                status: 200,
                body: '<body class="app-auth model-user delete-confirmation"><div id="content"><ul><li>Certificate</li></ul></div></body>',
            })();
            return async () => {
                undo();
                for (const { username, id } of await lms.list(USERS)) {
                    if (username?.startsWith("integration-check-") === true) await lms.delete(USERS, id ?? "");
                }
            };
        },
    };
    const unreachable: Fault = {
        name: "xPro can't reach Open edX",
        check: "account",
        cause: "lms-unreachable-from-application",
        apply: environment("OPENEDX_API_BASE_URL", "http://127.0.0.1:9"),
    };
    const signOut: Fault = {
        name: "Open edX's sign-out leaves the session as it is",
        check: "sign-out-lms",
        cause: "sign-out",
        apply: saying("lms", "GET /logout", { status: 200, body: "<p>Bye</p>" }),
    };
    const faults: readonly Fault[] = [
        kept,
        unreachable,
        signOut,
        {
            name: "the provider configuration has another secret",
            check: "dashboard",
            cause: "provider-secret",
            apply: newRow(() => ({ secret: "another-secret" })),
        },
        {
            name: "edx-oauth-app lacks the redirect URI",
            check: "dashboard",
            cause: "redirect-uri",
            apply: changed(inXpro, APPLICATIONS, "name=edx-oauth-app", { redirect_uris: "http://elsewhere.local/" }),
        },
        {
            name: "edx-oauth-app asks for consent",
            check: "dashboard",
            cause: "consent",
            apply: changed(inXpro, APPLICATIONS, "name=edx-oauth-app", { skip_authorization: null }),
        },
        {
            name: "the LMS's OAuth application asks for consent",
            check: "account",
            cause: "consent",
            apply: changed(inLms, APPLICATIONS, "name=mit-application", { skip_authorization: null }),
        },
        {
            name: "xPro has another client secret than the LMS",
            check: "account",
            cause: "client-secret",
            apply: environment("OPENEDX_API_CLIENT_SECRET", "another-secret"),
        },
        {
            name: "Open edX can't reach xPro's token endpoint",
            check: "dashboard",
            cause: "application-unreachable-from-lms",
            apply: newRow(configuration({ ACCESS_TOKEN_URL: `${NOWHERE}/oauth2/token/` })),
        },
        {
            name: "Open edX sends the browser to another name of xPro",
            check: "sign-up",
            cause: "provider-addresses",
            apply: newRow(() =>
                configuration({ AUTHORIZATION_URL: `http://127.0.0.1:${servers.xpro.port}/oauth2/authorize/` })(),
            ),
        },
        {
            name: "xPro's API tokens are missing",
            check: "api-tokens",
            cause: "account-row-missing",
            apply: saying("xpro", "GET /admin/courseware/openedxapiauth/", {
                status: 200,
                body: '<body class="app-courseware model-openedxapiauth change-list"><div id="changelist"></div></body>',
            }),
        },
        {
            name: "Open edX can't create the account, for reasons of its own",
            check: "account",
            cause: "account-not-made",
            apply: saying("lms", "POST /user_api/v1/account/registration/", { status: 500, body: "<h1>Oops</h1>" }),
        },
        {
            name: "Open edX refuses to register a user who comes from xPro",
            check: "dashboard",
            cause: "registration-refused",
            apply: together(noForm, {
                apply: saying("lms", "POST /api/user/v2/account/registration/", {
                    status: 400,
                    body: '{"country": [{"user_message": "Select your country."}], "error_code": "validation-error"}',
                }),
            }),
        },
        {
            name: "Open edX has another account with that email address",
            check: "dashboard",
            cause: "account-taken",
            apply: together(noForm, {
                apply: saying("lms", "POST /api/user/v2/account/registration/", {
                    status: 409,
                    body: '{"email": [{"user_message": "It looks like this email is already registered"}], "error_code": "duplicate-email"}',
                }),
            }),
        },
        {
            name: "Open edX has no link to xPro's user",
            check: "lms-link",
            cause: "user-not-linked",
            apply: saying("lms", "GET /admin/social_django/usersocialauth/", {
                status: 200,
                body: '<body class="app-social_django model-usersocialauth change-list"><div id="changelist"></div></body>',
            }),
        },
        {
            name: "xPro's authorization endpoint doesn't recognize the session",
            check: "dashboard",
            cause: "session-lost",
            apply: saying("xpro", "GET /oauth2/authorize/", { status: 302, headers: { location: "/signin/" } }),
        },
        {
            name: "the sign-in comes back to Open edX with another state",
            check: "sign-up",
            cause: "state-lost",
            apply: saying("xpro", "GET /oauth2/authorize/", (url) =>
                backToOpenEdx(url, { state: "another-made-up-state", code: "another-made-up-code" }),
            ),
        },
        {
            name: "xPro cancels the sign-in",
            check: "sign-up",
            cause: "state-lost",
            apply: saying("xpro", "GET /oauth2/authorize/", (url) => backToOpenEdx(url, { error: "access_denied" })),
        },
        {
            name: "xPro's sign-in page sends everybody back",
            check: "sign-up",
            cause: "sign-in-circle",
            apply: saying("xpro", "GET /signin/", back),
        },
        {
            name: "Open edX's cookies are for another name",
            check: "dashboard",
            cause: "foreign-cookies",
            apply: () => {
                const before = target;
                const url = `http://127.0.0.1:${new URL(servers.lms.baseUrl).port}`;
                target = { ...target, openEdx: { ...target.openEdx, url } };
                return Promise.resolve(() => {
                    target = before;
                    return undefined;
                });
            },
        },
    ];

    let there: { lms: string[]; mit: string[] };

    test("and retains the user if requested", async () => {
        const results = await tried({ isKept: true });
        there = await learners();

        expect(there).toEqual({ lms: [expect.stringMatching(/^integration-kept-/)], mit: there.lms });
        expect(results.at(-1)?.note).toContain(there.lms[0]);
    });

    test("from signing up to signing out, and removes its own user from both servers", async () => {
        const before = proxies.lms.requests.length + proxies.xpro.requests.length;
        const results = await tried();

        expect(withState(results, "passed")).toEqual(results.map(({ name }) => name));
        expect(results.find(({ name }) => name === "sign-up")?.note).toMatch(/\/create-account\/$/);
        expect(results.find(({ name }) => name === "dashboard")?.trail?.at(-1)).toMatch(/\/dashboard: 200$/);
        expect(proxies.lms.count("POST", /\/admin\/auth\/user\/\d+\/delete\//)).toBe(1);
        await expect(learners()).resolves.toEqual(there);
        expect(proxies.lms.requests.length + proxies.xpro.requests.length - before).toBeLessThan(90);
    });

    test.each(faults)("names the cause when $name: $cause", async (fault) => {
        await expect(namedWith(fault)).resolves.toEqual(expected(fault));
    });

    test("finds the circle without signing in, too", async () => {
        const circle = faults.find(({ cause }) => cause === "sign-in-circle");

        await expect(withFaults(circle ? [circle] : [], signInPageCause)).resolves.toEqual({
            state: "failed",
            cause: "sign-in-circle",
        });
        await expect(signInPageCause()).resolves.toEqual({ state: "passed", cause: undefined });
    });

    test("from signing up to signing out in Chromium, with the same checks", async () => {
        const results = await inChromium();

        expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
        expect(results.find(({ name }) => name === "dashboard")?.trail?.at(-1)).toMatch(/\/dashboard: 200$/);
        await expect(learners()).resolves.toEqual(there);
    });

    // All of them take a minute and a half more.
    const seenByBrowsers: readonly CauseId[] = [
        "sign-in-circle",
        "provider-secret",
        "consent",
        "foreign-cookies",
        "sign-out",
    ];

    test.each(faults.filter(({ cause }) => seenByBrowsers.includes(cause)))(
        "names the same cause in Chromium when $name: $cause",
        async (fault) => {
            await expect(namedWith(fault, inChromium)).resolves.toEqual(expected(fault));
        },
    );

    test("names two faults at once", async () => {
        const causes = named(await withFaults([unreachable, signOut], () => tried()));

        expect([...causes.values()].sort()).toEqual([unreachable.cause, signOut.cause].sort());
    });

    test("removes the user when it is interrupted half way, and one whom an earlier run left", async () => {
        const left = "integration-check-0123abcd4567";
        const passwords = { password1: "quite-a-Password-1", password2: "quite-a-Password-1" };
        const id = await mit.add(USERS, { username: left, ...passwords });
        await mit.change(USERS, id, { email: `${left}@verify.invalid` });
        expect((await learners()).mit).toContain(left);
        const results = await tried({ interruptAfter: "account" });

        expect(withState(results, "skipped")).toContain("sign-in-again");
        expect(states(results)["user-removed"]).toBe("passed");
        await expect(learners()).resolves.toEqual(there);
    });

    test("leaves alone the user of another run, which may still be running", async () => {
        const results = await Promise.all([tried(), tried()]);

        expect(results.flat().filter(({ state }) => state !== "passed")).toEqual([]);
        await expect(learners()).resolves.toEqual(there);
    });

    test.each([
        ["", tried],
        ["in Chromium", inChromium],
    ])("recognizes a sign-out after which openedx-companion-auth immediately signs in again %s", async (_, see) => {
        const companion: Fault = {
            name: "openedx-companion-auth is live",
            check: "",
            cause: "sign-out",
            apply: saying("lms", "GET /", {
                status: 302,
                headers: { location: "/auth/login/ol-oauth2/?auth_entry=login" },
            }),
        };
        const results = await withFaults([companion], see);

        expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
        expect(results.find(({ name }) => name === "sign-out-lms")?.note).toMatch(/signs in anew/);
    });

    test.each([
        ["", tried],
        ["in Chromium", inChromium],
    ])("registers as Open edX's micro-frontend does, and warns of it %s", async (_, see) => {
        const registration = { location: "http://apps.local.openedx.io:1999/authn/register" };
        const mfe: Fault = {
            name: "the authn micro-frontend is on",
            check: "dashboard",
            cause: "authn-mfe",
            apply: saying("lms", "GET /register", { status: 302, headers: registration }),
        };
        const results = await withFaults([noForm, mfe], see);
        const dashboard = results.find(({ name }) => name === "dashboard");

        expect(dashboard).toMatchObject({ state: "warning", findings: [{ cause: "authn-mfe" }] });
        expect(dashboard?.trail).toEqual(
            expect.arrayContaining([
                registration.location,
                expect.stringMatching(/^POST \S+\/account\/registration\/: 200$/),
                expect.stringMatching(/\/dashboard: 200$/),
            ]),
        );
        expect(withState(results, "passed")).toHaveLength(results.length - 4);
        await expect(learners()).resolves.toEqual(there);
    });

    test("registers in Chromium by the form that submits itself if xPro's pages need JavaScript", async () => {
        const results = await withFaults([noForm], inChromium);

        expect(withState(results, "skipped")).toEqual(["account", "account-row", "api-tokens"]);
        expect(withState(results, "passed")).toHaveLength(results.length - 3);
        expect(results.find(({ name }) => name === "dashboard")?.note).toMatch(/after registering at Open edX$/);
        await expect(learners()).resolves.toEqual(there);
    });

    test("signs in through Open edX's registration if xPro's pages need JavaScript, and says what it can't look at", async () => {
        const results = await withFaults([noForm], () => tried());

        expect(withState(results, "skipped")).toEqual(["account", "account-row", "api-tokens"]);
        expect(withState(results, "passed")).toHaveLength(results.length - 3);
        expect(results.find(({ name }) => name === "sign-up")?.note).toMatch(/its sign-in page has no form/);
        expect(results.find(({ name }) => name === "dashboard")?.note).toMatch(/after registering at Open edX$/);
        await expect(learners()).resolves.toEqual(there);
    });

    test("creates the account in xPro's container if its pages need JavaScript", async () => {
        const { stateDirectory } = direct.xpro;
        const python = join(project, ".toolchain", "venv", "xpro", "bin", "python");
        const manage = join(project, "sandbox", "mit-application", "manage.py");
        const commands = await fakeCommands();
        await commands.make("docker", {
            [`ps --filter publish=${new URL(servers.xpro.baseUrl).port} `]: "printf 'mitxpro-web-1\\tmitxpro\\n'",
            "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=mitxpro ": "echo an-id",
            "compose --project-name mitxpro exec -T web ./manage.py shell ":
                `shift 8; MIT_SANDBOX_STATE='${stateDirectory}' MIT_SANDBOX_FLAVOR=xpro MIT_SANDBOX_FROM_ENVIRONMENT= ` +
                "SANDBOX_HOSTS='local.openedx.io xpro.odl.local' " +
                `exec '${python}' '${manage}' shell --no-imports "$@"`,
        });
        const results = await withFaults([noForm], () => tried()).finally(commands.remove);

        expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
        expect(results.find(({ name }) => name === "account")?.note).toBe("in the container of web (project mitxpro)");
        await expect(learners()).resolves.toEqual(there);
    });
});

describe("verify signs a user in through MITx Online", () => {
    beforeAll(async () => {
        target = await integrated("mitxonline");
    });

    const profile = "POST /api/profile/details/";
    const faults: readonly Fault[] = [
        {
            name: "MITx Online gives the user no name for Open edX",
            check: "dashboard",
            cause: "no-edx-username",
            also: ["account-row-missing"],
            apply: saying("mitxonline", profile, { status: 200, body: "{}" }),
        },
        {
            name: "MITx Online has one worker only",
            check: "account",
            cause: "account-without-answer",
            also: ["no-edx-username"],
            apply: async () => {
                const before = process.env[TIMEOUT_SECONDS] ?? "30";
                process.env[TIMEOUT_SECONDS] = "2";
                const undo = await saying("mitxonline", profile, "hang")();
                return () => {
                    process.env[TIMEOUT_SECONDS] = before;
                    undo();
                    return undefined;
                };
            },
        },
        {
            name: "Open edX can't ask MITx Online who the user is",
            check: "account",
            cause: "user-info-refused",
            also: ["no-edx-username"],
            apply: saying("mitxonline", profile, {
                status: 500,
                body: "<pre>HTTPError: 400 Client Error: Bad Request for url: http://local.openedx.io:8000/user_api/v1/account/registration/</pre>",
            }),
        },
    ];

    test("at its own port with a session of its admin, past the circle", async () => {
        await expect(signInPageCause()).resolves.toEqual({ state: "warning", cause: "sign-in-loop" });
        const results = await tried();

        expect(withState(results, "passed")).toEqual(results.map(({ name }) => name));
        expect(results.find(({ name }) => name === "sign-up")?.note).toMatch(/loops without a session/);
        await expect(learners()).resolves.toMatchObject({ mit: [] });
    });

    test.each(faults)("names the cause when $name: $cause", async (fault) => {
        await expect(namedWith(fault)).resolves.toEqual(expected(fault));
    });

    test.each(faults)("names the same cause in Chromium when $name: $cause", async (fault) => {
        await expect(namedWith(fault, inChromium)).resolves.toEqual(expected(fault));
    });

    test("at its own port in Chromium", async () => {
        const results = await inChromium();

        expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
        await expect(learners()).resolves.toMatchObject({ mit: [] });
    });
});

describe("verify signs a user in through MITx Online behind APISIX", () => {
    beforeAll(async () => {
        target = await integrated("mitxonline-apisix");
    });

    test.each([
        ["from signing up to signing out", tried],
        ["in Chromium", inChromium],
    ])("%s", async (_, see) => {
        const results = await see();

        expect(withState(results, "passed")).toEqual(results.map(({ name }) => name));
        await expect(learners()).resolves.toMatchObject({ mit: [] });
    });

    const circle: Fault = {
        name: "APISIX leaves the sign-in to MITx Online",
        check: "sign-up",
        cause: "sign-in-circle",
        apply: saying("apisix", "GET /login/", back),
    };
    const keycloakAdmin: Fault = {
        name: "Keycloak's administrator has another password",
        check: "sign-up",
        cause: "no-sign-up",
        apply: saying("apisix", "POST /realms/master/protocol/openid-connect/token", {
            status: 401,
            body: '{"error":"invalid_grant","error_description":"Invalid user credentials"}',
        }),
    };
    const kept: Fault = {
        name: "Open edX's sign-out leaves the session as it is, behind APISIX",
        check: "sign-out-lms",
        cause: "sign-out",
        apply: saying("lms", "GET /logout", { status: 200, body: "<p>Bye</p>" }),
    };

    test("names Keycloak if it does not answer, without signing in", async () => {
        const silent: Fault = {
            name: "Keycloak does not answer",
            check: "sign-in-page",
            cause: "keycloak-down",
            apply: saying("apisix", "GET /realms/ol-local/protocol/openid-connect/auth", "reset"),
        };
        await expect(withFaults([silent], signInPageCause)).resolves.toEqual({
            state: "failed",
            cause: "keycloak-down",
        });
        table.push([silent.name, silent.check, silent.cause]);
    });

    test("names the address whose forms MITx Online refuses", async () => {
        const { envFile, baseUrl, apisixBaseUrl } = servers.mitxonline;
        const before = await readFile(envFile, "utf8");
        const causes = async () => {
            const [result] = await runChecks([origin(target.application)]);
            return result?.findings.map(({ evidence }) => / with Origin (\S+): 403, /.exec(evidence)?.[1]);
        };
        await expect(causes()).resolves.toEqual([]);
        await writeFile(envFile, before.replace(`,${apisixBaseUrl}`, ""));
        await expect(causes()).resolves.toEqual([apisixBaseUrl]);
        await writeFile(envFile, before.replace(/^(CSRF_TRUSTED_ORIGINS=).*$/m, "$1http://elsewhere"));
        await expect(causes()).resolves.toEqual([baseUrl, apisixBaseUrl]);
        await writeFile(envFile, before);
    });

    test("creates that user in Keycloak, reports what it created, and deletes it", async () => {
        const results = await tried({ interruptAfter: "sign-up" });

        expect(results[0]).toMatchObject({ state: "passed", note: expect.stringContaining("realm ol-local of http") });
        expect(proxies.apisix.count("POST", "/admin/realms/ol-local/users")).toBeGreaterThan(0);
        await expect(readFile(join(direct.mitxonline.stateDirectory, "keycloak.json"), "utf8")).resolves.toBe("{}");
    });

    test.each([circle, keycloakAdmin, kept])("names the cause when $name: $cause", async (fault) => {
        const results = await withFaults([fault], tried);
        const findings = results.flatMap((result) => result.findings.map(({ cause }) => [result.name, cause]));
        table.push([fault.name, ...(findings[0] ?? ["(none)", ""])]);

        expect(findings).toEqual([[fault.check, fault.cause]]);
    });

    test("finds the circle without signing in, too", async () => {
        await expect(withFaults([circle], signInPageCause)).resolves.toEqual({
            state: "failed",
            cause: "sign-in-circle",
        });
        await expect(signInPageCause()).resolves.toEqual({ state: "passed", cause: undefined });
    });

    test("names the circle in Chromium, too, and before what it hides", async () => {
        await expect(namedWith(circle, inChromium)).resolves.toEqual(expected(circle));
        expect([...named(await withFaults([circle, kept], tried))]).toEqual([[circle.check, circle.cause]]);
    });
});

test.each([
    ["http://local.openedx.io:8000", "http://xpro.odl.local:8053", true],
    ["http://localhost:8000", "http://127.0.0.1:8053", true],
    ["http://local.openedx.io:8000", "http://203.0.113.7", false],
])("a user is signed in by default if both servers are for development: %s and %s", async (lmsUrl, url, is) => {
    const { openEdx, application } = target;
    const other = { ...target, openEdx: { ...openEdx, url: lmsUrl }, application: { ...application, url } };
    await expect(isForDevelopment(other)).resolves.toBe(is);
});

test("without a browser, --browser says what to install", async () => {
    process.env["CHROMIUM"] = "/nowhere/chromium";
    await expect(chromiumBrowsers()).rejects.toThrow(/There is no browser at \/nowhere\/chromium\. Install Chromium/);
    delete process.env["CHROMIUM"];
});

test("no code, state or password is revealed in any of this", () => {
    expect(passedBy.size).toBeGreaterThan(20);
    expect(told.filter((text) => [...passedBy].some((secret) => text.includes(secret)))).toEqual([]);
    expect(told.filter((text) => /Aa1-[0-9a-f]{24}|[?&](code|state)=/.test(text))).toEqual([]);
});
