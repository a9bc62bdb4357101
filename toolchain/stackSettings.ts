import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { isScalar, parse, parseDocument, visit } from "yaml";
import { z } from "zod";
import { project, projectName } from "./pulumi.ts";

/** The file with a stack's settings: the values by the project's name and key, secrets as objects. */
const fileSchema = z.object({ config: z.record(z.string(), z.unknown()).default({}) });

/**
 * The settings of a stack of the project in this folder, by key, as its file has them. The stack itself does not have to
 * be there yet.
 *
 * @param stack - its name; may have organization and project before it.
 * @returns the values as text, secrets left out; nothing where there is no such file.
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
