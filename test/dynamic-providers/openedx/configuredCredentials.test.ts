import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { configuredConnection } from "../../../dynamic-providers/openedx/configuredCredentials.ts";
import { type FakeCommands, fakeCommands } from "../../support/fakeCommands.ts";

let commands: FakeCommands;

beforeAll(async () => {
    commands = await fakeCommands();
});
afterAll(() => commands.remove());

const connectionOf = (stack: string) => ({
    kind: "openedx" as const,
    baseUrl: "http://local.openedx.io:8000",
    username: "edx@example.org",
    password: "old",
    configured: { stack, usernameKey: "lmsUsername", passwordKey: "lmsPassword" },
});
const command = (stack: string) => `config --json --show-secrets --stack ${stack}`;

/** Makes the `pulumi` command print a configuration. */
async function configure(stack: string, values: Readonly<Record<string, string>>): Promise<void> {
    const entries = Object.entries(values).map(([key, value]) => [`openedx-mit-integration:${key}`, { value }]);
    await commands.make("pulumi", { [command(stack)]: `echo '${JSON.stringify(Object.fromEntries(entries))}'` });
}

describe("configuredConnection", () => {
    test("has the configured credentials, and reads the configuration once", async () => {
        await configure("changed", { lmsUsername: "ada@example.org", lmsPassword: "new", other: "x" });
        const before = (await commands.calls("pulumi")).length;
        const connection = connectionOf("changed");
        const [one, other] = await Promise.all([configuredConnection(connection), configuredConnection(connection)]);
        expect(one).toEqual({ ...connection, username: "ada@example.org", password: "new" });
        expect(other).toEqual(one);
        expect(await commands.calls("pulumi")).toHaveLength(before + 1);
    });

    test("is undefined if the configuration has the same credentials, or none", async () => {
        await configure("same", { lmsPassword: "old" });
        await expect(configuredConnection(connectionOf("same"))).resolves.toBeUndefined();
        const { configured: _configured, ...made } = connectionOf("same");
        await expect(configuredConnection(made)).resolves.toBeUndefined();
    });

    test.each([
        ["fails", "exit 1"],
        ["prints something else", "echo hello"],
    ])("is undefined if Pulumi's command %s", async (stack, action) => {
        const name = stack.replaceAll(" ", "-");
        await commands.make("pulumi", { [command(name)]: action });
        await expect(configuredConnection(connectionOf(name))).resolves.toBeUndefined();
    });
});
