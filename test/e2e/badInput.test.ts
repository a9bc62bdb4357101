import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

let servers: TestServers<"lms" | "mitxonline">;
let stack: TestStack;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    cleanUp(() => servers.stop());
});
beforeEach(async () => {
    stack = await makeStack(sandboxConfig("mitxonline", servers));
    cleanUp(() => stack.remove());
});

test("the first preview reports a variable that .env sets outside the managed block", async () => {
    await writeFile(servers.mitxonline.envFile, "DEBUG=1\nOPENEDX_API_CLIENT_ID=by-hand\n");
    await expect(stack.preview()).rejects.toThrow(
        /nothing was changed\.[\s\S]*\.env sets variables that this stack sets[\s\S]*line 2: OPENEDX_API_CLIENT_ID/,
    );
});

test("all mistakes of the configuration are reported in one error, without secrets", async () => {
    await stack.configure({ application: "mitx", tokenLifetimeDays: "soon", lmsPassword: "", color: "red" });
    await expect(stack.up()).rejects.toThrow(
        /Found 4 mistakes [^;]+; nothing was changed[\s\S]*lmsPassword is not set/,
    );
    const { deployment } = JSON.parse(await stack.state()) as { deployment: { resources?: { type: string }[] } };
    expect((deployment.resources ?? []).filter(({ type }) => type !== "pulumi:pulumi:Stack")).toEqual([]);
});

test("such a variable is no obstacle to a stack that takes over what exists, and is restored by destroy", async () => {
    const { envFile } = servers.mitxonline;
    const own = "\uFEFFDEBUG=1\r\nOPENEDX_API_CLIENT_ID=by-hand\r\nMAILGUN_KEY=\r\nLAST='no end'";
    await writeFile(envFile, own);
    await writeFile(join(dirname(envFile), "compose.yaml"), "services: {web: {image: web, env_file: .env}}");
    await stack.configure({ adopt: "true" });

    await stack.up();
    // Whoever runs the application is reminded to reload the file.
    expect(stack.transcript()).toContain("Start or reload the application: docker compose up --detach");
    await expect(readFile(envFile, "utf8")).resolves.toMatch(
        /^# taken over by Pulumi: OPENEDX_API_CLIENT_ID=by-hand\r$/m,
    );
    await expect(stack.upRefreshing()).resolves.toStrictEqual({});
    await stack.destroy();
    expect(stack.transcript()).toMatch(/no longer sets [^.]*OPENEDX_API_CLIENT_SECRET/);
    await expect(readFile(envFile, "utf8")).resolves.toBe(own);
});
