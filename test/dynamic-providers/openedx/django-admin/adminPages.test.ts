import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { adminSession, type AdminSession } from "../../../../dynamic-providers/openedx/django-admin/session.ts";
import { AdminBrowser } from "../../../support/adminBrowser.ts";
import { startCountingProxy, type CountingProxy } from "../../../support/countingProxy.ts";
import { connectionTo } from "../../../support/providers.ts";
import { runScript, startServers, type TestServers } from "../../../support/sandbox.ts";

const SITES = "/admin/sites/site/";

let servers: TestServers<"lms">;
let proxy: CountingProxy;
let session: AdminSession;
let browser: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    proxy = await startCountingProxy(servers.lms);
    session = adminSession(connectionTo(servers.lms, proxy.baseUrl));
    browser = await AdminBrowser.signIn(servers.lms);
});
afterAll(async () => {
    await proxy.stop();
    await servers.stop();
});
afterEach(() => {
    proxy.fault = undefined;
});

/** Responses that aren't the admin's. */
const ODD_ANSWERS: readonly { status: number; body?: string; headers?: Record<string, string> }[] = [
    { status: 404, body: "Not found" },
    { status: 500, body: "Out of order" },
    { status: 302, headers: { location: "/admin/" } },
    { status: 302, headers: { location: "/somewhere/" } },
    { status: 302, headers: { location: "http://proxy.invalid/admin/" } },
    { status: 200, body: "<h1>Welcome</h1>" },
    { status: 200 },
];

describe("an object", () => {
    /** Creates a site manually, and returns its page. */
    const makeSite = async (domain: string) =>
        `${SITES}${await browser.add("sites/site", { domain, name: "by hand" })}/`;
    const sites = (domain: string) => browser.list("sites/site", `domain=${domain}`);

    test("is gone if the admin says so", async () => {
        await expect(session.form(`${SITES}999999/change/`, "site_form")).resolves.toBeUndefined();
        await expect(session.remove(`${SITES}999999/`)).resolves.toBe(true);
    });

    test.each(ODD_ANSWERS)("is not gone by any other answer: %j", async (fault) => {
        const path = await makeSite(`${JSON.stringify(fault).replaceAll(/\W+/g, "-")}.io`);
        proxy.fault = (request) => (request.path.startsWith(path) ? fault : undefined);
        await expect(session.form(`${path}change/`, "site_form")).rejects.toThrow(/expected server|answered/);
        await expect(session.remove(path)).rejects.toThrow(/expected server|answered/);
        proxy.fault = (request) => (request.path.startsWith(path) && request.method === "POST" ? fault : undefined);
        await expect(session.remove(path)).rejects.toThrow(/answered/);
        proxy.fault = undefined;
        await expect(session.remove(path)).resolves.toBe(true);
    });

    test("is deleted once the server confirms it, and retained if objects that must stay refer to it", async () => {
        const path = await makeSite("deleted.io");
        await expect(session.remove(path)).resolves.toBe(true);
        await expect(sites("deleted.io")).resolves.toEqual([]);
        const kept = await makeSite("kept.io");
        await browser.add("third_party_auth/oauth2providerconfig", {
            name: "n",
            slug: "s",
            site: kept.split("/")[4] ?? "",
            backend_name: "ol-oauth2",
            key: "k",
            other_settings: "{}",
        });
        await expect(session.remove(kept)).resolves.toBe(false);
        await expect(session.removeUnlessKept(kept)).resolves.toBe(false);
        await expect(sites("kept.io")).resolves.toHaveLength(1);
    });

    describe("takes one request", () => {
        const stale = { status: 403, body: "<h1>Forbidden</h1> CSRF verification failed." };
        /** An operation's requests for the objects under a path, by method. */
        const requestsOf = async (path: string, operation: () => Promise<unknown>) => {
            const before = proxy.requests.length;
            await operation();
            return proxy.requests
                .slice(before)
                .filter((request) => request.path.startsWith(path))
                .map(({ method }) => method);
        };

        test("to delete, plus the page's if the server refuses the cookie's token", async () => {
            const [usual, refused] = [await makeSite("usual.io"), await makeSite("refused.io")];
            await expect(requestsOf(usual, () => session.remove(usual))).resolves.toEqual(["POST"]);
            proxy.fault = ({ method, path }, n) =>
                method === "POST" && path.startsWith(refused) && n === 1 ? stale : undefined;
            await expect(requestsOf(refused, () => session.remove(refused))).resolves.toEqual(["POST", "GET", "POST"]);
            await expect(sites("refused.io")).resolves.toEqual([]);
        });

        test("to delete, and another one if the answer is lost", async () => {
            const path = await makeSite("lost.io");
            proxy.fault = (request, n) =>
                request.path.startsWith(path) && n === 1 ? "reset-after-forward" : undefined;
            await expect(session.remove(path)).resolves.toBe(true);
            await expect(sites("lost.io")).resolves.toEqual([]);
        });

        test("to delete each of many, plus a page now and then, which consumes the admin's messages about them", async () => {
            await session.list(SITES, { id__exact: "0" });
            const paths = await Promise.all(Array.from({ length: 25 }, (_, n) => makeSite(`many-${n}.io`)));
            const methods = await requestsOf(SITES, async () => {
                for (const path of paths) {
                    await session.remove(path);
                }
            });
            expect(methods.filter((method) => method === "POST")).toHaveLength(25);
            expect(methods.filter((method) => method === "GET")).toHaveLength(2);
            await expect(sites("many-24.io")).resolves.toEqual([]);
        });

        test("to add, plus the form's if the server refuses the cookie's token", async () => {
            const add = (domain: string) => session.add(`${SITES}add/`, "site_form", { domain, name: "added" });
            await expect(requestsOf(SITES, () => add("added.io"))).resolves.toEqual(["POST"]);
            let refused = 0;
            proxy.fault = ({ method, path }) =>
                method === "POST" && path === `${SITES}add/` && refused++ === 0 ? stale : undefined;
            await expect(requestsOf(SITES, () => add("refused-at-first.io"))).resolves.toEqual(["POST", "GET", "POST"]);
            await expect(sites("refused-at-first.io")).resolves.toMatchObject([{ name: "added" }]);
        });
    });
});

describe("a list", () => {
    test.each(ODD_ANSWERS)("is not mistaken for empty if another page is in its place: %j", async (fault) => {
        proxy.fault = ({ path }) => (path === SITES ? fault : undefined);
        await expect(session.list(SITES)).rejects.toThrow(/expected server|answered/);
    });

    test("is that of its model, and no other list", async () => {
        const { data } = await browser.get("/admin/auth/user/?username=nobody");
        proxy.fault = ({ path }) => (path === SITES ? { status: 200, body: data } : undefined);
        await expect(session.list(SITES)).rejects.toThrow("is not the admin's list");
    });

    test("is shared by concurrent readers while it loads, and by nobody later", async () => {
        const before = proxy.count("GET", SITES);
        const wanted = () => session.sharedList(SITES, { domain: "example.com" });
        const [one, other] = await Promise.all([wanted(), wanted()]);
        expect(one).toHaveLength(1);
        expect(other).toEqual(one);
        await wanted();
        expect(proxy.count("GET", SITES) - before).toBe(2);
    });

    test("is read to its end", async () => {
        await runScript(
            servers.lms,
            "from django.contrib.sites.models import Site\n" +
                'Site.objects.bulk_create(Site(domain=f"{n}.long.io", name="long") for n in range(205))',
        );
        const before = proxy.count("GET", SITES);
        const rows = await session.list(SITES, { name: "long" });
        expect(new Set(rows.map(({ cells }) => cells.get("domain"))).size).toBe(205);
        expect(proxy.count("GET", SITES) - before).toBe(3);
    });
});
