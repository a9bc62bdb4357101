import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa, ExecaError } from "execa";
import writeFileAtomic from "write-file-atomic";
import { parse } from "yaml";
import { z } from "zod";
import { defineProvider } from "./crud.ts";
import { ProviderError } from "./django-admin/errors.ts";
import type { TutorPluginInputs as Inputs, TutorPluginOutputs as Outputs } from "./tutorPlugin.ts";

const schema = z.strictObject({
    tutor: z.string().min(1, "must not be empty"),
    name: z.string().regex(/^[a-z][a-z0-9-]*$/, "must be a plug-in's name: small letters, digits and -"),
    text: z.string().min(1, "must not be empty"),
});

/** The operations of `TutorPlugin`, on files and by the command `tutor`. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    replaceOn: ["name"],
    local: ["tutor"],

    async create(inputs) {
        const [root, plugins] = await Promise.all([
            tutor(inputs, "config", "printroot"),
            tutor(inputs, "plugins", "printroot"),
        ]);
        if (!existsSync(configFile(root))) {
            throw new ProviderError(
                `Tutor has no configuration in ${root} yet. Set Open edX up first: tutor dev launch`,
            );
        }
        const file = join(plugins, `${inputs.name}.py`);
        const found = await readText(file);
        if (found !== undefined && firstLine(found) !== firstLine(inputs.text)) {
            throw new ProviderError(
                `${file} exists already and is not of this stack. Take it away first: ` +
                    `tutor plugins disable ${inputs.name}, then delete the file`,
            );
        }
        await write(file, inputs);
        return { id: file, outs: { ...inputs, root, file } };
    },

    async read(_id, props) {
        const text = await readText(props.file);
        const isEnabled = text !== undefined && (await enabledPlugins(props.root)).includes(props.name);
        return isEnabled ? { ...props, text } : undefined;
    },

    async update(_id, { root, file }, news) {
        await write(file, news);
        return { ...news, root, file };
    },

    async delete(_id, { tutor: command, root, file, name, text }) {
        const found = await readText(file);
        if (found !== undefined && firstLine(found) !== firstLine(text)) {
            return;
        }
        // A folder of Tutor that is gone has nothing to disable; asking Tutor would make a new one.
        if ((await enabledPlugins(root)).includes(name)) {
            await tutor({ tutor: command }, "--root", root, "plugins", "disable", name);
        }
        await rm(file, { force: true });
    },
});

/** Writes the file whole, as a broken plug-in makes every command of Tutor fail; enabling it renders the environment. */
async function write(file: string, { tutor: command, name, text }: Inputs): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, text, { mode: 0o600 });
    await tutor({ tutor: command }, "plugins", "enable", name);
}

/**
 * Runs Tutor.
 * @returns what it printed.
 * @throws ProviderError with its exit code and last lines.
 */
async function tutor({ tutor: command }: Pick<Inputs, "tutor">, ...args: string[]): Promise<string> {
    try {
        return (await execa(command, args, { stdin: "ignore" })).stdout.trim();
    } catch (error) {
        if (!(error instanceof ExecaError)) {
            throw error;
        }
        if (error.code === "ENOENT") {
            throw new ProviderError(
                `The command ${command} is not there. Install Tutor, or set its path: pulumi config set tutor PATH`,
            );
        }
        const lines = `${error.stdout}\n${error.stderr}`.trim().split("\n").slice(-10).join("\n    ");
        throw new ProviderError(
            `${command} ${args.join(" ")} failed (exit code ${String(error.exitCode)}):\n    ${lines}`,
        );
    }
}

/** The names in Tutor's `config.yml`, read directly: starting Tutor takes as long as all else together. */
async function enabledPlugins(root: string): Promise<readonly string[]> {
    const config = parse((await readText(configFile(root))) ?? "") as { PLUGINS?: unknown } | null;
    return Array.isArray(config?.PLUGINS) ? (config.PLUGINS as string[]) : [];
}

function configFile(root: string): string {
    return join(root, "config.yml");
}

async function readText(file: string): Promise<string | undefined> {
    try {
        return await readFile(file, "utf8");
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw new ProviderError(`${file} can't be read: ${(error as Error).message}`);
    }
}

function firstLine(text: string): string {
    return text.split("\n", 1).join("");
}
