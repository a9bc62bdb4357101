import { writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
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
        applicationPassword: mitxonline.password,
        applicationGateway: "127.0.0.1",
        envFile: mitxonline.envFile,
    });
});
afterEach(async () => {
    await stack.remove();
    await servers.stop();
});

test("a variable that .env sets outside the managed block is told by the first preview already", async () => {
    await writeFile(servers.mitxonline.envFile, "DEBUG=1\nOPENEDX_API_CLIENT_ID=by-hand\n");
    await expect(stack.preview()).rejects.toThrow(
        /nothing was changed\.[\s\S]*\.env sets variables that this stack sets[\s\S]*line 2: OPENEDX_API_CLIENT_ID/,
    );
});

test("all mistakes of the configuration are told at once, and secrets are not", async () => {
    await stack.configure({ application: "mitx", tokenLifetimeDays: "soon", lmsPassword: "", colour: "red" });
    await expect(stack.up()).rejects.toThrow(
        /Found 4 mistakes [^;]+; nothing was changed[\s\S]*lmsPassword is not set/,
    );
    const { deployment } = JSON.parse(await stack.state()) as { deployment: { resources?: { type: string }[] } };
    expect((deployment.resources ?? []).filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
});
