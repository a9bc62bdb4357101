import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { cleanUpIn } from "../support/cleanUp.ts";
import { runScript, startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const NEW = "Changed-Passw0rd";

let servers: TestServers<"lms" | "xpro">;
let stack: TestStack;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    servers = await startServers(["lms", "xpro"]);
    cleanUp(() => servers.stop());
    stack = await makeStack(sandboxConfig("xpro", servers));
    cleanUp(() => stack.remove());
});

/** As an operator does, in Django's shell: the LMS has no page for it. */
async function changePassword(server: "lms" | "xpro"): Promise<void> {
    const { username } = servers[server];
    await runScript(
        servers[server],
        "from django.contrib.auth import get_user_model\n" +
            `user = get_user_model().objects.get(username="${username}")\n` +
            `user.set_password("${NEW}")\nuser.save()`,
    );
}

test("refresh and destroy work after the superusers' passwords changed on the servers and in the configuration", async () => {
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
