import { z } from "zod";
import { answerOf, readJson } from "../command.ts";
import type { Connection } from "./connection.ts";

/** The output of `pulumi config --json --show-secrets`, by full key. */
const configuration = z.record(z.string(), z.looseObject({ value: z.string().optional() }));

const asked = new Map<string, Promise<Record<string, string>>>();

/**
 * The connection with the credentials in the stack's current configuration, if they differ from the state's. Refresh and
 * destroy use the state's, and the engine passes providers the configuration of the last `up`, so this runs the `pulumi`
 * command, once per run and only if the server refused the state's credentials.
 *
 * @returns the connection with those credentials, or `undefined` if the configuration says nothing else.
 */
export async function configuredConnection(connection: Connection): Promise<Connection | undefined> {
    const { configured } = connection;
    if (configured === undefined) {
        return undefined;
    }
    let values = asked.get(configured.stack);
    if (values === undefined) {
        values = askPulumi(configured.stack);
        asked.set(configured.stack, values);
    }
    const current = await values;
    const username = current[configured.usernameKey] ?? connection.username;
    const password = current[configured.passwordKey] ?? connection.password;
    return username === connection.username && password === connection.password
        ? undefined
        : { ...connection, username, password };
}

/** The stack's configuration by key, without the project name; empty if Pulumi can't read it. */
async function askPulumi(stack: string): Promise<Record<string, string>> {
    const { failed, stdout } = await answerOf("pulumi", ["config", "--json", "--show-secrets", "--stack", stack]);
    const { data = {} } = configuration.safeParse(failed ? undefined : readJson(stdout));
    return Object.fromEntries(
        Object.entries(data).map(([key, { value = "" }]) => [key.slice(key.indexOf(":") + 1), value]),
    );
}
