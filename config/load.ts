import * as pulumi from "@pulumi/pulumi";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { type Settings, settingsSchema } from "./schema.ts";

/**
 * The configuration of this stack.
 *
 * @throws pulumi.RunError with all mistakes in it.
 */
export function loadSettings(): Settings {
    const namespace = `${pulumi.getProject()}:`;
    const values = Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(namespace))
        .map(([key, value]) => [key.slice(namespace.length), value]);
    return parseSettings(Object.fromEntries(values) as Record<string, string>);
}

/**
 * Checks the values of a stack's configuration, given by key as Pulumi passes them, and adds the defaults.
 *
 * @throws pulumi.RunError that tells each mistake with its key, its value unless secret, what is allowed, and the
 *   command that puts it right.
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
    // A secret without a value is asked for, and so stays out of the shell's history.
    const command = isSecret ? pulumiCommand(`config set --secret ${key}`) : pulumiCommand(`config set ${key} VALUE`);
    return `  ${key}${state}\n    must be ${allowed}\n    ${command}`;
}

function unknownKey(key: string): string {
    const known = Object.keys(settingsSchema.shape).join(", ");
    return `  ${key} is not a key of this project\n    must be one of ${known}\n    ${pulumiCommand(`config rm ${key}`)}`;
}

/** An address may hold a password. */
function withoutUser(value: string): string {
    return JSON.stringify(value.replace(/\/\/.*@/, "//[hidden]@"));
}

function counted(mistakes: number): string {
    return mistakes === 1 ? "a mistake" : `${mistakes} mistakes`;
}
