import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

let servers: TestServers<"lms" | "mitxonline">;
let stack: TestStack;

beforeEach(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    const { lms, mitxonline } = servers;
    stack = await makeStack({
        application: "mitxonline",
        lmsUrl: lms.baseUrl,
        lmsPassword: lms.password,
        lmsGateway: "127.0.0.1",
        applicationUrl: mitxonline.baseUrl,
        applicationAdminUrl: mitxonline.baseUrl,
        applicationPassword: mitxonline.password,
        applicationGateway: "127.0.0.1",
        envFile: mitxonline.envFile,
    });
});
afterEach(async () => {
    await stack.remove();
    await servers.stop();
});

test.each([
    /random.* created/,
    /DjangoUser service-worker creating/,
    /OAuth2ProviderConfig .* creating/,
    /edx-oauth-app creating/,
])("a run that is killed at %s is finished by the next up, without duplicates and orphans", async (moment) => {
    await stack.upKilledAt(moment);
    await stack.up();
    await expect(stack.preview()).resolves.toEqual({});

    const lms = await AdminBrowser.signIn(servers.lms);
    const count = async (model: string, query = "") => (await lms.list(model, query)).length;
    await expect(count("oauth2_provider/application")).resolves.toBe(1);
    await expect(count("oauth2_provider/accesstoken")).resolves.toBe(1);
    await expect(count("auth/user", "username=mitserviceworker")).resolves.toBe(1);
    await expect(count("third_party_auth/oauth2providerconfig", "show_history=1")).resolves.toBe(2);
    const mitxonline = await AdminBrowser.signIn(servers.mitxonline);
    await expect(mitxonline.list("oauth2_provider/application")).resolves.toHaveLength(1);

    await stack.destroy();
    await expect(count("oauth2_provider/application")).resolves.toBe(0);
    await expect(count("oauth2_provider/accesstoken")).resolves.toBe(0);
    await expect(count("auth/user", "username=mitserviceworker")).resolves.toBe(0);
});
