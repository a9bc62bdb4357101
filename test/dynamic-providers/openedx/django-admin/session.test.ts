import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Connection } from "../../../../dynamic-providers/openedx/connection.ts";
import { RefusedError, TooManySignInsError, UnreachableError } from "../../../../dynamic-providers/errors.ts";
import { SESSIONS_FOLDER } from "../../../../dynamic-providers/openedx/django-admin/savedSessions.ts";
import {
    AdminSession,
    adminSession,
    forgetRefusals,
} from "../../../../dynamic-providers/openedx/django-admin/session.ts";
import { provider as applications } from "../../../../dynamic-providers/openedx/oauthApplication.provider.ts";
import { endSessions } from "../../../faults/servers.ts";
import { startCountingProxy, type CountingProxy } from "../../../support/countingProxy.ts";
import { AdminBrowser } from "../../../support/adminBrowser.ts";
import { fakeCommands } from "../../../support/fakeCommands.ts";
import { checked, connectionTo, impatiently } from "../../../support/providers.ts";
import { runScript, startServers, type TestServers } from "../../../support/sandbox.ts";

const SIGN_IN = "/api/user/v1/account/login_session/";
const SITES = "/admin/sites/site/";
const ADD_APPLICATION = "/admin/oauth2_provider/application/add/";

let servers: TestServers<"lms">;
let proxy: CountingProxy;
let connection: Connection;

beforeAll(async () => {
    // Together, the tests sign in more often than the LMS allows.
    process.env["SANDBOX_RATELIMIT"] = "0";
    servers = await startServers(["lms"]);
});
afterAll(() => servers.stop());
beforeEach(async () => {
    // A new address each time, because sessions are cached by address.
    proxy = await startCountingProxy(servers.lms);
    connection = connectionTo(servers.lms, proxy.baseUrl);
});
afterEach(() => proxy.stop());

const application = (name: string) =>
    checked(applications, {
        connection,
        name,
        clientId: name,
        clientSecret: "never-to-be-shown",
        redirectUris: ["http://a.local/"],
    });
const rowsNamed = async (name: string) =>
    (await AdminBrowser.signIn(servers.lms)).list("oauth2_provider/application", `name=${name}`);

describe("an admin session", () => {
    test("signs in once, however many operations run at the same time", async () => {
        await Promise.all(Array.from({ length: 12 }, () => adminSession(connection).list(SITES)));
        expect(proxy.count("POST", SIGN_IN)).toBe(1);
        expect(proxy.count("GET", SITES)).toBe(12);
    });

    test("tries a refused password once, and passes on the server's words without the password", async () => {
        const wrong = { ...connection, password: "not-the-password" };
        const attempts = await Promise.allSettled([1, 2, 3].map(() => adminSession(wrong).list(SITES)));
        for (const attempt of attempts) {
            expect(attempt).toMatchObject({ status: "rejected" });
            const { message } = (attempt as PromiseRejectedResult).reason as Error;
            expect(message).toMatch(/refused the sign-in of "edx@example\.org": .*incorrect/i);
            expect(message).not.toContain("not-the-password");
        }
        expect(proxy.count("POST", SIGN_IN)).toBe(1);
    });

    test("tries a refused password once more when it may be right by now, and leaves an open session alone", async () => {
        const wrong = { ...connection, password: "not-the-password" };
        await adminSession(connection).list(SITES);
        await expect(adminSession(wrong).list(SITES)).rejects.toThrow("refused the sign-in");

        await forgetRefusals();

        await adminSession(connection).list(SITES);
        await expect(adminSession(wrong).list(SITES)).rejects.toThrow("refused the sign-in");
        expect(proxy.count("POST", SIGN_IN)).toBe(3);
    });

    test("takes a user name as well as an email address", async () => {
        await expect(new AdminSession({ ...connection, username: "edx" }).list(SITES)).resolves.not.toHaveLength(0);
    });

    test("signs in again, once, when the session ends in the middle", async () => {
        const session = adminSession(connection);
        await session.list(SITES);
        let ended = 0;
        proxy.fault = ({ path }) =>
            path === SITES && ended++ < 3
                ? { status: 302, headers: { location: `/admin/login/?next=${path}` } }
                : undefined;
        await Promise.all([1, 2, 3].map(() => session.list(SITES)));
        expect(proxy.count("POST", SIGN_IN)).toBe(2);
    });

    test("gives up if the session ends again and again", async () => {
        proxy.fault = ({ path }) =>
            path === SITES ? { status: 302, headers: { location: "/login?next=/admin" } } : undefined;
        await expect(adminSession(connection).list(SITES)).rejects.toThrow(/session of "edx@example\.org" ended/);
        expect(proxy.count("POST", SIGN_IN)).toBe(2);
    });

    test("posts again from a fresh form if the token is no longer valid, without another sign-in", async () => {
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path === ADD_APPLICATION && n === 1
                ? { status: 403, body: "<h1>Forbidden</h1> CSRF verification failed." }
                : undefined;
        await applications.create(await application("stale-form"));
        expect(proxy.count("POST", SIGN_IN)).toBe(1);
        await expect(rowsNamed("stale-form")).resolves.toHaveLength(1);
    });

    test("says which user lacks which permission", async () => {
        const staff = { ...connection, username: "staff@example.org", password: "staff" };
        await expect(adminSession(staff).list(SITES)).rejects.toThrow(
            /sites\/site\/: "staff@example\.org" is not allowed there; use a superuser/,
        );
    });

    test("continues as the user that is configured now if the state's user has lost permissions", async () => {
        const { make, remove } = await fakeCommands();
        const present = { "project:lmsUsername": connection.username, "project:lmsPassword": connection.password };
        const values = Object.entries(present).map(([key, value]) => [key, { value }]);
        await make("pulumi", {
            "config --json --show-secrets --stack demoted": `echo '${JSON.stringify(Object.fromEntries(values))}'`,
        });
        const staff = { ...connection, username: "staff@example.org", password: "staff" };
        const configured = { stack: "demoted", usernameKey: "lmsUsername", passwordKey: "lmsPassword" };
        const sites = [1, 2, 3].map(() => adminSession({ ...staff, configured }).list(SITES));
        await expect(Promise.all(sites)).resolves.toHaveLength(3);
        expect(proxy.count("POST", SIGN_IN)).toBe(2);
        await remove();
    });

    describe("that another process of the same command may have begun", () => {
        let folder: string;
        beforeEach(async () => {
            folder = await mkdtemp(join(tmpdir(), "sessions-"));
            process.env[SESSIONS_FOLDER] = folder;
        });
        afterEach(async () => {
            Reflect.deleteProperty(process.env, SESSIONS_FOLDER);
            await rm(folder, { recursive: true });
        });
        const inAnotherProcess = () => new AdminSession(connection);

        test("continues with its cookies, which are stored for their owner only, without the password", async () => {
            await inAnotherProcess().list(SITES);
            await expect(inAnotherProcess().list(SITES)).resolves.not.toHaveLength(0);
            expect(proxy.count("POST", SIGN_IN)).toBe(1);
            const [file = ""] = await readdir(folder);
            expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
            const kept = JSON.parse(await readFile(join(folder, file), "utf8")) as { cookies: { value: string }[] };
            expect(kept.cookies).not.toHaveLength(0);
            expect(kept.cookies.map(({ value }) => value)).not.toContain(connection.password);
        });

        test("signs in if that session has ended, or is someone else's", async () => {
            await inAnotherProcess().list(SITES);
            endSessions(servers.lms);
            await expect(inAnotherProcess().list(SITES)).resolves.not.toHaveLength(0);
            expect(proxy.count("POST", SIGN_IN)).toBe(2);
            const wrong = { ...connection, password: "not-the-password" };
            await expect(new AdminSession(wrong).list(SITES)).rejects.toThrow("refused the sign-in");
        });
    });

    test("says so if the address is no LMS", async () => {
        proxy.fault = () => ({ status: 404, body: "nothing here" });
        await expect(adminSession(connection).list(SITES)).rejects.toThrow(/is not the sign-in of an Open edX LMS/);
    });

    test.each([
        ["an error", { status: 500, body: "<h1>Out of order</h1>" }, "POST"],
        ["an error", { status: 500, body: "<h1>Out of order</h1>" }, "GET"],
        ["another page", { status: 200, body: "<h1>Out of order</h1>" }, "POST"],
        ["another page", { status: 200, body: "<h1>Out of order</h1>" }, "GET"],
        ["a missing page", { status: 404, body: "<h1>Out of order</h1>" }, "GET"],
    ])("does not mistake %s at the sign-in for a refusal: %j to %s", async (_what, fault, faulty) => {
        proxy.fault = ({ method, path }) => (path === SIGN_IN && method === faulty ? fault : undefined);
        const session = adminSession(connection);
        const error: unknown = await session.list(SITES).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(UnreachableError);
        expect(String(error)).toMatch(/Out of order/);
        expect(String(error)).not.toMatch(/Keycloak|APISIX|password/);
        proxy.fault = undefined;
        await expect(session.list(SITES)).resolves.not.toHaveLength(0);
    });

    test.each([
        ["Too many failed login attempts. Try again later.", undefined],
        ["To protect your account, it’s been temporarily locked. Try again in 30 minutes.", "account-locked-out"],
    ])("says how long to wait if the LMS accepts no more sign-ins, and asks once: %s", async (value, code) => {
        proxy.fault = ({ method, path }) =>
            method === "POST" && path === SIGN_IN
                ? { status: 400, body: JSON.stringify({ success: false, value, error_code: code }) }
                : undefined;
        const errors = await Promise.allSettled([1, 2].map(() => adminSession(connection).list(SITES)));
        for (const error of errors) {
            const reason: unknown = (error as PromiseRejectedResult).reason;
            expect(reason).toBeInstanceOf(TooManySignInsError);
            expect(reason).not.toBeInstanceOf(RefusedError);
            expect(String(reason)).toContain(`${value} The password may be right. Wait as long as the server says, or`);
        }
        expect(proxy.count("POST", SIGN_IN)).toBe(1);
    });

    test("says once which name the LMS's cookies are for, if it is reached by another", async () => {
        const baseUrl = proxy.baseUrl.replace("local.openedx.io", "127.0.0.1");
        const session = adminSession({ ...connection, baseUrl });
        for (const path of [SITES, "/admin/auth/user/"]) {
            await expect(session.list(path)).rejects.toThrow(
                `${baseUrl}: nobody can sign in at this address, as the server's cookies are for "local.openedx.io". ` +
                    `Use that name: pulumi config set lmsUrl ${proxy.baseUrl}`,
            );
        }
        expect(proxy.count("POST", SIGN_IN)).toBe(1);
    });

    test("shares one new sign-in among posts whose session ended before them", async () => {
        const session = adminSession(connection);
        const names = ["ended-1", "ended-2", "ended-3"];
        const forms = await Promise.all(
            names.map(async (name) =>
                (await session.newForm(`${SITES}add/`, "site_form")).fill({ domain: `${name}.io`, name }),
            ),
        );
        await runScript(
            servers.lms,
            "from django.contrib.sessions.models import Session\nSession.objects.all().delete()",
        );
        await Promise.all(forms.map((form) => session.save(form)));
        expect(proxy.count("POST", SIGN_IN)).toBe(2);
        await expect(session.list(SITES, { name: "ended-2" })).resolves.toHaveLength(1);
    });

    test("requests a public page again if another operation noticed the end of the session", async () => {
        const session = adminSession(connection);
        await session.list(SITES);
        const open = "/api/mfe_context";
        let isSigningIn = false;
        let other: Promise<unknown> | undefined;
        proxy.fault = async ({ method, path }, n) => {
            if (path === open && n === 1) {
                endSessions(servers.lms);
                other = session.list(SITES);
                while (!isSigningIn) {
                    await turn();
                }
            }
            if (method === "POST" && path === SIGN_IN && n === 2) {
                isSigningIn = true;
                while (proxy.count("GET", open) === 0) {
                    await turn();
                }
            }
            return undefined;
        };
        await session.getAsUser(`${open}?tpa_hint=x&force_cache_miss=true`);
        await other;
        expect(proxy.count("GET", open)).toBe(2);
        expect(proxy.count("POST", SIGN_IN)).toBe(2);
    });

    test("says who may view a page but not change it, instead of treating it as an empty form", async () => {
        await runScript(
            servers.lms,
            "from django.contrib.auth.models import Permission, User\n" +
                'User.objects.get(username="staff").user_permissions.add(Permission.objects.get(codename="view_site"))',
        );
        const staff = adminSession({ ...connection, username: "staff@example.org", password: "staff" });
        const [site] = await staff.list(SITES);
        await expect(staff.form(`${SITES}${site?.id ?? ""}/change/`, "site_form")).rejects.toThrow(
            /^"staff@example\.org" may view .*\/change\/ but not change it: use a superuser\.$/,
        );
    });

    test("reports an unexpected answer in the server's words", async () => {
        proxy.fault = ({ path }) =>
            path === SITES ? { status: 500, body: "<title>x</title><h1>Database   is locked</h1>" } : undefined;
        await expect(adminSession(connection).list(SITES)).rejects.toThrow(/answered 500: Database is locked/);
    });
});

test("reports a server's error without the secret that it repeats", async () => {
    const body = "<h1>IntegrityError: Duplicate entry 'never-to-be-shown' for key 'client_secret'</h1>";
    proxy.fault = ({ method, path }) =>
        method === "POST" && path === ADD_APPLICATION ? { status: 500, body } : undefined;
    await expect(applications.create(await application("repeated"))).rejects.toThrow(
        /answered 500: IntegrityError: Duplicate entry '\[secret\]' for key 'client_secret'/,
    );
});

describe("the sign-in of an MIT application", () => {
    let application: TestServers<"mitxonline">;
    let applicationProxy: CountingProxy;
    beforeAll(async () => {
        application = await startServers(["mitxonline"]);
        await writeFile(application.mitxonline.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    });
    afterAll(() => application.stop());
    beforeEach(async () => {
        applicationProxy = await startCountingProxy(application.mitxonline);
    });
    afterEach(() => applicationProxy.stop());
    const session = () => adminSession(connectionTo(application.mitxonline, applicationProxy.baseUrl));
    const APPLICATIONS = "/admin/oauth2_provider/application/";
    const LOGIN = "/admin/login/";

    test("succeeds if the server redirects a user who is already signed in to the admin", async () => {
        await session().list(APPLICATIONS);
        const location = `${LOGIN}?next=${APPLICATIONS}`;
        let ended = 0;
        applicationProxy.fault = ({ path }) =>
            path === APPLICATIONS && ended++ === 0 ? { status: 302, headers: { location } } : undefined;
        await expect(session().list(APPLICATIONS)).resolves.not.toHaveLength(0);
        expect(applicationProxy.count("POST", LOGIN)).toBe(1);
    });

    test.each([
        ["GET", { status: 500, body: "Out of order" }, /Out of order\. Is the server up, and is the address right\?$/],
        ["POST", { status: 500, body: "Out of order" }, /Out of order\. Is the server up, and is the address right\?$/],
        ["POST", { status: 200, body: "Welcome" }, /Welcome\. Is the server up, and is the address right\?$/],
        [
            "GET",
            {
                status: 302,
                headers: { location: "http://kc.odl.local:7080/realms/ol/protocol/openid-connect/auth?a=b" },
            },
            /leads to http:\/\/kc\.odl\.local.*auth\. Behind APISIX it belongs to Keycloak/,
        ],
    ])("names Keycloak and APISIX only if the page leads there: %s %j", async (faulty, fault, words) => {
        applicationProxy.fault = ({ method, path }) => (path === LOGIN && method === faulty ? fault : undefined);
        const error: unknown = await session()
            .list(APPLICATIONS)
            .catch((reason: unknown) => reason);
        expect(String(error)).toMatch(words);
        expect(error).not.toBeInstanceOf(RefusedError);
    });

    test("is refused in the server's words", async () => {
        const wrong = { ...connectionTo(application.mitxonline, applicationProxy.baseUrl), password: "wrong" };
        await expect(adminSession(wrong).list(APPLICATIONS)).rejects.toThrow(/refused the sign-in .*correct username/);
    });
});

describe("a transient fault", () => {
    test.each([
        ["a dropped connection", "reset" as const],
        ["an answer that is lost", "reset-after-forward" as const],
        ["an answer that is cut off", "cut" as const],
        ["502", { status: 502, body: "Bad Gateway" }],
        ["503", { status: 503, body: "Starting", headers: { "retry-after": "0" } }],
        ["429", { status: 429, body: "Slow down", headers: { "retry-after": "0" } }],
    ])("%s is waited out when reading", async (_what, fault) => {
        proxy.fault = ({ path }, n) => (path === SITES && n <= 2 ? fault : undefined);
        await expect(adminSession(connection).list(SITES)).resolves.not.toHaveLength(0);
        expect(proxy.count("GET", SITES)).toBe(3);
    });

    test.each([
        ["was carried out", "reset-after-forward" as const, 1],
        ["was carried out and cut off", "cut" as const, 1],
        ["met another page", { status: 200, body: "Welcome" }, 2],
        ["met an error", { status: 500, body: "Out of order" }, 2],
        ["met a missing page", { status: 404, body: "Not found" }, 2],
        ["was not carried out", "reset" as const, 2],
        ["met a gateway error", { status: 504, body: "Gateway Timeout" }, 2],
    ])("a post without an answer that %s is checked, never blindly repeated", async (what, fault, posts) => {
        const name = `post-${what.replaceAll(" ", "-")}`;
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path === ADD_APPLICATION && n === 1 ? fault : undefined;
        await applications.create(await application(name));
        expect(proxy.count("POST", ADD_APPLICATION)).toBe(posts);
        await expect(rowsNamed(name)).resolves.toHaveLength(1);
    });

    test("that persists ends in one message with the server's words and without a secret", async () => {
        proxy.fault = ({ method, path }) =>
            method === "POST" && path === ADD_APPLICATION ? { status: 503, body: "<p>Down for ever</p>" } : undefined;
        const error = (await applications.create(await application("never")).catch((e: unknown) => e)) as Error;
        expect(error.message).toMatch(/POST http:.*\/add\/: the server answered 503: Down for ever/);
        expect(JSON.stringify(error) + String(error.stack)).not.toMatch(/never-to-be-shown|"edx"/);
    });

    test("a server that is not running is reported with its address", async () => {
        const nowhere = adminSession({ ...connection, baseUrl: "http://local.openedx.io:1" });
        await expect(impatiently(() => nowhere.list(SITES))).rejects.toThrow(
            /http:\/\/local\.openedx\.io:1\/.*no answer \(ECONNREFUSED\)\. Is the server running/,
        );
    });
});
