import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import axios from "axios";
import { execa } from "execa";
import { once } from "node:events";
import { access } from "node:fs/promises";
import path from "node:path";
import pRetry from "p-retry";
import { status } from "../../sandbox/sandbox.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { type CountingProxy, startCountingProxy } from "../support/countingProxy.ts";
import { isAlive } from "../support/processes.ts";
import { type TestServers, startServers } from "../support/sandbox.ts";

describe("servers of a test", () => {
    test("end, and their state is removed, when the test is killed", async () => {
        const support = path.join(import.meta.dirname, "..", "support", "sandbox.ts");
        const script = `
            import { startServers } from ${JSON.stringify(support)};
            console.log(JSON.stringify((await startServers(["lms"])).stateDirectory));
            setInterval(() => {}, 1000);`;
        const killed = execa(process.execPath, ["--input-type=module", "--eval", script], { reject: false });
        const [output] = (await once(killed.stdout, "data")) as [Buffer];
        const stateDirectory = JSON.parse(output.toString()) as string;
        const [before] = await status({ stateDirectory, servers: ["lms"] });
        expect(before?.state).toBe("running");

        killed.kill("SIGKILL");
        await pRetry(() => expect(access(stateDirectory)).rejects.toThrow("ENOENT"), {
            minTimeout: 200,
            factor: 1,
            retries: 100,
        });
        expect(await isAlive(before?.pid)).toBe(false);
    });
});

describe("the counting proxy", () => {
    let servers: TestServers<"lms">;
    let proxy: CountingProxy;
    const sites = "/admin/sites/site/";

    beforeAll(async () => {
        servers = await startServers(["lms"]);
    });
    afterAll(() => servers.stop());
    beforeEach(async () => {
        proxy = await startCountingProxy(servers.lms);
    });
    afterEach(() => proxy.stop());

    const signIn = () => AdminBrowser.signIn({ ...servers.lms, baseUrl: proxy.baseUrl });

    test("lets a browser sign in and work through it, and counts", async () => {
        const browser = await signIn();
        await browser.list("sites/site", "domain=example.com");
        expect(proxy.requests).toEqual([
            { method: "GET", path: "/api/user/v1/account/login_session/", status: 200 },
            { method: "POST", path: "/api/user/v1/account/login_session/", status: 200 },
            { method: "GET", path: sites, status: 200 },
        ]);
        expect(proxy.count("GET", /^\/admin/)).toBe(1);
    });

    test("passes the Host header on", async () => {
        const page = await (await signIn()).get("/");
        expect(page.data).toContain(new URL(proxy.baseUrl).host);
    });

    test("can answer by itself", async () => {
        const browser = await signIn();
        proxy.fault = ({ path }, n) => (path === sites && n === 1 ? { status: 503, body: "Busy" } : undefined);
        expect(await browser.get(sites)).toMatchObject({ status: 503, data: "Busy" });
        expect(await browser.get(sites)).toMatchObject({ status: 200 });
        expect(proxy.count("GET", sites)).toBe(2);
    });

    test.each([
        ["before", "reset", 0],
        ["after", "reset-after-forward", 1],
    ] as const)("can drop the connection %s the server has processed a request", async (_when, fault, rows) => {
        const browser = await signIn();
        const add = `${sites}add/`;
        const form = await browser.form(add, "site_form");
        proxy.fault = ({ method, path }) => (method === "POST" && path === add ? fault : undefined);
        const post = browser.submit(form, { domain: `${fault}.example`, name: fault });
        await expect(post).rejects.toMatchObject({ code: "ECONNRESET" });
        expect(proxy.requests.at(-1)).toEqual({ method: "POST", path: add, status: 0 });
        expect(await browser.list("sites/site", `domain=${fault}.example`)).toHaveLength(rows);
    });

    test.each([
        ["a page", "GET", sites],
        ["an answer without a body", "POST", `${sites}add/`],
    ] as const)("can cut off %s after the server has processed the request", async (_what, cutMethod, cutPath) => {
        const browser = await signIn();
        const form = await browser.form(`${sites}add/`, "site_form");
        const domain = `cut-${cutMethod}.example`;
        proxy.fault = ({ method, path }) => (method === cutMethod && path === cutPath ? "cut" : undefined);
        const answer =
            cutMethod === "GET" ? browser.get(cutPath) : browser.submit(form, { domain, name: "cut", _save: "1" });
        await expect(answer).rejects.toMatchObject({ status: cutMethod === "GET" ? 200 : 302 });
        proxy.fault = undefined;
        expect(await browser.list("sites/site", `domain=${domain}`)).toHaveLength(cutMethod === "GET" ? 0 : 1);
    });

    test.each([
        ["before", "hang", 0],
        ["after", "hang-after-forward", 1],
    ] as const)("can leave a request without an answer %s the server has processed it", async (_when, fault, rows) => {
        const browser = await signIn();
        const add = `${sites}add/`;
        const form = await browser.form(add, "site_form");
        proxy.fault = ({ method, path }) => (method === "POST" && path === add ? fault : undefined);
        const requests = proxy.requests.length;
        const post = browser.submit(form, { domain: `${fault}.example`, name: fault });
        await pRetry(
            () => {
                expect(proxy.requests).toHaveLength(requests + 1);
            },
            {
                minTimeout: 20,
                factor: 1,
                retries: 500,
            },
        );
        expect(proxy.requests.at(-1)).toEqual({ method: "POST", path: add, status: 0 });
        expect(await browser.list("sites/site", `domain=${fault}.example`)).toHaveLength(rows);
        await proxy.stop();
        await expect(post).rejects.toMatchObject({ code: "ECONNRESET" });
    });

    test("drops the connection if the server is gone", async () => {
        const orphan = await startCountingProxy({ host: "127.0.0.1", port: 1 });
        await expect(axios.get(orphan.baseUrl, { proxy: false })).rejects.toMatchObject({ code: "ECONNRESET" });
        await orphan.stop();
    });
});
