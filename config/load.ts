import * as pulumi from "@pulumi/pulumi";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { type Settings, settingsSchema } from "./schema.ts";

/**
 * This stack's configuration.
 *
 * @throws pulumi.RunError listing every mistake in it.
 */
export function loadSettings(): Settings {
    const namespace = `${pulumi.getProject()}:`;
    const values = Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(namespace))
        .map(([key, value]) => [key.slice(namespace.length), value]);
    return parseSettings(Object.fromEntries(values) as Record<string, string>);
}

/**
 * Validates a stack's configuration values, by key as Pulumi passes them, and fills in the defaults.
 *
 * @throws pulumi.RunError listing each mistake with its key, its value unless secret, what is allowed, and the command that
 *   fixes it.
 */
export function parseSettings(values: Readonly<Record<string, string>>): Settings {
    const { data, error } = settingsSchema.safeParse(values);
    if (data !== undefined) {
        return data;
    }
    const mistakes = error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
            ? issue.keys.map(unknownKey)
            : [wrongValue(issue.path[0] as keyof Settings, values, issue.message)],
    );
    throw new pulumi.RunError(
        [`Found ${counted(mistakes.length)} in the stack's configuration; nothing was changed.`, ...mistakes].join(
            "\n\n",
        ),
    );
}

function wrongValue(key: keyof Settings, values: Readonly<Record<string, string>>, allowed: string): string {
    const isSecret = settingsSchema.shape[key].meta()?.secret === true;
    const value = values[key] ?? "";
    const state = value === "" ? " is not set" : isSecret ? " is wrong" : `: ${withoutUser(value)}`;
    // Without a value the CLI prompts for the secret, which keeps it out of the shell history.
    const command = isSecret ? pulumiCommand(`config set --secret ${key}`) : pulumiCommand(`config set ${key} VALUE`);
    return `  ${key}${state}\n    must be ${allowed}\n    ${command}`;
}

function unknownKey(key: string): string {
    const keys = Object.keys(settingsSchema.shape).join(", ");
    return `  ${key} is not a key of this project\n    must be one of ${keys}\n    ${pulumiCommand(`config rm ${key}`)}`;
}

/** A URL may contain a password. */
function withoutUser(value: string): string {
    return JSON.stringify(value.replace(/\/\/.*@/, "//[hidden]@"));
}

function counted(mistakes: number): string {
    return mistakes === 1 ? "a mistake" : `${mistakes} mistakes`;
}
