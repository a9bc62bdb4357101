/** What a plan reports about servers that are already running. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { type CountingProxy, startCountingProxy } from "../support/countingProxy.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const APPLICATIONS = "oauth2_provider/application";

let servers: TestServers<"lms" | "mitxonline">;
let mitxonline: CountingProxy;
let stack: TestStack;
let envFile: string;
let browser: AdminBrowser;
let id: string;
let migrated: Readonly<Record<string, string>>;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    cleanUp(() => servers.stop());
    // The application starts from its own file, because it needs a client ID.
    await writeFile(servers.mitxonline.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    envFile = join(servers.stateDirectory, "planned.env");
    mitxonline = await startCountingProxy(servers.mitxonline);
    cleanUp(() => mitxonline.stop());
    stack = await makeStack({
        ...sandboxConfig("mitxonline", servers),
        applicationAdminUrl: mitxonline.baseUrl,
        envFile,
    });
    cleanUp(() => stack.remove());
    browser = await AdminBrowser.signIn(servers.mitxonline);
    const [row] = await browser.list(APPLICATIONS, "name=edx-oauth-app");
    id = row?.["id"] ?? "";
    migrated = await browser.values(APPLICATIONS, id);
});

const values = async () => ({ ...(await browser.values(APPLICATIONS, id)), csrfmiddlewaretoken: "" });
const edit = (values: Readonly<Record<string, string>>) => browser.change(APPLICATIONS, id, { ...values });

test("the plan passes on a new MITx Online, whose migrations created edx-oauth-app", async () => {
    await expect(stack.preview()).resolves.toMatchObject({ create: expect.any(Number) });
});

test("the plan reports that somebody configured edx-oauth-app, and how to take it over, and changes nothing", async () => {
    await edit({ client_id: "by-hand", redirect_uris: "http://local.openedx.io:8000/auth/complete/ol-oauth2/" });
    const before = await values();
    // Pulumi hides the sandbox's passwords, "edx" and "admin", in whatever it prints.
    await expect(stack.preview()).rejects.toThrow(
        new RegExp(
            `-oauth-app" already exists and was not created by this stack: \\S+/${APPLICATIONS}/${id}/change/.*adopt: true`,
        ),
    );
    await expect(values()).resolves.toEqual(before);
    expect(existsSync(envFile)).toBe(false);
    await stack.configure({ adopt: "true" });
    await expect(stack.preview()).resolves.toMatchObject({ create: expect.any(Number) });
    await stack.configure({ adopt: "false" });
});

test("the plan passes while the server is down", async () => {
    mitxonline.pause();
    await expect(stack.preview()).resolves.toMatchObject({ create: expect.any(Number) });
    await mitxonline.resume();
});

test("the plan of a replacement passes, with another client id: edx-oauth-app is the stack's own by then", async () => {
    await edit({ client_id: migrated["client_id"] ?? "", redirect_uris: migrated["redirect_uris"] ?? "" });
    await stack.up();
    const before = mitxonline.requests.length;
    await expect(stack.preview()).resolves.toEqual({});
    expect(mitxonline.requests).toHaveLength(before);
    await expect(stack.preview("--replace", "**")).resolves.toMatchObject({ replace: expect.any(Number) });
});
