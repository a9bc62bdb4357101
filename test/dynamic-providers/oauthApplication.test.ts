import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { OAuthApplicationInputs } from "../../dynamic-providers/oauthApplication.ts";
import { provider } from "../../dynamic-providers/oauthApplication.provider.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { startCountingProxy } from "../support/countingProxy.ts";
import { checked, connectionTo, refreshed } from "../support/providers.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";

const MODEL = "oauth2_provider/application";
const serverNames = ["lms", "mitxonline", "xpro"] as const;

let servers: TestServers<(typeof serverNames)[number]>;
const browsers = {} as Record<(typeof serverNames)[number], AdminBrowser>;

beforeAll(async () => {
    servers = await startServers(serverNames);
    for (const application of [servers.mitxonline, servers.xpro]) {
        await writeFile(application.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    }
    for (const name of serverNames) {
        browsers[name] = await AdminBrowser.signIn(servers[name]);
    }
});
afterAll(() => servers.stop());

const argsFor = (server: (typeof serverNames)[number], name: string): Partial<OAuthApplicationInputs> => ({
    connection: connectionTo(servers[server]),
    name,
    clientId: `${name}-client`,
    clientSecret: "the-secret-of-the-client",
    redirectUris: ["http://a.odl.local/one", "http://a.odl.local/two"],
});

describe.each([
    { name: "LMS, django-oauth-toolkit 1.7.1", server: "lms" as const, hashed: false },
    { name: "MITx Online, django-oauth-toolkit 3.1.0", server: "mitxonline" as const, hashed: true },
    { name: "xPro, django-oauth-toolkit 3.2.0", server: "xpro" as const, hashed: true },
])("OAuthApplication on $name", ({ server, hashed }) => {
    const rows = (name: string) => browsers[server].list(MODEL, `name=${name}`);

    test("is created with the handbook's defaults, and then nothing differs", async () => {
        const inputs = await checked(provider, argsFor(server, "fresh"));
        const { id, outs } = await provider.create(inputs);
        const values = await browsers[server].values(MODEL, id);
        expect(values).toMatchObject({
            client_id: "fresh-client",
            name: "fresh",
            client_type: "confidential",
            authorization_grant_type: "authorization-code",
            skip_authorization: "on",
        });
        expect(values["redirect_uris"]?.split(/\s+/)).toEqual(["http://a.odl.local/one", "http://a.odl.local/two"]);
        expect(values["client_secret"] === "the-secret-of-the-client").toBe(!hashed);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("is taken over where an interrupted run of ours left it, finished, and not made twice", async () => {
        const inputs = await checked(provider, argsFor(server, "resumed"));
        const first = await provider.create(inputs);
        await browsers[server].change(MODEL, first.id, { redirect_uris: "http://a.odl.local/half" });
        const again = await provider.create(inputs);
        expect(again).toEqual(first);
        expect((await refreshed(provider, again.id, again.outs, inputs)).drifted).toBe(false);
        await expect(rows("resumed")).resolves.toHaveLength(1);
    });

    test("refuses a stranger's application of that name, and says how to take it over", async () => {
        const id = (await provider.create(await checked(provider, argsFor(server, "stranger")))).id;
        const ours = await checked(provider, { ...argsFor(server, "stranger"), clientId: "another" });
        await expect(provider.create(ours)).rejects.toThrow(
            new RegExp(`"stranger" exists already .*${MODEL}/${id}/change/.*adopt: true`),
        );
        await expect(browsers[server].values(MODEL, id)).resolves.toMatchObject({ client_id: "stranger-client" });
    });

    test("adopts one where asked, and gives it back its former values, the secret too", async () => {
        const id = (await provider.create(await checked(provider, argsFor(server, "adopted")))).id;
        const former = await browsers[server].values(MODEL, id);
        const inputs = await checked(provider, {
            ...argsFor(server, "adopted"),
            clientId: "ours",
            clientSecret: "ours-too",
            redirectUris: ["http://ours.odl.local/"],
            adopt: true,
        });
        const adopted = await provider.create(inputs);
        expect(adopted.id).toBe(id);
        expect((await refreshed(provider, id, adopted.outs, inputs)).drifted).toBe(false);
        await provider.delete(id, adopted.outs);
        const { csrfmiddlewaretoken: _now, ...restored } = await browsers[server].values(MODEL, id);
        const { csrfmiddlewaretoken: _then, ...expected } = former;
        const withoutInitial = (values: Record<string, string>) =>
            Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith("initial-")));
        expect(withoutInitial(restored)).toEqual(withoutInitial(expected));
    });

    test("is changed in place", async () => {
        const inputs = await checked(provider, argsFor(server, "changed"));
        const { id, outs } = await provider.create(inputs);
        const news = { ...inputs, redirectUris: ["http://b.odl.local/"], clientSecret: "new-secret", name: "renamed" };
        await expect(provider.diff(id, outs, news)).resolves.toEqual({ changes: true, replaces: [] });
        const updated = await provider.update(id, outs, news);
        expect((await refreshed(provider, id, updated.outs, news)).drifted).toBe(false);
        await expect(browsers[server].values(MODEL, id)).resolves.toMatchObject({ name: "renamed" });
    });

    test.each([
        ["a redirect URI", { redirect_uris: "http://elsewhere.odl.local/" }],
        ["the client secret", { client_secret: "somebody-elses" }],
        ["an emptied client secret", { client_secret: "" }],
        ["skip authorization", { skip_authorization: null }],
        ["the client id", { client_id: "edited" }],
    ])("sees %s that was changed by hand, and repairs it", async (what, change) => {
        const inputs = await checked(provider, argsFor(server, `drift-${what.replaceAll(" ", "-")}`));
        const { id, outs } = await provider.create(inputs);
        await browsers[server].change(MODEL, id, change);
        const { props, drifted } = await refreshed(provider, id, outs, inputs);
        expect(drifted).toBe(true);
        const repaired = await provider.update(id, props ?? outs, inputs);
        expect((await refreshed(provider, id, repaired.outs, inputs)).drifted).toBe(false);
    });

    test("notices that it was deleted by hand; deleting it then is fine", async () => {
        const { id, outs } = await provider.create(await checked(provider, argsFor(server, "vanished")));
        await browsers[server].delete(MODEL, id);
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });

    test("is deleted", async () => {
        const { id, outs } = await provider.create(await checked(provider, argsFor(server, "deleted")));
        await provider.delete(id, outs);
        await expect(rows("deleted")).resolves.toEqual([]);
    });

    test("passes on what the server finds wrong, by field", async () => {
        await provider.create(await checked(provider, argsFor(server, "first")));
        const inputs = await checked(provider, { ...argsFor(server, "second"), clientId: "first-client" });
        await expect(provider.create(inputs)).rejects.toThrow(/refused by the server: client_id: .*already exists/);
    });
});

describe("OAuthApplication on MITx Online", () => {
    test("adopts the row that the application's migrations make, and never deletes it", async () => {
        const [row] = await browsers.mitxonline.list(MODEL, "name=edx-oauth-app");
        const inputs = await checked(provider, { ...argsFor("mitxonline", "edx-oauth-app"), adopt: true });
        const adopted = await provider.create(inputs);
        expect(adopted.id).toBe(row?.["id"]);
        // As after an interruption between the change and the state's saving: the former values are lost.
        const resumed = await provider.create(inputs);
        await provider.delete(resumed.id, resumed.outs);
        const left = await browsers.mitxonline.list(MODEL, "name=edx-oauth-app");
        expect(left).toHaveLength(1);
        const values = await browsers.mitxonline.values(MODEL, adopted.id);
        expect(values["client_id"]).not.toBe(inputs.clientId);
    });

    test("refuses to choose between several of the name", async () => {
        await provider.create(await checked(provider, argsFor("mitxonline", "several")));
        await browsers.mitxonline.add(MODEL, {
            name: "several",
            redirect_uris: "http://x.odl.local/",
            client_type: "public",
            authorization_grant_type: "authorization-code",
        });
        const inputs = await checked(provider, { ...argsFor("mitxonline", "several"), clientId: "third", adopt: true });
        await expect(provider.create(inputs)).rejects.toThrow(/2 OAuth applications are named "several"/);
    });

    test.each([
        { secret: "the-secret-of-the-client", answer: "invalid_grant", drifted: false },
        { secret: "another-one", answer: "invalid_client", drifted: true },
    ])(
        "asks the token endpoint where a hash is of a kind that can't be compared: $answer",
        async ({ secret, drifted }) => {
            const proxy = await startCountingProxy(servers.mitxonline);
            const connection = connectionTo(servers.mitxonline, proxy.baseUrl);
            const name = `argon-${String(drifted)}`;
            const inputs = await checked(provider, { ...argsFor("mitxonline", name), connection });
            const { id, outs } = await provider.create(inputs);
            const page = await browsers.mitxonline.get(`/admin/${MODEL}/${id}/change/`);
            const body = page.data.replace(/pbkdf2_sha256\$[^"<]+/g, "argon2$argon2id$v=19$m=102400$c2FsdA");
            expect(body).toContain("argon2");
            proxy.fault = ({ method, path }) =>
                method === "GET" && path.endsWith(`/${id}/change/`) ? { status: 200, body } : undefined;
            const known = { ...inputs, clientSecret: secret };
            expect((await refreshed(provider, id, { ...outs, clientSecret: secret }, known)).drifted).toBe(drifted);
            expect(proxy.count("POST", "/oauth2/token/")).toBe(1);
            await proxy.stop();
        },
    );
});
