import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/openedx/signInPage.provider.ts";
import type { SignInPageInputs } from "../../../dynamic-providers/openedx/signInPage.ts";
import { down, up } from "../../../sandbox/sandbox.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife, nothing } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

const inputs = (args: Partial<SignInPageInputs>) => checked(provider, { servedBy: "1", patienceSeconds: 60, ...args });

describe("the sign-in page", () => {
    let servers: TestServers<"lms" | "xpro">;
    beforeAll(async () => {
        servers = await startServers(["lms", "xpro"]);
        await writeFile(servers.xpro.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    });
    afterAll(() => servers.stop());

    test.each(["lms", "xpro"] as const)("of %s exists immediately, and again on every refresh", async (name) => {
        const { signIn: kind, baseUrl } = servers[name];
        const given = await inputs({ kind, baseUrl });
        const { id, outs } = await provider.create(given);

        expect(id).toBe(baseUrl);
        expect(outs).toStrictEqual(given);
        await expect(provider.read(id, outs)).resolves.toMatchObject({ id });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });

    test("of a server that is not running counts as gone on refresh, and is waited for while it starts", async () => {
        const sandbox = {
            stateDirectory: servers.stateDirectory,
            servers: ["xpro"] as const,
            ports: { xpro: servers.xpro.port },
        };
        const given = await inputs({ kind: "django", baseUrl: servers.xpro.baseUrl });
        const [page, other] = [await ManagedResource.up(provider, given), await ManagedResource.up(provider, given)];
        await down(sandbox);
        await expect(page.refresh()).resolves.toBe(true);
        await expect(page.plan()).resolves.toBe("create");
        const waiting = [page.up(), other.up({ servedBy: "2" })];
        await up(sandbox);

        await expect(Promise.all(waiting)).resolves.toEqual([["create"], ["update"]]);
    });
});

describe("another page in its place", () => {
    let server: Server;
    let baseUrl: string;
    let asked: string[];
    let status: number;
    let page: string;
    beforeEach(async () => {
        asked = [];
        status = 500;
        page = '<form id="login-form"><input type="hidden" name="csrfmiddlewaretoken" value="x"></form>';
        server = createServer(({ method = "", url = "" }, response) => {
            asked.push(`${method} ${url}`);
            response.writeHead(status, { Location: "http://keycloak.local/" }).end(page);
        }).listen(0, "127.0.0.1");
        await once(server, "listening");
        baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterEach(() => {
        server.closeAllConnections();
        server.close();
    });

    test.each([
        ["django", 500, "/admin/login/"],
        ["django", 302, "/admin/login/"],
        ["openedx", 404, "/api/user/v1/account/login_session/"],
    ] as const)("is an error that says so: of kind %s, status %i", async (kind, answered, path) => {
        status = answered;
        const given = await inputs({ kind, baseUrl, patienceSeconds: 0 });

        await expect(provider.create(given)).rejects.toThrow(
            `${baseUrl}${path} answers with status ${answered}, not with the sign-in page. See the logs of its containers.`,
        );
        await expect(provider.read(baseUrl, given)).resolves.toStrictEqual({ id: "" });
    });

    test.each([
        ["django", "<h1>The application starts</h1>", "/admin/login/"],
        ["django", "", "/admin/login/"],
        ["openedx", "<h1>Welcome to Open edX</h1>", "/api/user/v1/account/login_session/"],
    ] as const)("is not mistaken for the sign-in page, of kind %s: %j", async (kind, other, path) => {
        [status, page] = [200, other];
        const given = await inputs({ kind, baseUrl, patienceSeconds: 0 });

        await expect(provider.create(given)).rejects.toThrow(
            `${baseUrl}${path} answers with status 200, not with the sign-in page.`,
        );
        await expect(provider.read(baseUrl, given)).resolves.toStrictEqual({ id: "" });
    });

    test("is requested once per refresh, without signing in", async () => {
        status = 200;
        await provider.read(baseUrl, await inputs({ kind: "django", baseUrl: `${baseUrl}/` }));

        expect(asked).toStrictEqual(["GET /admin/login/"]);
    });

    test("is waited for until it is the right one", async () => {
        const waiting = provider.create(await inputs({ kind: "django", baseUrl }));
        await once(server, "request");
        status = 200;

        await expect(waiting).resolves.toMatchObject({ id: baseUrl });
    });
});

test("a sign-in page is another one if its server or its kind is, and is waited for again with new containers", async () => {
    const given = await inputs({ kind: "django", baseUrl: "http://app.local" });
    const diff = (news: Partial<SignInPageInputs>) => provider.diff("", given, { ...given, ...news });

    await expect(diff({ baseUrl: "http://other.local" })).resolves.toMatchObject({ replaces: ["baseUrl"] });
    await expect(diff({ kind: "openedx" })).resolves.toMatchObject({ replaces: ["kind"] });
    await expect(diff({ servedBy: "2" })).resolves.toStrictEqual({ changes: true, replaces: [] });
    await expect(diff({})).resolves.toStrictEqual({ changes: false, replaces: [] });
});

/** A server of both kinds that responds with an error while `isAway`. */
const cleanUp = cleanUpIn(afterAll);
let isAway = false;
let origin: string;

describeLife("openedx:SignInPage", {
    provider,
    args: async () => {
        const server = createServer(({ url = "" }, response) => {
            response.writeHead(isAway ? 500 : 200);
            response.end(
                url.startsWith("/admin/")
                    ? '<form id="login-form"><input type="hidden" name="csrfmiddlewaretoken" value="x"></form>'
                    : '{"fields": []}',
            );
            isAway = false;
        }).listen(0, "127.0.0.1");
        await once(server, "listening");
        cleanUp(() => {
            server.closeAllConnections();
            server.close();
        });
        origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        return { kind: "django" as const, baseUrl: origin, servedBy: "1" };
    },
    inputs: {
        kind: { to: "openedx", does: "replace" },
        baseUrl: { to: () => `${origin.replace("127.0.0.1", "localhost")}/`, does: "replace" },
        servedBy: { to: "2", does: "update" },
        patienceSeconds: { to: 30, does: "update" },
    },
    loseByHand: () => {
        isAway = true;
        return Promise.resolve();
    },
    look: () => Promise.resolve(nothing),
    destroyed: nothing,
});
