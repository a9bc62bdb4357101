import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { DELETE_UNREACHABLE } from "../../dynamic-providers/crud.ts";
import { down } from "../../sandbox/sandbox.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { impatiently } from "../support/providers.ts";
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
    await expect(impatiently(() => stack.destroy(), 2)).rejects.toThrow(
        "OPENEDX_DELETE_UNREACHABLE=true pulumi destroy",
    );
    process.env[DELETE_UNREACHABLE] = "true";
    cleanUp(() => Reflect.deleteProperty(process.env, DELETE_UNREACHABLE));
    await stack.destroy();

    const { deployment } = JSON.parse(await stack.state()) as { deployment: { resources?: unknown[] } };
    expect(deployment.resources ?? []).toEqual([]);
    expect(existsSync(servers.xpro.envFile)).toBe(false);
});
