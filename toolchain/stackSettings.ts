import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isScalar, parse, parseDocument, visit } from "yaml";
import { z } from "zod";
import { project, projectName } from "./pulumi.ts";

/** A stack's settings file: values by project name and key; secrets are objects. */
const fileSchema = z.object({ config: z.record(z.string(), z.unknown()).default({}) });

/**
 * The settings of one of this project's stacks, by key, as written in its file. The stack itself doesn't have to exist yet.
 *
 * @param stack - its name, optionally with organization and project.
 * @returns the values as strings, without secrets; nothing if there is no such file.
 */
export async function settingsOf(stack: string): Promise<Record<string, string> | undefined> {
    const file = `Pulumi.${basename(stack)}.yaml`;
    if (!existsSync(file)) {
        return undefined;
    }
    const { config } = fileSchema.parse(parse(await readFile(file, "utf8")) ?? {});
    return Object.fromEntries(
        Object.entries(config)
            .filter(([key, value]) => key.startsWith(`${projectName}:`) && typeof value !== "object")
            .map(([key, value]) => [key.slice(projectName.length + 1), String(value)]),
    );
}

/**
 * The CLI adds a new encryption salt to any stack settings that lack one. Settings without secrets don't need it, because
 * the state has its own; without this, a run would change files in the repository.
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

/** The text of a stack's settings without its salt, otherwise unchanged; keeps the salt if a secret needs it. */
export function withoutNeedlessSalt(text: string): string {
    const salts: [start: number, end: number][] = [];
    const secrets: unknown[] = [];
    visit(parseDocument(text), {
        Pair(_, { key, value }) {
            const name = isScalar(key) ? key.value : undefined;
            if (name === "secure") {
                secrets.push(value);
            }
            if (name === "encryptionsalt" && isScalar(key) && isScalar(value) && key.range && value.range) {
                salts.push([key.range[0], value.range[2]]);
            }
        },
    });
    const [salt] = salts;
    return salt === undefined || secrets.length > 0 ? text : text.slice(0, salt[0]) + text.slice(salt[1]);
}
