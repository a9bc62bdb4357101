import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { OAuthApplicationInputs } from "../../../dynamic-providers/openedx/oauthApplication.ts";
import { provider } from "../../../dynamic-providers/openedx/oauthApplication.provider.ts";
import { forgetFormer, notedFormer, type ObjectKey } from "../../../dynamic-providers/formerValues.ts";
import { AdminBrowser, type Changes } from "../../support/adminBrowser.ts";
import { startCountingProxy } from "../../support/countingProxy.ts";
import { checked, connectionTo, impatiently, refreshed } from "../../support/providers.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

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
/** The key of the note with an adopted application's former values. */
const keyOf = ({ connection, clientId }: OAuthApplicationInputs): ObjectKey => ({
    connection,
    path: `/admin/${MODEL}/`,
    mark: clientId,
});
/** A manual change to an application on the LMS. */
const edit = (changes: Changes) => (id: string) => browsers.lms.change(MODEL, id, changes);

describe.each([
    { name: "LMS, django-oauth-toolkit 1.7.1", server: "lms" as const, hashed: false },
    { name: "MITx Online, django-oauth-toolkit 3.1.0", server: "mitxonline" as const, hashed: true },
    { name: "xPro, django-oauth-toolkit 3.2.0", server: "xpro" as const, hashed: true },
])("OAuthApplication on $name", ({ server, hashed }) => {
    const rows = (name: string) => browsers[server].list(MODEL, `name=${name}`);

    test("is created with the handbook's defaults, and leaves no diff", async () => {
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

    test("is taken over and finished if an interrupted run of this stack left it, and not created twice", async () => {
        const inputs = await checked(provider, argsFor(server, "resumed"));
        const first = await provider.create(inputs);
        await browsers[server].change(MODEL, first.id, { redirect_uris: "http://a.odl.local/half" });
        const again = await provider.create(inputs);
        expect(again).toEqual(first);
        expect((await refreshed(provider, again.id, again.outs, inputs)).drifted).toBe(false);
        await expect(rows("resumed")).resolves.toHaveLength(1);
    });

    test("is deleted again if there was nothing to adopt, even after an interrupted run", async () => {
        const inputs = await checked(provider, { ...argsFor(server, "none-before"), adopt: true });
        await provider.create(inputs);
        const resumed = await provider.create(inputs);
        await provider.delete(resumed.id, resumed.outs);
        await expect(rows("none-before")).resolves.toEqual([]);
    });

    test("refuses someone else's application of that name, and says how to take it over", async () => {
        const id = (await provider.create(await checked(provider, argsFor(server, "stranger")))).id;
        const ours = await checked(provider, { ...argsFor(server, "stranger"), clientId: "another" });
        await expect(provider.create(ours)).rejects.toThrow(
            new RegExp(`"stranger" already exists .*${MODEL}/${id}/change/.*adopt: true`),
        );
        await expect(browsers[server].values(MODEL, id)).resolves.toMatchObject({ client_id: "stranger-client" });
    });

    test("adopts one if requested, and restores its former values, including the secret", async () => {
        const id = (await provider.create(await checked(provider, argsFor(server, "adopted")))).id;
        // The servers accept any white space between addresses; people often use a space.
        await browsers[server].change(MODEL, id, { redirect_uris: "http://a.odl.local/  http://b.odl.local/" });
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
        await expect(notedFormer(keyOf(inputs))).resolves.toMatchObject({ clientId: "adopted-client" });
        await provider.delete(id, adopted.outs);
        await expect(notedFormer(keyOf(inputs))).resolves.toBeUndefined();
        const { csrfmiddlewaretoken: _now, ...restored } = await browsers[server].values(MODEL, id);
        const { csrfmiddlewaretoken: _then, ...expected } = former;
        const withoutInitial = (values: Record<string, string>) =>
            Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith("initial-")));
        expect(withoutInitial(restored)).toEqual(withoutInitial(expected));
    });

    test("is changed in place", async () => {
        const application = await ManagedResource.up(provider, argsFor(server, "changed"));
        const news = { redirectUris: ["http://b.odl.local/"], clientSecret: "new-secret", name: "renamed" };
        await expect(application.up(news)).resolves.toEqual(["update"]);
        await expect(application.refresh()).resolves.toBe(false);
        await expect(browsers[server].values(MODEL, application.id)).resolves.toMatchObject({ name: "renamed" });
    });

    test.each([
        ["a redirect URI", { redirect_uris: "http://elsewhere.odl.local/" }],
        ["the client secret", { client_secret: "somebody-elses" }],
        ["an emptied client secret", { client_secret: "" }],
        ["skip authorization", { skip_authorization: null }],
        ["the client id", { client_id: "edited" }],
    ])("detects %s that was changed in the admin, and repairs it", async (what, change) => {
        const args = argsFor(server, `drift-${what.replaceAll(" ", "-")}`);
        const application = await ManagedResource.up(provider, args);
        const { id } = application;
        await browsers[server].change(MODEL, id, change);
        await expect(application.refresh()).resolves.toBe(true);
        // In place: a replacement would delete the application through which the other server's users signed in.
        await expect(application.up()).resolves.toEqual(["update"]);
        await expect(application.refresh()).resolves.toBe(false);
        expect(application.id).toBe(id);
        await expect(browsers[server].values(MODEL, id)).resolves.toMatchObject({ client_id: args.clientId });
    });

    test("is the same one if its server has another name, and another if it does not exist there", async () => {
        const inputs = await checked(provider, argsFor(server, "moved"));
        const { id, outs } = await provider.create(inputs);
        const respelled = {
            ...inputs,
            connection: connectionTo(servers[server], `http://${servers[server].host}:${servers[server].port}/`),
        };
        await expect(provider.diff(id, outs, respelled)).resolves.toEqual({ changes: true, replaces: [] });
        const proxy = await startCountingProxy(servers[server]);
        const renamed = { ...inputs, connection: connectionTo(servers[server], proxy.baseUrl) };
        await expect(provider.diff(id, outs, renamed)).resolves.toEqual({ changes: true, replaces: [] });
        await browsers[server].change(MODEL, id, { client_id: "of-another-server" });
        await expect(provider.diff(id, outs, renamed)).resolves.toEqual({ changes: true, replaces: ["connection"] });
        await proxy.stop();
        await expect(impatiently(() => provider.diff(id, outs, renamed))).rejects.toThrow(/no answer/);
    });

    test("keeps its former values if the answer to its adoption is lost", async () => {
        const id = (await provider.create(await checked(provider, argsFor(server, "lost")))).id;
        const former = await browsers[server].values(MODEL, id);
        const proxy = await startCountingProxy(servers[server]);
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/change/") && n === 1 ? "reset-after-forward" : undefined;
        const inputs = await checked(provider, {
            ...argsFor(server, "lost"),
            connection: connectionTo(servers[server], proxy.baseUrl),
            clientId: "ours-lost",
            adopt: true,
        });
        const adopted = await provider.create(inputs);
        await provider.delete(adopted.id, adopted.outs);
        await proxy.stop();
        await expect(browsers[server].values(MODEL, id)).resolves.toMatchObject({
            client_id: former["client_id"],
            client_secret: former["client_secret"],
        });
    });

    test("detects that it was deleted in the admin; deleting it then is no error", async () => {
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

    test("reports the server's validation errors, by field", async () => {
        await provider.create(await checked(provider, argsFor(server, "first")));
        const inputs = await checked(provider, { ...argsFor(server, "second"), clientId: "first-client" });
        await expect(provider.create(inputs)).rejects.toThrow(/refused by the server: client_id: .*already exists/);
    });
});

describe("OAuthApplication on MITx Online", () => {
    test("adopts the row that the application's migrations create, and never deletes it", async () => {
        const [row] = await browsers.mitxonline.list(MODEL, "name=edx-oauth-app");
        const inputs = await checked(provider, { ...argsFor("mitxonline", "edx-oauth-app"), adopt: true });
        const adopted = await provider.create(inputs);
        expect(adopted.id).toBe(row?.["id"]);
        // As after an interruption between the change and saving the state.
        const resumed = await provider.create(inputs);
        expect(resumed).toEqual(adopted);
        await provider.delete(resumed.id, resumed.outs);
        await expect(browsers.mitxonline.list(MODEL, "name=edx-oauth-app")).resolves.toEqual([row]);
    });

    test("is never deleted if it is unknown whether it was adopted", async () => {
        const inputs = await checked(provider, { ...argsFor("mitxonline", "edx-oauth-app"), adopt: true });
        await provider.create(inputs);
        // As on another machine, whose clone has no note.
        await forgetFormer(keyOf(inputs));
        const resumed = await provider.create(inputs);
        await provider.delete(resumed.id, resumed.outs);
        const values = await browsers.mitxonline.values(MODEL, resumed.id);
        expect(values).toMatchObject({ name: "edx-oauth-app" });
        expect(values["client_id"]).not.toBe(inputs.clientId);
    });

    test("is taken over automatically if it is untouched since a migration created it, but not if it is configured", async () => {
        const [row] = await browsers.mitxonline.list(MODEL, "name=edx-oauth-app");
        const id = row?.["id"] ?? "";
        const migrated = {
            client_id: "Q".repeat(40),
            redirect_uris: "http://x.local:18000/auth/complete/mitxpro-oauth2/",
        };
        await browsers.mitxonline.change(MODEL, id, migrated);
        const args = { ...argsFor("mitxonline", "edx-oauth-app"), clientId: "untouched", adopt: "untouched" as const };
        const taken = await provider.create(await checked(provider, args));
        expect(taken.id).toBe(id);
        await provider.delete(id, taken.outs);
        await browsers.mitxonline.change(MODEL, id, {
            redirect_uris:
                "http://local.openedx.io:8000/auth/complete/ol-oauth2/ http://172.18.0.1:8000/auth/complete/ol-oauth2/",
        });
        await expect(provider.create(await checked(provider, args))).rejects.toThrow(
            /"edx-oauth-app" already exists .*adopt: true/,
        );
        await browsers.mitxonline.change(MODEL, id, {
            redirect_uris: "http://local.openedx.io:8000/auth/complete/ol-oauth2/",
            client_id: "chosen-by-somebody",
        });
        await expect(provider.create(await checked(provider, args))).rejects.toThrow(/already exists/);
    });

    test("warns about another one with its name, because the application fails with two", async () => {
        const inputs = await checked(provider, argsFor("xpro", "twice"));
        const { id, outs } = await provider.create(inputs);
        const other = await browsers.xpro.add(MODEL, {
            name: "twice",
            redirect_uris: "http://x.odl.local/",
            client_type: "public",
            authorization_grant_type: "authorization-code",
        });
        const warn = jest.spyOn(console, "warn").mockReturnValue();
        await provider.read(id, outs);
        expect(warn).toHaveBeenCalledWith(
            expect.stringMatching(
                new RegExp(`Another OAuth application is named "twice": .*/${MODEL}/${other}/change/`),
            ),
        );
        warn.mockRestore();
    });

    test("is an error, and stays in the state, if the server does not delete it", async () => {
        const proxy = await startCountingProxy(servers.lms);
        const inputs = await checked(provider, {
            ...argsFor("lms", "kept"),
            connection: connectionTo(servers.lms, proxy.baseUrl),
        });
        const { id, outs } = await provider.create(inputs);
        const page = await browsers.lms.get(`/admin/${MODEL}/${id}/delete/`);
        // As Django renders it if protected objects refer to the object, also in response to a post: without a form.
        const body = page.data.replace(
            /<form method="post">[\s\S]*<\/form>/,
            "<p>Deleting the application 'kept' would require deleting the following protected related objects:</p>" +
                "<ul><li>Grant: 1</li></ul>",
        );
        expect(body).toContain("protected");
        proxy.fault = ({ path }) => (path.endsWith("/delete/") ? { status: 200, body } : undefined);
        await expect(provider.delete(id, outs)).rejects.toThrow(
            /OAuth application "kept" can't be deleted, because protected objects refer to it: .*\/delete\//,
        );
        await proxy.stop();
    });

    test("restores everything that the server still accepts, and names what it does not", async () => {
        const warn = jest.spyOn(console, "warn").mockReturnValue();
        const proxy = await startCountingProxy(servers.xpro);
        const made = await provider.create(await checked(provider, argsFor("xpro", "unacceptable")));
        const inputs = await checked(provider, {
            ...argsFor("xpro", "unacceptable"),
            clientId: "ours-unacceptable",
            redirectUris: ["http://ours.odl.local/"],
            adopt: true,
        });
        const adopted = await provider.create(inputs);
        const former = { ...argsFor("xpro", "unacceptable"), ...adopted.outs.former, algorithm: "RS256" as const };
        await provider.delete(made.id, { ...adopted.outs, former } as typeof adopted.outs);
        await proxy.stop();
        await expect(browsers.xpro.values(MODEL, made.id)).resolves.toMatchObject({
            client_id: "unacceptable-client",
            algorithm: "",
            redirect_uris: expect.stringContaining("http://a.odl.local/one") as unknown,
        });
        expect(warn).toHaveBeenCalledWith(expect.stringMatching(/RSA.*still have the stack's values: algorithm\./));
        warn.mockRestore();
    });

    test("finds its own among several with the name, and refuses to choose between those of others", async () => {
        const ours = await checked(provider, argsFor("mitxonline", "several"));
        const made = await provider.create(ours);
        await browsers.mitxonline.add(MODEL, {
            name: "several",
            redirect_uris: "http://x.odl.local/",
            client_type: "public",
            authorization_grant_type: "authorization-code",
        });
        await expect(provider.create(ours)).resolves.toEqual(made);
        const inputs = await checked(provider, { ...argsFor("mitxonline", "several"), clientId: "third", adopt: true });
        await expect(provider.create(inputs)).rejects.toThrow(
            /2 OAuth applications are named "several".*\/change\/ \(client id .*\/change\/ \(client id .*config set adopt true/,
        );
    });

    test.each([
        { secret: "the-secret-of-the-client", answer: "invalid_grant", drifted: false },
        { secret: "another-one", answer: "invalid_client", drifted: true },
    ])(
        "asks the token endpoint if a hash is of a kind that can't be compared: $answer",
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

describeLife("openedx:OAuthApplication", {
    provider,
    args: () => argsFor("lms", "lively"),
    inputs: {
        clientId: { to: "other-client", does: "update", byHand: edit({ client_id: "by-hand" }) },
        clientSecret: { to: "another-secret", does: "update", byHand: edit({ client_secret: "by-hand" }) },
        name: { to: "lively-renamed", does: "update", byHand: edit({ name: "by-hand" }) },
        redirectUris: {
            to: ["http://b.odl.local/"],
            does: "update",
            byHand: edit({ redirect_uris: "http://a.odl.local/one" }),
        },
        clientType: { to: "public", does: "update", byHand: edit({ client_type: "public" }) },
        authorizationGrantType: {
            to: "client-credentials",
            does: "update",
            byHand: edit({ authorization_grant_type: "implicit" }),
        },
        skipAuthorization: {
            to: false,
            does: "update",
            byHand: edit({ skip_authorization: null }),
        },
        algorithm: { to: "HS256", does: "update", byHand: edit({ algorithm: "HS256" }) },
        adopt: { to: true, does: "same" },
    },
    loseByHand: (id) => browsers.lms.delete(MODEL, id),
    look: (id) => browsers.lms.look(MODEL, id),
});
