import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import Table from "cli-table3";
import { parseSettings } from "../../config/load.ts";
import { portOf, resolveConfig, type StackConfig } from "../../config/stackConfig.ts";
import type { CauseId } from "../../verify/causes.ts";
import { isHealthy, type Result, runChecks } from "../../verify/check.ts";
import { readOnlyChecks } from "../../verify/checks.ts";
import { health } from "../../verify/health.ts";
import { findingsText } from "../../verify/table.ts";
import { outputsSchema, type StackOutputs, type Target, targetOf } from "../../verify/target.ts";
import { AdminBrowser, type Changes } from "../support/adminBrowser.ts";
import { type CountingProxy, startCountingProxy } from "../support/countingProxy.ts";
import { type FakeContainers, fakeContainers, type Inside } from "../support/fakeContainers.ts";
import { runScript, startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const APPLICATIONS = "oauth2_provider/application";
const TOKENS = "oauth2_provider/accesstoken";
const CONFIGURATIONS = "third_party_auth/oauth2providerconfig";
const USERS = "auth/user";
/** The warnings that every stack gets with an `.env` and an LMS of the sandbox, and MITx Online at its own port. */
const ALWAYS: readonly CauseId[] = ["env-other-set-up", "sign-in-loop"];
/** Those, and the one that depends on this machine's hosts file. */
const EXPECTED: readonly CauseId[] = [...ALWAYS, "name-unknown-to-browser"];

const LEARNER_TOKEN = "token-of-the-learner-nina";

/** A way to break the integration, and to repair it again. */
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

let servers: TestServers<"lms" | "mitxonline">;
let proxies: { lms: CountingProxy; mitxonline: CountingProxy };
let stack: TestStack;
let config: StackConfig;
let outputs: StackOutputs;
let target: Target;
let containers: FakeContainers;
let lms: AdminBrowser;
let mit: AdminBrowser;
const table = new Table({
    head: ["Fault", "First failing check", "Named cause"],
    style: { head: [], border: [], compact: true },
});
/** All results so far, as text. */
const told: string[] = [];

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    proxies = {
        lms: await startCountingProxy(servers.lms),
        mitxonline: await startCountingProxy(servers.mitxonline),
    };
    const settings = {
        ...sandboxConfig("mitxonline", servers),
        lmsUrl: proxies.lms.baseUrl,
        applicationUrl: proxies.mitxonline.baseUrl,
        applicationAdminUrl: proxies.mitxonline.baseUrl,
    };
    stack = await makeStack(settings);
    await stack.up();
    config = resolveConfig(parseSettings(settings));
    outputs = outputsSchema.parse(await stack.outputs());
    target = targetOf(config, outputs);
    containers = await fakeContainers({
        lms: { port: portOf(target.openEdx.url), ...healthy.lms() },
        web: { port: portOf(target.application.url), ...healthy.web() },
    });
    lms = await AdminBrowser.signIn(servers.lms);
    mit = await AdminBrowser.signIn(servers.mitxonline);
    await addLearner();
});
afterAll(async () => {
    process.stdout.write(`${table.toString()}\n`);
    await containers.remove();
    await stack.remove();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
    await servers.stop();
});

/** The containers of a working integration. */
const healthy = {
    lms: (): Inside => ({ hosts: { "127.0.0.1": "127.0.0.1" }, environment: {}, clockAhead: 0 }),
    web: (): Inside => ({
        hosts: { [new URL(target.openEdx.url).hostname]: "127.0.0.1" },
        environment: target.environment,
        clockAhead: 0,
    }),
};

/** Adds a learner to both servers, with a token for Open edX that is still valid. */
async function addLearner(): Promise<void> {
    await runScript(
        servers.lms,
        `
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model
get_access_token_model().objects.create(
    user=User.objects.create_user("nina", "nina@example.com", "nina"), token="${LEARNER_TOKEN}",
    application=get_application_model().objects.get(name="mitxonline-oauth-app"),
    expires=timezone.now() + timedelta(hours=1), scope="read write",
)`,
    );
    await runScript(
        servers.mitxonline,
        `
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from mit_sandbox.models import OpenEdxApiAuth
OpenEdxApiAuth.objects.create(
    user=get_user_model().objects.create_user("nina", "nina@example.com", "nina"), access_token="${LEARNER_TOKEN}",
    refresh_token="refresh", access_token_expires_on=timezone.now() + timedelta(hours=1),
)`,
    );
}

/** Changes an object in the admin. */
function changed(
    browser: () => AdminBrowser,
    model: string,
    query: string,
    changes: Changes,
): () => Promise<() => Promise<unknown>> {
    return async () => {
        const admin = browser();
        const [row] = await admin.list(model, query);
        const id = row?.["id"] ?? "";
        const before = await admin.values(model, id);
        await admin.change(model, id, changes);
        const former = Object.keys(changes).map((field): [string, string | null] => [field, before[field] ?? null]);
        return () => admin.change(model, id, Object.fromEntries(former));
    };
}

/** Adds a newer row to the LMS site's provider configuration; the repair adds another one with the former values. */
function newRow(changes: Changes): () => Promise<() => Promise<unknown>> {
    return async () => {
        const site = new URL(proxies.lms.baseUrl).host;
        const row = (await lms.list(CONFIGURATIONS)).find((one) => one["site"] === site);
        await lms.add(CONFIGURATIONS, changes, `source=${row?.["id"] ?? ""}`);
        return () => lms.add(CONFIGURATIONS, {}, `source=${row?.["id"] ?? ""}`);
    };
}

/** Edits the application's `.env`. */
function editedEnv(change: (text: string) => string): () => Promise<() => Promise<unknown>> {
    return async () => {
        const { envFile } = servers.mitxonline;
        const before = await readFile(envFile, "utf8");
        await writeFile(envFile, change(before));
        return () => writeFile(envFile, before);
    };
}

interface Answer {
    readonly status: number;
    readonly body?: string;
    readonly headers?: Record<string, string>;
}

/** Replaces a server's response at a path. */
function saying(
    proxy: () => CountingProxy,
    url: string,
    answer: Answer | (() => Answer),
): () => Promise<() => undefined> {
    return () => {
        const others = proxy().fault;
        const said = typeof answer === "function" ? answer() : answer;
        proxy().fault = (request, n) => (request.url === url ? said : others?.(request, n));
        return Promise.resolve(() => (proxy().fault = undefined));
    };
}

/** Changes what a container has. */
function inContainer(service: keyof typeof healthy, change: (inside: Inside) => Partial<Inside>) {
    return async () => {
        const before = healthy[service]();
        await containers.change(service, change(before));
        return () => containers.change(service, before);
    };
}

/** The query that finds a user's objects in a changelist. */
async function ofUser(username: string): Promise<string> {
    const [row] = await lms.list(USERS, `username=${username}`);
    return `user__id__exact=${row?.["id"] ?? ""}`;
}

/** Changes only what the checks expect, so the stack has other values than the servers. */
function mistaken(change: (target: Target) => Target): () => Promise<() => undefined> {
    return () => {
        const before = target;
        target = change(target);
        return Promise.resolve(() => {
            target = before;
            return undefined;
        });
    };
}

/** Runs a program on the LMS's users that changes what its admin doesn't, and another one that repairs it. */
function inLmsShell(change: string, repair: string): () => Promise<() => Promise<unknown>> {
    const run = (program: string) => runScript(servers.lms, `from django.contrib.auth.models import User\n${program}`);
    return async () => {
        await run(change);
        return () => run(repair);
    };
}

/** The stack signs in to a server with another account. */
function asAnother(side: "openEdx" | "application", account: { username: string; password: string }) {
    return mistaken((before) => ({
        ...before,
        [side]: { ...before[side], connection: { ...before[side].connection, ...account } },
    }));
}

const inLms = () => lms;
const inMit = () => mit;
const SIGN_IN = "/auth/login/ol-oauth2/?auth_entry=login";
const mitName = "name=mitxonline-oauth-app";
const edxName = "name=edx-oauth-app";

const faults: readonly Fault[] = [
    {
        name: "the LMS is down",
        check: "lms",
        cause: "lms-down",
        apply: () => {
            proxies.lms.pause();
            return Promise.resolve(() => proxies.lms.resume());
        },
    },
    {
        name: "the application is down",
        check: "application",
        cause: "application-down",
        apply: () => {
            proxies.mitxonline.pause();
            return Promise.resolve(() => proxies.mitxonline.resume());
        },
    },
    {
        name: "another server answers",
        check: "application",
        cause: "other-server",
        apply: saying(() => proxies.mitxonline, "/admin/login/", { status: 200, body: "<p>It works!</p>" }),
    },
    {
        name: "the LMS's clock is an hour behind",
        check: "lms",
        cause: "wrong-clock",
        apply: saying(() => proxies.lms, "/api/user/v1/account/login_session/", {
            status: 200,
            headers: { date: new Date(Date.now() - 3_600_000).toUTCString() },
            body: '{"fields": []}',
        }),
    },
    {
        name: "the LMS's port is bound to another address",
        check: "lms-gateway",
        cause: "port-on-loopback-only",
        apply: mistaken((before) => ({ ...before, openEdx: { ...before.openEdx, gateway: "127.0.0.2" } })),
    },
    {
        name: "the LMS's gateway is that of a former network",
        check: "lms-gateway",
        cause: "stale-gateway",
        apply: mistaken((before) => ({ ...before, openEdx: { ...before.openEdx, gateway: "203.0.113.1" } })),
    },
    {
        name: "the LMS has a name that nobody knows",
        check: "lms",
        cause: "name-unknown",
        apply: mistaken((before) => ({
            ...before,
            openEdx: {
                ...before.openEdx,
                connection: { ...before.openEdx.connection, baseUrl: "http://lms.invalid" },
            },
        })),
    },
    {
        name: "the superuser of the application has another password",
        check: "application-admin",
        cause: "superuser-refused",
        apply: asAnother("application", { username: "admin", password: "former" }),
    },
    {
        name: "the superuser of the LMS is staff only",
        check: "lms-admin",
        cause: "superuser-not-allowed",
        apply: asAnother("openEdx", { username: "staff@example.org", password: "staff" }),
    },
    {
        name: "the LMS accepts no more sign-ins for now",
        check: "lms-admin",
        cause: "too-many-sign-ins",
        apply: async () => {
            const account = { username: "busy@example.org", password: "wrong" };
            const browser = new AdminBrowser(servers.lms.baseUrl);
            for (let times = 0; times < 30; times++) {
                await browser.signIn({ ...servers.lms, email: account.username, password: account.password });
            }
            return asAnother("openEdx", account)();
        },
    },
    {
        name: "the LMS's package is not live",
        check: "backend",
        cause: "plugin-not-live",
        apply: saying(() => proxies.lms, `/admin/${CONFIGURATIONS}/add/`, {
            status: 200,
            body: '<form id="oauth2providerconfig_form"><input name="csrfmiddlewaretoken" value="x"><select name="backend_name"><option value="">---------</option></select></form>',
        }),
    },
    {
        name: "the LMS's OAuth application has another id",
        check: "lms-client",
        cause: "client-gone",
        apply: changed(inLms, APPLICATIONS, mitName, { client_id: "another-id" }),
    },
    {
        name: "the LMS's OAuth application has another secret",
        check: "lms-client-secret",
        cause: "client-secret",
        apply: changed(inLms, APPLICATIONS, mitName, { client_secret: "another-secret" }),
    },
    {
        name: "the LMS's OAuth application asks for consent",
        check: "lms-client-allows",
        cause: "consent",
        apply: changed(inLms, APPLICATIONS, mitName, { skip_authorization: null }),
    },
    {
        name: "edx-oauth-app has another id",
        check: "application-client",
        cause: "client-gone",
        apply: changed(inMit, APPLICATIONS, edxName, { client_id: "another-id" }),
    },
    {
        name: "edx-oauth-app has another secret",
        check: "application-client-secret",
        cause: "client-secret",
        apply: async () => {
            const [row] = await mit.list(APPLICATIONS, edxName);
            const set = (secret: string) => mit.change(APPLICATIONS, row?.["id"] ?? "", { client_secret: secret });
            await set("another-secret");
            return () => set(target.application.client.secret);
        },
    },
    {
        name: "edx-oauth-app lacks a redirect URI",
        check: "application-client-allows",
        cause: "redirect-uri",
        apply: changed(inMit, APPLICATIONS, edxName, { redirect_uris: "http://elsewhere.local/" }),
    },
    {
        name: "two applications are named edx-oauth-app",
        check: "application-client",
        cause: "client-name-twice",
        apply: async () => {
            const id = await mit.add(APPLICATIONS, {
                name: "edx-oauth-app",
                redirect_uris: "http://elsewhere.local/",
                client_type: "confidential",
                authorization_grant_type: "authorization-code",
            });
            return () => mit.delete(APPLICATIONS, id);
        },
    },
    {
        name: "the provider configuration is disabled",
        check: "provider",
        cause: "provider-disabled",
        apply: newRow({ enabled: null }),
    },
    {
        name: "the provider configuration has another id",
        check: "provider",
        cause: "provider-client-id",
        apply: newRow({ key: "another-id" }),
    },
    {
        name: "the provider configuration has another secret",
        check: "provider-secret",
        cause: "provider-secret",
        apply: newRow({ secret: "another-secret" }),
    },
    {
        name: "the provider configuration has a former gateway",
        check: "provider",
        cause: "provider-addresses",
        apply: newRow({
            other_settings: '{"DISCOVERY_URL": "http://172.18.0.9:8013/", "API_ROOT": "http://172.18.0.9:8013/"}',
        }),
    },
    {
        name: "the provider configuration has no addresses",
        check: "provider",
        cause: "provider-addresses",
        apply: newRow({ other_settings: "{}" }),
    },
    {
        name: "the LMS's site is gone",
        check: "provider",
        cause: "site-missing",
        apply: async () => {
            const { host } = new URL(proxies.lms.baseUrl);
            return changed(inLms, "sites/site", `domain=${host}`, { domain: "renamed.local" })();
        },
    },
    {
        name: "the LMS can't reach the application",
        check: "sign-in",
        cause: "application-unreachable-from-lms",
        apply: saying(() => proxies.lms, SIGN_IN, {
            status: 500,
            body: "AuthConnectionError: Connection error: HTTPConnectionPool(host='172.30.13.1', port=8013): Max retries exceeded",
        }),
    },
    {
        name: "the discovery document has the addresses of a former .env",
        check: "discovery",
        cause: "discovery-addresses",
        apply: saying(
            () => proxies.mitxonline,
            "/.well-known/openid-configuration",
            () => {
                const inside = target.environment["MITXONLINE_DOCKER_BASE_URL"] ?? "";
                const document = {
                    authorization_endpoint: "http://mitxonline.odl.local:8013/oauth2/authorize/",
                    token_endpoint: `${inside}/oauth2/token/`,
                    userinfo_endpoint: `${inside}/api/v0/userinfo/`,
                };
                return { status: 200, body: JSON.stringify(document) };
            },
        ),
    },
    {
        name: "the service worker is gone",
        check: "worker",
        cause: "worker-missing",
        apply: inLmsShell(
            'User.objects.filter(username="mitserviceworker").update(username="renamed")',
            'User.objects.filter(username="renamed").update(username="mitserviceworker")',
        ),
    },
    {
        name: "the token is deleted",
        check: "token",
        cause: "token-gone",
        apply: async () => changed(inLms, TOKENS, await ofUser("mitserviceworker"), { token: "another-token" })(),
    },
    {
        name: "the token has expired",
        check: "token",
        cause: "token-expired",
        apply: async () => changed(inLms, TOKENS, await ofUser("mitserviceworker"), { expires_0: "2020-01-01" })(),
    },
    {
        name: "the service worker is inactive",
        check: "worker-rights",
        cause: "worker-inactive",
        apply: changed(inLms, USERS, "username=mitserviceworker", { is_active: null }),
    },
    {
        name: "the service worker is no longer staff",
        check: "worker-rights",
        cause: "worker-not-staff",
        apply: changed(inLms, USERS, "username=mitserviceworker", { is_staff: null }),
    },
    {
        name: "the service worker is disabled",
        check: "token",
        cause: "worker-disabled",
        apply: inLmsShell(
            'u = User.objects.get(username="mitserviceworker")\nu.set_unusable_password()\nu.save()',
            'u = User.objects.get(username="mitserviceworker")\nu.set_password("of no use to anybody")\nu.save()',
        ),
    },
    {
        name: "the tokens of learners went with the OAuth application",
        check: "learner-tokens",
        cause: "learner-token-dead",
        apply: async () => changed(inLms, TOKENS, await ofUser("nina"), { token: "another-token-of-nina" })(),
    },
    {
        name: "the access token expires tomorrow",
        check: "token-days",
        cause: "token-expires-soon",
        apply: async () => {
            const tomorrow = new Date(Date.now() + 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
            return changed(inLms, TOKENS, await ofUser("mitserviceworker"), { expires_0: tomorrow })();
        },
    },
    {
        name: "the LMS's cached list of providers is a former one",
        check: "provider-list",
        cause: "provider-list-stale",
        apply: async () => {
            // As the LMS keeps it where somebody asked before the first configuration was made.
            const script = (program: string) =>
                runScript(
                    servers.lms,
                    `
from edx_django_utils.cache import TieredCache
from third_party_auth.models import OAuth2ProviderConfig
key = OAuth2ProviderConfig.key_values_cache_key_name("backend_name")
${program}`,
                );
            await script("TieredCache.set_all_tiers(key, [], 600)");
            return () => script("TieredCache.delete_all_tiers(key)");
        },
    },
    {
        name: "the LMS's cookies are for another name",
        check: "lms",
        cause: "foreign-cookies",
        apply: saying(() => proxies.lms, "/api/user/v1/account/login_session/", {
            status: 200,
            headers: { "set-cookie": "csrftoken=x; Domain=www.myopenedx.com" },
            body: '{"fields": []}',
        }),
    },
    {
        name: "the LMS does not run in the stack's container",
        check: "lms-reaches-application",
        cause: "container-gone",
        apply: async () => {
            await containers.stop("lms");
            const undo = await mistaken((before) => ({
                ...before,
                openEdx: { ...before.openEdx, container: { ...before.openEdx.container, managedByStack: true } },
            }))();
            return () => {
                undo();
                return containers.change("lms", healthy.lms());
            };
        },
    },
    {
        name: "the LMS's container does not reach the gateway",
        check: "lms-reaches-application",
        cause: "application-unreachable-from-lms",
        apply: inContainer("lms", () => ({ hosts: { "127.0.0.1": "127.0.0.9" } })),
    },
    {
        name: "the application's container does not know the LMS's name",
        check: "application-reaches-lms",
        cause: "name-unknown-in-container",
        apply: inContainer("web", () => ({ hosts: {} })),
    },
    {
        name: "the application's container does not reach the LMS",
        check: "application-reaches-lms",
        cause: "lms-unreachable-from-application",
        apply: inContainer("web", () => ({ hosts: { [new URL(target.openEdx.url).hostname]: "127.0.0.9" } })),
    },
    {
        name: "the clock of the LMS's container is an hour ahead",
        check: "lms-reaches-application",
        cause: "wrong-clock",
        apply: inContainer("lms", () => ({ clockAhead: 3600 })),
    },
    {
        name: "the application runs with a former .env",
        check: "env-running",
        cause: "env-not-read",
        apply: inContainer("web", ({ environment }) => ({
            environment: { ...environment, OPENEDX_API_CLIENT_SECRET: "former" },
        })),
    },
    {
        name: "the application trusts no origin",
        check: "origin",
        cause: "origin-refused",
        apply: editedEnv((text) => text.replace(/^CSRF_TRUSTED_ORIGINS=.*$/m, "CSRF_TRUSTED_ORIGINS=http://elsewhere")),
    },
    {
        name: "the .env has another secret",
        check: "env-file",
        cause: "env-differs",
        apply: editedEnv((text) =>
            text.replace(/^OPENEDX_API_CLIENT_SECRET=.*$/m, "OPENEDX_API_CLIENT_SECRET=another"),
        ),
    },
    {
        name: "the .env lacks the block",
        check: "env-file",
        cause: "env-block-missing",
        also: ["application-lacks-settings"],
        apply: editedEnv(() => ""),
    },
];

function fault(name: string): Fault {
    const found = faults.find((one) => one.name === name);
    if (found === undefined) {
        throw new Error(`There is no fault ${name}.`);
    }
    return found;
}

/** Runs the checks, in the same sessions each time, because the LMS limits the number of sign-ins. */
async function look(): Promise<Result[]> {
    const results = await runChecks(readOnlyChecks(target));
    told.push(JSON.stringify(results));
    return results;
}

/** The causes that each check names, without those that are always there. */
function named(results: readonly Result[]): Map<string, readonly CauseId[]> {
    return new Map(
        results
            .map(({ name, findings }): [string, readonly CauseId[]] => [
                name,
                findings.map(({ cause }) => cause).filter((cause) => !EXPECTED.includes(cause)),
            ])
            .filter(([, found]) => found.length > 0),
    );
}

async function withFaults<Seen>(chosen: readonly Fault[], see: () => Promise<Seen>): Promise<Seen> {
    const undo: (() => Promise<unknown> | undefined)[] = [];
    try {
        for (const fault of chosen) {
            undo.unshift(await fault.apply());
        }
        return await see();
    } finally {
        for (const repair of undo) {
            await repair();
        }
    }
}

test("finds nothing wrong in the sandbox, with few requests", async () => {
    const before = proxies.lms.requests.length + proxies.mitxonline.requests.length;
    const results = await look();

    expect(findingsText(results.filter(({ state }) => state === "failed"))).toBe("");
    expect(isHealthy(results)).toBe(true);
    expect(results.filter(({ state }) => state === "follows" || state === "skipped")).toEqual([]);
    const causes = results.flatMap(({ findings }) => findings.map(({ cause }) => cause));
    expect(causes).toEqual(expect.arrayContaining([...ALWAYS]));
    expect(EXPECTED).toEqual(expect.arrayContaining(causes));
    expect(proxies.lms.requests.length + proxies.mitxonline.requests.length - before).toBeLessThan(50);
});

test("the output health is ok, or says what is wrong, always in the same words", async () => {
    await expect(health(config, outputs, "dev")).resolves.toBe("ok");
    const said = await withFaults([fault("the LMS is down"), fault("edx-oauth-app has another secret")], () =>
        Promise.all([health(config, outputs, "dev"), health(config, outputs, "dev")]),
    );

    expect(new Set(said)).toEqual(
        new Set([
            "Open edX does not answer; The OAuth application has another client secret. npm run verify -- --stack dev tells what to do",
        ]),
    );
});

test.each(faults)("names the cause when $name: $cause", async (fault) => {
    const results = await withFaults([fault], look);
    const causes = named(results);
    const [first = "(none)", [cause = ""] = []] = [...causes][0] ?? [];
    table.push([fault.name, first, cause]);

    expect(causes.get(fault.check)?.[0]).toBe(fault.cause);
    expect([...new Set([...causes.values()].flat())].sort()).toEqual([fault.cause, ...(fault.also ?? [])].sort());
});

// A sample: all pairs would take many minutes.
const half = Math.floor(faults.length / 2);
const pairs = faults.slice(0, half).flatMap((one, index) => {
    const other = index % 2 === 0 ? faults[index + half] : undefined;
    return other === undefined ? [] : [{ one, other, names: `${one.name}, and ${other.name}` }];
});

test.each(pairs)("names two faults at once, or what one hides: $names", async ({ one, other }) => {
    const results = await withFaults([one, other], look);
    const causes = named(results);
    const isNamed = ({ check, cause }: Fault) => causes.get(check)?.includes(cause) === true;
    const follows = ({ check }: Fault) => results.find(({ name }) => name === check)?.state === "follows";

    expect([one, other].filter((fault) => !isNamed(fault) && !follows(fault))).toEqual([]);
    expect([one, other].filter(isNamed)).not.toEqual([]);
    const known = [one, other].flatMap(({ cause, also = [] }) => [cause, ...also]);
    expect([...causes.values()].flat().filter((cause) => !known.includes(cause))).toEqual([]);
});

test("reveals no secret in any of this", () => {
    const { openEdx, application, worker } = target;
    const secrets = [openEdx.client.secret, application.client.secret, worker.token];
    expect(told.length).toBeGreaterThan(faults.length);
    expect(told.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
});
