import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { z } from "zod";
import { lastAnswer, readJson, runCommand } from "../command.ts";
import { ProviderError } from "../errors.ts";
import { readText } from "../files/files.ts";

/*
 * Tutor's output and files. Tutor's plugins and wrappers may print lines of their own to standard output, and Tutor prints
 * the commands it runs, so the answer is the last line or block that can be one.
 */

/** The parts of the development server's Compose configuration that are used here. */
export interface TutorCompose {
    /** The Compose project, for instance `tutor_dev`. */
    readonly project: string;
    /** The name of the project's default network, for instance `tutor_dev_default`. */
    readonly network: string;
}

const composeConfig = z.object({
    name: z.string(),
    networks: z.object({ default: z.object({ name: z.string() }) }),
});

/** The configuration file in Tutor's project root. */
export function configurationIn(root: string): string {
    return join(root, "config.yml");
}

/** Tutor's project root or, with `plugins`, its plugins folder; it may not exist yet. */
export async function tutorFolder(tutor: string, of: "config" | "plugins"): Promise<string> {
    const output = await runCommand(tutor, [of, "printroot"]);
    const folder = folderIn(output);
    if (folder === undefined) {
        throw new ProviderError(`${tutor} ${of} printroot printed no folder: ${output}`);
    }
    return folder;
}

/** The folder that `tutor … printroot` prints; `undefined` if its output has none. */
export function folderIn(output: string): string | undefined {
    const folders = output.split("\n").filter(isAbsolute);
    // Before the first launch the folder does not exist. The dot keeps a file from passing for a folder.
    return folders.findLast((path) => existsSync(`${path}/.`)) ?? folders.at(-1);
}

/** The value that `tutor config printvalue` prints: the last line that looks like one. */
export function valueIn(output: string, pattern: RegExp): string | undefined {
    return lastAnswer(output.split("\n"), (line) => (pattern.test(line) ? line : undefined));
}

/** What Compose reports about Tutor's development server. */
export async function detectTutorCompose(tutor: string): Promise<TutorCompose> {
    const args = ["dev", "dc", "config", "--format", "json"];
    // Compose's JSON begins and ends with a line that is a single brace. It holds passwords: no message repeats it.
    const blocks = (await runCommand(tutor, args)).match(/^\{$(?:\n(?!\{$).*)*?\n\}$/gm) ?? [];
    const answer = lastAnswer(blocks, (block) => composeConfig.safeParse(readJson(block)).data);
    if (answer === undefined) {
        throw new ProviderError(`${tutor} ${args.join(" ")} printed no project with a default network.`);
    }
    return { project: answer.name, network: answer.networks.default.name };
}

/**
 * The names of the enabled plugins, read from the file: starting Tutor takes as long as everything else combined.
 *
 * @throws ProviderError if the file can't be read, in which case Tutor can't read it either.
 */
export async function enabledPlugins(root: string): Promise<readonly string[]> {
    const file = configurationIn(root);
    const config = (await readAsTutorDoes(file, (await readText(file)) ?? "")) as { PLUGINS?: unknown } | null;
    const plugins = config?.PLUGINS;
    return Array.isArray(plugins) ? plugins.filter((name) => typeof name === "string") : [];
}

/** YAML by PyYAML's rules: version 1.1, merge keys, no unknown tags; of duplicate keys the last one wins. */
async function readAsTutorDoes(file: string, text: string): Promise<unknown> {
    // Lazy import: every program start would pay for it.
    const { parseDocument } = await import("yaml");
    const document = parseDocument(text, { version: "1.1", uniqueKeys: false });
    const [fault] = [...document.errors, ...document.warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED")];
    if (fault !== undefined) {
        throw new ProviderError(`Tutor can't read its configuration, ${file}: ${fault.message}`);
    }
    return document.toJS({ maxAliasCount: -1 });
}
