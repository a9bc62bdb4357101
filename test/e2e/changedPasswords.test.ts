import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const NEW = "Changed-Passw0rd";

let servers: TestServers<"lms" | "xpro">;
let stack: TestStack;

beforeAll(async () => {
    servers = await startServers(["lms", "xpro"]);
    const { lms, xpro } = servers;
    stack = await makeStack({
        application: "xpro",
        lmsUrl: lms.baseUrl,
        lmsPassword: lms.password,
        lmsGateway: "127.0.0.1",
        applicationUrl: xpro.baseUrl,
        applicationPassword: xpro.password,
        applicationGateway: "127.0.0.1",
        envFile: xpro.envFile,
    });
});
afterAll(async () => {
    await stack.remove();
    await servers.stop();
});

/** As a superuser does who was told to: on the admin's own page. */
async function changePassword(server: keyof Pick<typeof servers, "lms" | "xpro">): Promise<void> {
    const browser = await AdminBrowser.signIn(servers[server]);
    const page = await browser.get("/admin/password_change/");
    const csrfmiddlewaretoken = /name="csrfmiddlewaretoken" value="(\w+)"/g.exec(page.data)?.[1] ?? "";
    const answer = await browser.post(
        "/admin/password_change/",
        new URLSearchParams({
            csrfmiddlewaretoken,
            old_password: servers[server].password,
            new_password1: NEW,
            new_password2: NEW,
        }),
    );
    expect(answer.status).toBe(302);
}

test("superusers whose passwords changed, as the configuration says, are no obstacle to refresh and destroy", async () => {
    await stack.up();
    await changePassword("lms");
    await changePassword("xpro");

    await expect(stack.refresh()).rejects.toThrow(/refused the sign-in/);
    await stack.configure({ lmsPassword: NEW, applicationPassword: NEW });
    await expect(stack.refresh()).resolves.toEqual({});
    // The state still has the old ones.
    await stack.destroy();
    const { deployment } = JSON.parse(await stack.state()) as { deployment: { resources?: unknown[] } };
    expect(deployment.resources ?? []).toEqual([]);
});
