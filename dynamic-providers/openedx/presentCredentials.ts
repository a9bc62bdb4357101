import { z } from "zod";
import { runCommand } from "../command.ts";
import type { Connection } from "./connection.ts";
import { ProviderError } from "../errors.ts";

/** What `pulumi config --json --show-secrets` prints, by full key. */
const configuration = z.record(z.string(), z.looseObject({ value: z.string().optional() }));

const asked = new Map<string, Promise<Record<string, string>>>();

/**
 * Who signs in as the stack's configuration says now, where that is somebody else, or another password, than the state
 * has. Refresh and destroy get the state's, and the engine passes providers the configuration of the last `up`; so Pulumi's
 * command is asked, once a run and only where the server refused.
 *
 * @returns the connection with those credentials, or `undefined` where the configuration says nothing else.
 */
export async function presentConnection(connection: Connection): Promise<Connection | undefined> {
    const { configured } = connection;
    if (configured === undefined) {
        return undefined;
    }
    let values = asked.get(configured.stack);
    if (values === undefined) {
        values = askPulumi(configured.stack);
        asked.set(configured.stack, values);
    }
    const known = await values;
    const username = known[configured.usernameKey] ?? connection.username;
    const password = known[configured.passwordKey] ?? connection.password;
    return username === connection.username && password === connection.password
        ? undefined
        : { ...connection, username, password };
}

/** The stack's configuration by key without the project's name; nothing where Pulumi can't tell. */
async function askPulumi(stack: string): Promise<Record<string, string>> {
    try {
        const output = await runCommand("pulumi", ["config", "--json", "--show-secrets", "--stack", stack]);
        const entries = Object.entries(configuration.parse(JSON.parse(output)));
        return Object.fromEntries(entries.map(([key, { value = "" }]) => [key.slice(key.indexOf(":") + 1), value]));
    } catch (error) {
        if (error instanceof ProviderError || error instanceof SyntaxError || error instanceof z.ZodError) {
            return {};
        }
        throw error;
    }
}
