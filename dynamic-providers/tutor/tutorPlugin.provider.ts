import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { runCommand } from "../command.ts";
import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { readText } from "../files/files.ts";
import { pulumiCommand } from "../pulumiCommand.ts";
import { configurationIn, enabledPlugins, tutorFolder } from "./tutor.ts";
import { deleteTutorBackup, restoreTutorConfigurations, backUpTutorConfiguration } from "./tutorConfiguration.ts";
import { tutorPlugin, type TutorPluginInputs as Inputs, type TutorPluginOutputs as Outputs } from "./tutorPlugin.ts";

/** The operations of `TutorPlugin`, on files and through the `tutor` command. */
export const provider = defineProvider<Inputs, Outputs>(tutorPlugin, {
    async create(inputs) {
        const [root, plugins] = await Promise.all([
            tutorFolder(inputs.tutor, "config"),
            tutorFolder(inputs.tutor, "plugins"),
        ]);
        if (!existsSync(configurationIn(root))) {
            throw new ProviderError(
                `Tutor has no configuration in ${root} yet. Set Open edX up first: tutor dev launch, or let this stack ` +
                    `do it: ${pulumiCommand("config set lmsLaunch true")}`,
            );
        }
        const file = join(plugins, `${inputs.name}.py`);
        const existing = await readText(file);
        if (existing !== undefined && firstLine(existing) !== firstLine(inputs.text)) {
            throw new ProviderError(
                `${file} already exists and does not belong to this stack. Remove it first: ` +
                    `tutor plugins disable ${inputs.name}, then delete the file`,
            );
        }
        await write(root, file, inputs);
        return { id: file, outs: { ...inputs, root, file } };
    },

    async read(_id, props) {
        const text = await readText(props.file);
        const isEnabled = text !== undefined && (await enabledPlugins(props.root)).includes(props.name);
        return isEnabled ? { ...props, text } : undefined;
    },

    async update(_id, { root, file }, news) {
        await write(root, file, news);
        return { ...news, root, file };
    },

    async delete(_id, { tutor, root, file, name, text }) {
        const existing = await readText(file);
        if (existing !== undefined && firstLine(existing) !== firstLine(text)) {
            return;
        }
        await restoreTutorConfigurations();
        // If Tutor's project root is gone, there is nothing to disable, and running Tutor would create a new one.
        if ((await enabledPlugins(root)).includes(name)) {
            await backUpTutorConfiguration(configurationIn(root));
            await runCommand(tutor, ["--root", root, "plugins", "disable", name]);
        }
        await rm(file, { force: true });
        await deleteTutorBackup(configurationIn(root));
    },
});

/**
 * Writes the file atomically, since a broken plugin makes every Tutor command fail; enabling it renders the environment.
 */
async function write(root: string, file: string, { tutor, name, text }: Inputs): Promise<void> {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, text, { mode: 0o600 });
    await backUpTutorConfiguration(configurationIn(root));
    await runCommand(tutor, ["plugins", "enable", name]);
}

function firstLine(text: string): string {
    return text.split("\n", 1).join("");
}
