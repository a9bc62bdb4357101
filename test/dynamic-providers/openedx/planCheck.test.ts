import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Connection } from "../../../dynamic-providers/openedx/connection.ts";
import { UNKNOWN } from "../../../dynamic-providers/crud.ts";
import { forgetSessions } from "../../../dynamic-providers/openedx/django-admin/session.ts";
import { provider as djangoUser } from "../../../dynamic-providers/openedx/djangoUser.provider.ts";
import { provider as oauth2ProviderConfig } from "../../../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import { provider as oauthApplication } from "../../../dynamic-providers/openedx/oauthApplication.provider.ts";
import { AdminBrowser } from "../../support/adminBrowser.ts";
import { type CountingProxy, startCountingProxy } from "../../support/countingProxy.ts";
import { type AnyProvider, ManagedResource, plan } from "../../support/engine.ts";
import { type FakeCommands, fakeCommands } from "../../support/fakeCommands.ts";
import { connectionTo, impatiently } from "../../support/providers.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

let servers: TestServers<"lms" | "mitxonline">;
let lms: CountingProxy;
let mitxonline: CountingProxy;
let commands: FakeCommands;

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    await writeFile(servers.mitxonline.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    [lms, mitxonline] = await Promise.all([startCountingProxy(servers.lms), startCountingProxy(servers.mitxonline)]);
    commands = await fakeCommands();
});
afterAll(async () => {
    await commands.remove();
    await Promise.all([lms.stop(), mitxonline.stop()]);
    await servers.stop();
});
beforeEach(async () => {
    forgetSessions();
    await stateHas();
});

/** Makes the `pulumi` command report these resources in the stack. */
const stateHas = (...urns: readonly string[]) =>
    commands.make("pulumi", {
        [`stack export --stack ${plan.stack}`]: `echo '${JSON.stringify({
            version: 3,
            deployment: { resources: urns.map((urn) => ({ urn })) },
        })}'`,
    });

const application = { name: "by-hand", clientId: "ours", clientSecret: "s", redirectUris: ["http://a.local/"] };

/** A planned resource, and the request with which someone else creates such an object. */
interface Planned {
    readonly provider: AnyProvider;
    readonly type: string;
    readonly args: () => { readonly connection: Connection };
    readonly server: () => CountingProxy;
    /** Unknown before `up`. */
    readonly unknown: object;
    readonly makeStranger: () => Promise<unknown>;
    readonly message: RegExp;
}

const planned = {
    "an OAuth application": {
        provider: oauthApplication,
        type: "openedx:OAuthApplication",
        args: () => ({ connection: connectionTo(servers.lms, lms.baseUrl), ...application }),
        server: () => lms,
        unknown: { clientId: UNKNOWN, clientSecret: UNKNOWN },
        makeStranger: async () =>
            (await AdminBrowser.signIn(servers.lms)).add("oauth2_provider/application", {
                name: "by-hand",
                redirect_uris: "http://x.odl.local/",
                client_type: "public",
                authorization_grant_type: "authorization-code",
            }),
        message: /^OAuth application "by-hand" already exists .*adopt: true/,
    },
    "MITx Online's edx-oauth-app that somebody configured": {
        provider: oauthApplication,
        type: "openedx:OAuthApplication",
        args: () => ({
            connection: connectionTo(servers.mitxonline, mitxonline.baseUrl),
            ...application,
            name: "edx-oauth-app",
            adopt: "untouched",
        }),
        server: () => mitxonline,
        unknown: { clientId: UNKNOWN, clientSecret: UNKNOWN },
        makeStranger: async () => {
            const browser = await AdminBrowser.signIn(servers.mitxonline);
            const [row] = await browser.list("oauth2_provider/application", "name=edx-oauth-app");
            await browser.change("oauth2_provider/application", row?.["id"] ?? "", {
                client_id: "chosen-by-somebody",
                redirect_uris: "http://local.openedx.io:8000/auth/complete/ol-oauth2/",
            });
        },
        message: /^OAuth application "edx-oauth-app" already exists .*adopt: true/,
    },
    "a user": {
        provider: djangoUser,
        type: "openedx:DjangoUser",
        args: () => ({
            connection: connectionTo(servers.lms, lms.baseUrl),
            username: "by-hand",
            owner: "project/stack",
            email: "u@x.org",
            password: "Passw0rd-1",
        }),
        server: () => lms,
        unknown: { password: UNKNOWN },
        makeStranger: async () => {
            const browser = await AdminBrowser.signIn(servers.lms);
            const id = await browser.add("auth/user", {
                username: "by-hand",
                password1: "Passw0rd-2",
                password2: "Passw0rd-2",
            });
            await browser.change("auth/user", id, { email: "somebody@example.org" });
        },
        message: /^User "by-hand" already exists .*adopt: true/,
    },
    "a provider configuration": {
        provider: oauth2ProviderConfig,
        type: "openedx:OAuth2ProviderConfig",
        args: () => ({
            connection: connectionTo(servers.lms, lms.baseUrl),
            name: "C",
            slug: "c",
            clientId: "ours",
            clientSecret: "s",
            site: "example.com",
        }),
        server: () => lms,
        unknown: { clientId: UNKNOWN, clientSecret: UNKNOWN },
        makeStranger: async () => {
            const args = { ...planned["a provider configuration"].args(), clientId: "theirs" };
            await ManagedResource.up(oauth2ProviderConfig, args);
        },
        message: /^An enabled provider configuration for example.com\/ol-oauth2 already exists .*adopt: true/,
    },
} satisfies Record<string, Planned>;

describe.each<[string, Planned]>(Object.entries(planned))("the plan of %s", (_what, of) => {
    const { provider, type, args, server, unknown, makeStranger, message } = of;
    const resource = () => new ManagedResource(provider, args());

    test("creates it if there is none, or none that the stack may not have", async () => {
        await expect(resource().plan(unknown)).resolves.toBe("create");
    });

    test("reports an existing one in the words of up, and changes nothing", async () => {
        await makeStranger();
        const before = server().requests.length;
        await expect(resource().plan(unknown)).rejects.toThrow(message);
        const changes = server()
            .requests.slice(before)
            .filter(({ method, path }) => method === "POST" && !/\/login(_session)?\/$/.test(path));
        expect(changes).toEqual([]);
        await expect(resource().up()).rejects.toThrow(message);
    });

    test("reports nothing if it may be taken over", async () => {
        await expect(resource().plan({ ...unknown, adopt: true })).resolves.toBe("create");
    });

    test("reports nothing if it is the stack's own, which up would replace", async () => {
        await stateHas(`urn:pulumi:test::project::parent$pulumi-nodejs:dynamic/${type}::${plan.name}`);
        await expect(resource().plan(unknown)).resolves.toBe("create");
        await stateHas(`urn:pulumi:test::project::parent$pulumi-nodejs:dynamic/${type}::other`);
        await expect(resource().plan(unknown)).rejects.toThrow(message);
    });

    test("reports nothing if Pulumi can't tell whether it is the stack's own", async () => {
        await commands.make("pulumi", { stack: "exit 1" });
        await expect(resource().plan(unknown)).resolves.toBe("create");
        await commands.make("pulumi", { stack: "echo hello" });
        await expect(resource().plan(unknown)).resolves.toBe("create");
    });

    test("sends no request if nobody can sign in yet", async () => {
        const before = server().requests.length;
        const connection = { ...args().connection, password: UNKNOWN };
        await expect(resource().plan({ connection })).resolves.toBe("create");
        await expect(resource().plan({ connection: UNKNOWN })).resolves.toBe("create");
        expect(server().requests).toHaveLength(before);
    });

    test("sends no request once it is in the state", async () => {
        const made = new ManagedResource(provider, args(), {
            id: "1",
            inputs: args(),
            outputs: args(),
            isPartial: false,
        });
        const before = server().requests.length;
        await expect(made.plan()).resolves.not.toBe("create");
        expect(server().requests).toHaveLength(before);
    });
});

describe("the plan for a server", () => {
    const { provider, args } = planned["an OAuth application"];
    const planAt = (connection: Partial<Connection>) =>
        new ManagedResource(provider, { ...args(), connection: { ...args().connection, ...connection } }).plan();

    test("that is down reports nothing, and does not wait", async () => {
        const closed = createServer().listen(0, "127.0.0.1");
        await once(closed, "listening");
        const { port } = closed.address() as AddressInfo;
        closed.close();
        const start = Date.now();
        await expect(planAt({ baseUrl: `http://local.openedx.io:${port}` })).resolves.toBe("create");
        expect(Date.now() - start).toBeLessThan(1000);
    });

    test("that never answers reports nothing, and waits for it once", async () => {
        const sockets: Socket[] = [];
        const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
        await once(silent, "listening");
        const baseUrl = `http://local.openedx.io:${(silent.address() as AddressInfo).port}`;
        try {
            await impatiently(async () => {
                const start = Date.now();
                await expect(planAt({ baseUrl })).resolves.toBe("create");
                const connections = sockets.length;
                expect(connections).toBeGreaterThan(0);
                await expect(planAt({ baseUrl })).resolves.toBe("create");
                expect(sockets).toHaveLength(connections);
                expect(Date.now() - start).toBeLessThan(3000);
            }, 3);
        } finally {
            for (const socket of sockets) {
                socket.destroy();
            }
            silent.close();
        }
    });

    test("that answers something else reports nothing", async () => {
        lms.fault = ({ path }) => (path.includes("login") ? undefined : { status: 500, body: "Server Error (500)" });
        try {
            await expect(planAt({})).resolves.toBe("create");
        } finally {
            lms.fault = undefined;
        }
    });

    test("that is starting reports nothing, and is not asked again", async () => {
        const starting = await startCountingProxy(servers.lms);
        starting.fault = () => ({ status: 503 });
        await expect(planAt({ baseUrl: starting.baseUrl })).resolves.toBe("create");
        await expect(planAt({ baseUrl: starting.baseUrl })).resolves.toBe("create");
        expect(starting.requests).toHaveLength(1);
        await starting.stop();
    });

    test("that refuses the password reports that, unless the stack starts it and may yet set that password", async () => {
        const wrong = { password: "wrong-password-1" };
        await expect(planAt({ ...wrong, baseUrl: servers.lms.baseUrl })).rejects.toThrow(
            /refused the sign-in .*lmsPassword/,
        );
        await expect(planAt({ ...wrong, baseUrl: servers.lms.baseUrl, startedByStack: true })).resolves.toBe("create");
    });
});
