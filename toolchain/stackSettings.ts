import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isScalar, parseDocument, visit } from "yaml";
import { askPulumi, project, projectName } from "./pulumi.ts";

/**
 * The settings of a stack, by key. Secrets are left out.
 *
 * @throws Error with Pulumi's own words.
 */
export async function settingsOf(stack: string): Promise<Record<string, string | undefined>> {
    const { failed, stdout, stderr } = await askPulumi("config", "--json", "--stack", stack);
    if (failed) {
        throw new Error(stderr);
    }
    const config = JSON.parse(stdout) as Record<string, { value?: string }>;
    return Object.fromEntries(
        Object.entries(config).map(([key, { value }]) => [key.replace(`${projectName}:`, ""), value]),
    );
}

/**
 * The CLI writes a new encryption salt into every stack's settings that lack one. Where these hold no secret nothing
 * needs it, as the state has its own; so that a run changes no file that belongs to the repository.
 */
export async function removeNeedlessSalts(): Promise<void> {
    const settings = (await readdir(project)).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
    for (const file of settings.map((name) => join(project, name))) {
        const text = await readFile(file, "utf8");
        const without = withoutNeedlessSalt(text);
        if (without !== text) {
            await writeFile(file, without);
        }
    }
}

/** The text of a stack's settings without its salt, all else as it stands; with it where a secret needs it. */
export function withoutNeedlessSalt(text: string): string {
    let salt: readonly [number, number] | undefined;
    let hasSecret = false;
    visit(parseDocument(text), {
        Pair(_, { key, value }) {
            const name = isScalar(key) ? key.value : undefined;
            hasSecret ||= name === "secure";
            if (name === "encryptionsalt" && isScalar(key) && isScalar(value) && key.range && value.range) {
                salt = [key.range[0], value.range[2]];
            }
        },
    });
    return salt === undefined || hasSecret ? text : text.slice(0, salt[0]) + text.slice(salt[1]);
}
