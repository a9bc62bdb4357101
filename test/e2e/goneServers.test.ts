import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { DELETE_UNREACHABLE } from "../../dynamic-providers/crud.ts";
import { TIMEOUT_SECONDS } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { down } from "../../sandbox/sandbox.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

let servers: TestServers<"lms" | "xpro">;
let stack: TestStack;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    servers = await startServers(["lms", "xpro"]);
    cleanUp(() => servers.stop());
    stack = await makeStack(sandboxConfig("xpro", servers));
    cleanUp(() => stack.remove());
});

test("destroy stops at a server that is gone, says how to continue, and then leaves nothing behind", async () => {
    await stack.up();
    await down({ stateDirectory: servers.stateDirectory, servers: ["lms"] });

    // With fewer retries.
    process.env[TIMEOUT_SECONDS] = "2";
    await expect(stack.destroy()).rejects.toThrow("OPENEDX_DELETE_UNREACHABLE=true pulumi destroy");
    Reflect.deleteProperty(process.env, TIMEOUT_SECONDS);
    process.env[DELETE_UNREACHABLE] = "true";
    cleanUp(() => Reflect.deleteProperty(process.env, DELETE_UNREACHABLE));
    await stack.destroy();

    const { deployment } = JSON.parse(await stack.state()) as { deployment: { resources?: unknown[] } };
    expect(deployment.resources ?? []).toEqual([]);
    expect(existsSync(servers.xpro.envFile)).toBe(false);
});
