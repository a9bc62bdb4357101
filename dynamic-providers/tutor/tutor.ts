import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseDocument } from "yaml";
import { z } from "zod";
import { lastAnswer, readJson, runCommand } from "../command.ts";
import { ProviderError } from "../errors.ts";
import { readText } from "../files/files.ts";

/*
 * Tutor's answers and files. Plug-ins and wrappers of Tutor may print lines of their own on standard output, and Tutor
 * prints the commands that it calls: so an answer is the last that can be one.
 */

/** What of the Compose configuration of Tutor's development server is of interest. */
export interface TutorCompose {
    /** The Compose project, for instance `tutor_dev`. */
    readonly project: string;
    /** The name of its default network, for instance `tutor_dev_default`. */
    readonly network: string;
}

const composeConfig = z.object({
    name: z.string(),
    networks: z.object({ default: z.object({ name: z.string() }) }),
});

/** The configuration in Tutor's folder. */
export function configurationIn(root: string): string {
    return join(root, "config.yml");
}

/** Tutor's project root, or with `plugins` the folder of its plug-ins; it may not be there yet. */
export async function tutorFolder(tutor: string, of: "config" | "plugins"): Promise<string> {
    const output = await runCommand(tutor, [of, "printroot"]);
    const folder = folderIn(output);
    if (folder === undefined) {
        throw new ProviderError(`${tutor} ${of} printroot printed no folder: ${output}`);
    }
    return folder;
}

/** The folder that `tutor … printroot` answers with; `undefined` where there is none in its output. */
export function folderIn(output: string): string | undefined {
    const folders = output.split("\n").filter(isAbsolute);
    // Before the first launch it does not exist. With the dot, a file is not taken for one.
    return folders.findLast((path) => existsSync(`${path}/.`)) ?? folders.at(-1);
}

/** The value that `tutor config printvalue` answers with: the last line that looks like one. */
export function valueIn(output: string, pattern: RegExp): string | undefined {
    return lastAnswer(output.split("\n"), (line) => (pattern.test(line) ? line : undefined));
}

/** What Compose says of Tutor's development server. */
export async function askTutorCompose(tutor: string): Promise<TutorCompose> {
    const args = ["dev", "dc", "config", "--format", "json"];
    // Compose's JSON begins and ends with a line of one brace. It holds passwords: no message repeats it.
    const blocks = (await runCommand(tutor, args)).match(/^\{$(?:\n(?!\{$).*)*?\n\}$/gm) ?? [];
    const answer = lastAnswer(blocks, (block) => composeConfig.safeParse(readJson(block)).data);
    if (answer === undefined) {
        throw new ProviderError(`${tutor} ${args.join(" ")} printed no project with a default network.`);
    }
    return { project: answer.name, network: answer.networks.default.name };
}

/**
 * The names of the plug-ins that are enabled, read directly: starting Tutor takes as long as all else together.
 *
 * @throws ProviderError where the file can't be read, as Tutor can't either.
 */
export async function enabledPlugins(root: string): Promise<readonly string[]> {
    const file = configurationIn(root);
    const plugins = (readAsTutorDoes(file, (await readText(file)) ?? "") as { PLUGINS?: unknown } | null)?.PLUGINS;
    return Array.isArray(plugins) ? plugins.filter((name) => typeof name === "string") : [];
}

/** YAML by the rules of PyYAML: version 1.1, merge keys, no unknown tags, and of a key that is there twice the last counts. */
function readAsTutorDoes(file: string, text: string): unknown {
    const document = parseDocument(text, { version: "1.1", uniqueKeys: false });
    const [fault] = [...document.errors, ...document.warnings.filter(({ code }) => code === "TAG_RESOLVE_FAILED")];
    if (fault !== undefined) {
        throw new ProviderError(`Tutor can't read its configuration, ${file}: ${fault.message}`);
    }
    return document.toJS({ maxAliasCount: -1 });
}
