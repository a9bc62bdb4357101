import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/openedx/site.provider.ts";
import { AdminBrowser } from "../../support/adminBrowser.ts";
import { checked, connectionTo, refreshed } from "../../support/providers.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

const MODEL = "sites/site";

let servers: TestServers<"lms">;
let browser: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    browser = await AdminBrowser.signIn(servers.lms);
});
afterAll(() => servers.stop());

const inputsFor = (domain: string) =>
    checked(provider, { connection: connectionTo(servers.lms), domain, displayName: "Pulumi project/stack" });
const rows = (domain: string) => browser.list(MODEL, `domain=${domain}`);

describe("Site", () => {
    test("is created if it is missing, and deleted with the stack", async () => {
        const inputs = await inputsFor("new.openedx.io:8000");
        const { id, outs } = await provider.create(inputs);
        await expect(rows("new.openedx.io:8000")).resolves.toMatchObject([{ id, name: "Pulumi project/stack" }]);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
        await provider.delete(id, outs);
        await expect(rows("new.openedx.io:8000")).resolves.toEqual([]);
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });

    test("is used as is if the LMS has it, and retained", async () => {
        const before = await rows("example.com");
        const { id, outs } = await provider.create(await inputsFor("example.com"));
        await provider.delete(id, outs);
        await expect(rows("example.com")).resolves.toEqual(before);
    });

    test("that an interrupted run created is recognized as the stack's own", async () => {
        const inputs = await inputsFor("half.openedx.io");
        const first = await provider.create(inputs);
        await expect(provider.create(inputs)).resolves.toEqual(first);
    });

    test("stays as long as provider configurations refer to it, since these can't be deleted", async () => {
        const { id, outs } = await provider.create(await inputsFor("used.openedx.io"));
        await browser.add("third_party_auth/oauth2providerconfig", {
            name: "x",
            slug: "x",
            backend_name: "ol-oauth2",
            site: id,
            key: "k",
        });
        await provider.delete(id, outs);
        await expect(rows("used.openedx.io")).resolves.toHaveLength(1);
        await expect(provider.create(await inputsFor("used.openedx.io"))).resolves.toMatchObject({ id });
    });

    test("whose domain was changed in the admin is gone: requests no longer find it", async () => {
        const { id, outs } = await provider.create(await inputsFor("moved.openedx.io"));
        await browser.change(MODEL, id, { domain: "elsewhere.openedx.io" });
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
    });

    test("refuses a URL in place of a domain", async () => {
        await expect(inputsFor("http://local.openedx.io:8000")).rejects.toThrow(/domain: must be a host name/);
    });
});

describeLife("openedx:Site", {
    provider,
    args: () => inputsFor("lively.openedx.io"),
    inputs: {
        domain: {
            to: "livelier.openedx.io",
            does: "replace",
            byHand: (id) => browser.delete(MODEL, id),
            repair: "create",
        },
        displayName: { to: "Pulumi project/renamed", does: "update" },
    },
    loseByHand: (id) => browser.delete(MODEL, id),
    look: (id) => browser.look(MODEL, id),
});
