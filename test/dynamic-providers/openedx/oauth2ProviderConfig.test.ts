import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { OAuth2ProviderConfigInputs } from "../../../dynamic-providers/openedx/oauth2ProviderConfig.ts";
import { provider } from "../../../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import { provider as siteProvider } from "../../../dynamic-providers/openedx/site.provider.ts";
import { endSessions, runSql } from "../../faults/servers.ts";
import { AdminBrowser } from "../../support/adminBrowser.ts";
import { startCountingProxy, type CountingProxy, type Fault } from "../../support/countingProxy.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { checked, connectionTo, refreshed } from "../../support/providers.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

const MODEL = "third_party_auth/oauth2providerconfig";
const PROVIDER_CACHE = "/api/mfe_context";

let servers: TestServers<"lms">;
let browser: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    browser = await AdminBrowser.signIn(servers.lms);
});
afterAll(() => servers.stop());

/** Inputs for the test's own site. */
async function inputsFor(site: string, more: Partial<OAuth2ProviderConfigInputs> = {}) {
    const connection = connectionTo(servers.lms);
    await siteProvider.create(await checked(siteProvider, { connection, domain: site, displayName: "Test" }));
    return checked(provider, {
        connection,
        site,
        name: "Login with MIT App",
        slug: "ol-oauth2",
        clientId: "edx-oauth-client",
        clientSecret: 'quotes " & <tags>',
        otherSettings: { API_ROOT: "http://172.18.0.1:8013/", DISCOVERY_URL: "http://172.18.0.1:8013/x" },
        skipHintedLoginDialog: true,
        skipRegistrationForm: true,
        skipEmailVerification: true,
        syncLearnerProfileData: true,
        enableSsoIdVerification: true,
        ...more,
    });
}

/** All rows of a site, the oldest first. */
async function history(site: string) {
    const rows = await browser.list(MODEL, "show_history=1");
    return rows.filter((row) => row["site"] === site).sort((one, other) => Number(one["id"]) - Number(other["id"]));
}
const newest = async (site: string) => (await history(site)).at(-1);
/** The values of a row, as shown by the page that adds a copy of it. */
const values = async (id: string) =>
    (await browser.form(`/admin/${MODEL}/add/?source=${id}`, "oauth2providerconfig_form")).values;

/** Saves another version manually. */
async function edit(site: string, changes: Record<string, string | null>) {
    await browser.add(MODEL, changes, `source=${(await newest(site))?.["id"] ?? ""}`);
}

describe("OAuth2ProviderConfig", () => {
    test("is added with every value of the handbook, and leaves no diff", async () => {
        const inputs = await inputsFor("created.io:8000");
        const { id, outs } = await provider.create(inputs);
        expect(id).toBe("created.io:8000/ol-oauth2");
        expect(outs.providerId).toBe("oa2-ol-oauth2");
        const row = await values(outs.rowId);
        expect(row).toMatchObject({
            enabled: "on",
            name: "Login with MIT App",
            slug: "ol-oauth2",
            skip_hinted_login_dialog: "on",
            skip_registration_form: "on",
            skip_email_verification: "on",
            sync_learner_profile_data: "on",
            enable_sso_id_verification: "on",
            backend_name: "ol-oauth2",
            key: "edx-oauth-client",
            secret: 'quotes " & <tags>',
        });
        expect(row).not.toHaveProperty("visible");
        expect(JSON.parse(row["other_settings"] ?? "")).toEqual(inputs.otherSettings);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("refreshes the LMS's list of providers", async () => {
        const site = `local.openedx.io:${servers.lms.port}`;
        const inputs = await inputsFor(site);
        const listed = async () => (await browser.get("/api/mfe_context?tpa_hint=oa2-ol-oauth2")).data;
        expect(await listed()).not.toContain("oa2-ol-oauth2");
        const { id, outs } = await provider.create(inputs);
        expect(await listed()).toContain("oa2-ol-oauth2");
        await provider.delete(id, outs);
        expect(await listed()).not.toContain("oa2-ol-oauth2");
    });

    test.each<[what: string, method: string, page: RegExp, fault: () => Fault]>([
        ["the answer to the form was lost", "POST", /providerconfig\/add\/$/, () => "reset-after-forward"],
        [
            "the session ends at that request",
            "GET",
            /mfe_context/,
            () => {
                endSessions(servers.lms);
                return undefined;
            },
        ],
    ])("refreshes it even if %s", async (_what, method, page, fault) => {
        const proxy = await startCountingProxy(servers.lms);
        const listed = async () => {
            const { data } = await new AdminBrowser(proxy.baseUrl).get(`${PROVIDER_CACHE}?tpa_hint=oa2-ol-oauth2`);
            return data;
        };
        // The LMS caches the names of all backends that have ever had a row.
        runSql(servers.lms, "DELETE FROM third_party_auth_oauth2providerconfig");
        await rm(join(servers.lms.stateDirectory, "cache"), { recursive: true, force: true });
        expect(await listed()).not.toContain("oa2-ol-oauth2");
        const inputs = await inputsFor(new URL(proxy.baseUrl).host, {
            connection: connectionTo(servers.lms, proxy.baseUrl),
        });
        proxy.fault = (request) => {
            if (request.method !== method || !page.test(request.path)) {
                return undefined;
            }
            proxy.fault = undefined;
            return fault();
        };
        // As the next run does it.
        await provider.create(inputs).catch(() => provider.create(inputs));
        expect(await listed()).toContain("oa2-ol-oauth2");
        await proxy.stop();
        browser = await AdminBrowser.signIn(servers.lms);
    });

    test("adds no row if nothing differs, even after an interrupted run", async () => {
        const inputs = await inputsFor("resumed.io");
        const first = await provider.create(inputs);
        await expect(provider.create(inputs)).resolves.toEqual(first);
        await expect(provider.update(first.id, first.outs, inputs)).resolves.toEqual({ outs: first.outs });
        await expect(history("resumed.io")).resolves.toHaveLength(1);
    });

    test("adds one row for a change, filled in from the newest", async () => {
        const configuration = await ManagedResource.up(provider, await inputsFor("changed.io"));
        await edit("changed.io", { icon_class: "fa-university" });
        const otherSettings = { API_ROOT: "http://172.19.0.1:8013/" };
        await expect(configuration.up({ otherSettings }, { refresh: true })).resolves.toEqual(["update"]);
        await expect(history("changed.io")).resolves.toHaveLength(3);
        await expect(values(configuration.outputs.rowId)).resolves.toMatchObject({ icon_class: "fa-university" });
        await expect(configuration.refresh()).resolves.toBe(false);
    });

    test("detects what was changed in the admin, and repairs it with one row", async () => {
        const warn = jest.spyOn(console, "warn").mockReturnValue();
        const configuration = await ManagedResource.up(provider, await inputsFor("drifted.io"));
        await edit("drifted.io", { skip_email_verification: null, other_settings: "{}", secret: "another" });
        await expect(configuration.refresh()).resolves.toBe(true);
        expect(configuration.outputs).toMatchObject({
            skipEmailVerification: false,
            otherSettings: {},
            clientSecret: "another",
        });
        await expect(configuration.up()).resolves.toEqual(["update"]);
        await expect(configuration.refresh()).resolves.toBe(false);
        warn.mockRestore();
        await expect(history("drifted.io")).resolves.toHaveLength(3);
    });

    test.each(["reset-after-forward", "cut"] as const)(
        "adds one row for a change and one to disable it, whichever answer is lost on the way: %s",
        async (fault) => {
            const proxy = await startCountingProxy(servers.lms);
            const site = `${fault}.io`;
            const inputs = await inputsFor(site, { connection: connectionTo(servers.lms, proxy.baseUrl) });
            const { id, outs } = await provider.create(inputs);
            proxy.fault = ({ method }, n) => (method === "POST" && n === 2 ? fault : undefined);
            const { outs: updated } = await provider.update(id, outs, { ...inputs, name: "Changed" });
            await expect(history(site)).resolves.toHaveLength(2);
            proxy.fault = ({ method }, n) => (method === "POST" && n === 3 ? fault : undefined);
            await provider.delete(id, updated);
            await proxy.stop();
            await expect(history(site)).resolves.toHaveLength(3);
            await expect(newest(site)).resolves.toMatchObject({ enabled: "False", name: "Changed" });
        },
    );

    test("adds no row if the state lacks the newest, as after a run that was killed", async () => {
        const inputs = await inputsFor("killed.io");
        const { id, outs } = await provider.create(inputs);
        const news = { ...inputs, name: "Changed" };
        const { outs: changed } = await provider.update(id, outs, news);
        await expect(provider.update(id, outs, news)).resolves.toEqual({ outs: changed });
        await expect(history("killed.io")).resolves.toHaveLength(2);
        await provider.delete(id, changed);
        await provider.delete(id, outs);
        await expect(history("killed.io")).resolves.toHaveLength(3);
    });

    describe("the request that refreshes the list of providers", () => {
        let proxy: CountingProxy;
        let warn: jest.SpiedFunction<typeof console.warn>;
        beforeEach(async () => {
            proxy = await startCountingProxy(servers.lms);
            warn = jest.spyOn(console, "warn").mockReturnValue();
        });
        afterEach(async () => {
            jest.restoreAllMocks();
            await proxy.stop();
        });
        const createBehind = async (site: string) =>
            provider.create(await inputsFor(site, { connection: connectionTo(servers.lms, proxy.baseUrl) }));

        test("waits while another configuration is being saved, whose former row it would put back into the cache", async () => {
            const order: string[] = [];
            const refresh = new AbortController();
            proxy.fault = async ({ method, path }, n) => {
                if (path === PROVIDER_CACHE) {
                    order.push("refresh");
                    refresh.abort();
                } else if (method === "POST" && path.endsWith("oauth2providerconfig/add/") && n === 2) {
                    // The other one is saved: its refresh would come now.
                    await sleep(500, undefined, { signal: refresh.signal }).catch(() => undefined);
                    order.push("save");
                }
                return undefined;
            };
            const both = await Promise.all(["turn.io", "other-turn.io"].map((site) => createBehind(site)));
            expect(order).toEqual(["save", "refresh", "refresh"]);
            expect(both).toHaveLength(2);
        });

        test("is repeated after an error 500 that the session's pending messages don't explain", async () => {
            let failures = 0;
            proxy.fault = ({ path }) =>
                path === PROVIDER_CACHE && failures++ === 0 ? { status: 500, body: "Server Error (500)" } : undefined;
            const site = new URL(proxy.baseUrl).host;
            await createBehind(site);
            const visitor = new AdminBrowser(proxy.baseUrl);
            expect((await visitor.get(`${PROVIDER_CACHE}?tpa_hint=oa2-ol-oauth2`)).data).toContain("oa2-ol-oauth2");
            expect(warn).not.toHaveBeenCalled();
        });

        test("is not repeated if the pending messages explain the error 500", async () => {
            const asked: string[] = [];
            proxy.fault = ({ path }) => {
                asked.push(path);
                return undefined;
            };
            await createBehind("pending-messages.io");
            expect(asked.filter((path) => path === PROVIDER_CACHE)).toHaveLength(1);
            expect(warn).not.toHaveBeenCalled();
        });

        test.each([
            "reset",
            "cut",
            { status: 404, body: "Not found" },
            { status: 500, body: "Server Error (500)" },
        ] as const)("adds no second row and is no error if it fails: %j", async (fault) => {
            const site = `fails-${JSON.stringify(fault).replaceAll(/\W+/g, "-")}.io`;
            proxy.fault = ({ path }) => (path === PROVIDER_CACHE ? fault : undefined);
            await createBehind(site);
            await expect(history(site)).resolves.toHaveLength(1);
            expect(warn).toHaveBeenCalledWith(
                expect.stringMatching(/mfe_context.* may offer its former sign-in providers for up to ten minutes/),
            );
        });
    });

    test("treats one that was disabled in the admin as gone, and enables it again", async () => {
        const inputs = await inputsFor("disabled.io");
        const { id, outs } = await provider.create(inputs);
        await edit("disabled.io", { enabled: null });
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await provider.create(inputs);
        await expect(newest("disabled.io")).resolves.toMatchObject({ enabled: "True" });
    });

    test("delete adds a disabled row, from which the next create continues", async () => {
        const inputs = await inputsFor("deleted.io");
        const { id, outs } = await provider.create(inputs);
        await provider.delete(id, outs);
        await expect(newest("deleted.io")).resolves.toMatchObject({ enabled: "False" });
        const again = await provider.create({ ...inputs, clientId: "another-stack" });
        expect(again.outs.formerRowId).toBeNull();
    });

    test("refuses someone else's enabled one, and says how to take it over", async () => {
        await provider.create(await inputsFor("stranger.io"));
        const ours = await inputsFor("stranger.io", { clientId: "ours" });
        await expect(provider.create(ours)).rejects.toThrow(
            /provider configuration for stranger\.io\/ol-oauth2 already exists .*adopt: true/,
        );
        await expect(history("stranger.io")).resolves.toHaveLength(1);
    });

    test("adopts one if requested, and restores its former values", async () => {
        const former = await provider.create(await inputsFor("adopted.io", { name: "Former" }));
        const { id, outs } = await provider.create(await inputsFor("adopted.io", { clientId: "ours", adopt: true }));
        await provider.delete(id, outs);
        const last = await newest("adopted.io");
        expect(last).toMatchObject({ enabled: "True", name: "Former" });
        const { csrfmiddlewaretoken: _one, ...restored } = await values(last?.["id"] ?? "");
        const { csrfmiddlewaretoken: _other, ...before } = await values(former.outs.rowId);
        expect(restored).toEqual(before);
    });

    test("restores its former values when adopted, even if the answer was lost or the run was repeated", async () => {
        await provider.create(await inputsFor("lost.io", { name: "Former" }));
        const proxy = await startCountingProxy(servers.lms);
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/add/") && n === 1 ? "reset-after-forward" : undefined;
        const inputs = {
            ...(await inputsFor("lost.io", { clientId: "ours", adopt: true })),
            connection: connectionTo(servers.lms, proxy.baseUrl),
        };
        const adopted = await provider.create(inputs);
        const resumed = await provider.create(inputs);
        expect(resumed).toEqual(adopted);
        await expect(history("lost.io")).resolves.toHaveLength(2);
        await provider.delete(resumed.id, resumed.outs);
        await expect(newest("lost.io")).resolves.toMatchObject({ enabled: "True", name: "Former" });
        // If a run is killed before it saves the state, the next one deletes again.
        await provider.delete(resumed.id, resumed.outs);
        await proxy.stop();
        await expect(history("lost.io")).resolves.toHaveLength(3);
    });

    test("detects a row whose other settings a script left as invalid JSON", async () => {
        const inputs = await inputsFor("script.io");
        const { id, outs } = await provider.create(inputs);
        const proxy = await startCountingProxy(servers.lms);
        const known = { ...inputs, connection: connectionTo(servers.lms, proxy.baseUrl) };
        const page = await browser.get(`/admin/${MODEL}/add/?source=${outs.rowId}`);
        const body = page.data.replace(
            /(name="other_settings"[^>]*>)[\s\S]*?<\/textarea>/,
            "$1API_ROOT = none</textarea>",
        );
        expect(body).toContain("API_ROOT = none");
        proxy.fault = ({ method, url }) =>
            method === "GET" && url.includes("source=") ? { status: 200, body } : undefined;
        const truth = await provider.read(id, { ...outs, connection: known.connection, rowId: "0" });
        await expect(provider.diff(id, truth.props ?? outs, known)).resolves.toEqual({ changes: true, replaces: [] });
        await proxy.stop();
    });

    test("is the same one if the LMS has another name", async () => {
        const inputs = await inputsFor("moved.io");
        const { id, outs } = await provider.create(inputs);
        const proxy = await startCountingProxy(servers.lms);
        const news = { ...inputs, connection: connectionTo(servers.lms, proxy.baseUrl) };
        await expect(provider.diff(id, outs, news)).resolves.toEqual({ changes: true, replaces: [] });
        await edit("moved.io", { key: "of-another-stack" });
        await expect(provider.diff(id, outs, news)).resolves.toEqual({ changes: true, replaces: ["connection"] });
        await proxy.stop();
    });

    test("says what is wrong if the LMS lacks the site or the backend", async () => {
        const inputs = await inputsFor("known.io");
        await expect(provider.create({ ...inputs, site: "unknown.io" })).rejects.toThrow(
            /offers no site "unknown\.io".*known\.io.*Create the site first/,
        );
        await expect(provider.create({ ...inputs, backendName: "saml" })).rejects.toThrow(
            /offers no backend_name "saml".*ol-oauth2.*AUTHENTICATION_BACKENDS/,
        );
    });

    test("is gone with its site", async () => {
        const inputs = await inputsFor("lost.io");
        const { id, outs } = await provider.create(inputs);
        const [site] = await browser.list("sites/site", "domain=lost.io");
        await browser.change("sites/site", site?.["id"] ?? "", { domain: "renamed.io" });
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });
});

const editing = (changes: Record<string, string | null>) => (id: string) => edit(siteIn(id), changes);
const siteIn = (id: string) => id.split("/", 1).join();

describeLife("openedx:OAuth2ProviderConfig", {
    provider,
    args: async () => {
        await inputsFor("livelier.io");
        return inputsFor("lively.io");
    },
    inputs: {
        site: { to: "livelier.io", does: "replace" },
        backendName: { to: "google-oauth2", does: "replace" },
        name: { to: "Another button", does: "update", byHand: editing({ name: "by hand" }) },
        slug: { to: "other", does: "update", byHand: editing({ slug: "by-hand" }) },
        clientId: { to: "other-client", does: "update", byHand: editing({ key: "by-hand" }) },
        clientSecret: { to: "", does: "update", byHand: editing({ secret: "by hand" }) },
        otherSettings: { to: {}, does: "update", byHand: editing({ other_settings: '{"API_ROOT": "by hand"}' }) },
        skipHintedLoginDialog: {
            to: false,
            does: "update",
            byHand: editing({ skip_hinted_login_dialog: null }),
        },
        skipRegistrationForm: { to: false, does: "update", byHand: editing({ skip_registration_form: null }) },
        skipEmailVerification: { to: false, does: "update", byHand: editing({ skip_email_verification: null }) },
        syncLearnerProfileData: { to: false, does: "update", byHand: editing({ sync_learner_profile_data: null }) },
        enableSsoIdVerification: { to: false, does: "update", byHand: editing({ enable_sso_id_verification: null }) },
        adopt: { to: true, does: "same" },
    },
    loseByHand: editing({ enabled: null }),
    async look(id) {
        const row = await newest(siteIn(id));
        if (row?.["enabled"] !== "True") {
            return undefined;
        }
        const all = Object.entries(await values(row["id"] ?? ""));
        return Object.fromEntries(all.filter(([name]) => name !== "csrfmiddlewaretoken"));
    },
});
