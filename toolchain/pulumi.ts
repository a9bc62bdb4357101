import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { PULUMI_COMMAND } from "../dynamic-providers/pulumiCommand.ts";

/** The project's folder. */
export const project = join(import.meta.dirname, "..");

const home = join(project, ".toolchain", "pulumi");

/** The environment of every run of Pulumi for this project: its own home, CLI and passphrase, and no questions. */
export async function pulumiEnvironment(): Promise<Record<string, string>> {
    return {
        PATH: join(project, "node_modules", ".bin") + delimiter + (process.env["PATH"] ?? ""),
        PULUMI_HOME: home,
        PULUMI_CONFIG_PASSPHRASE_FILE:
            process.env["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? join(project, ".pulumi-passphrase"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // The program reports all mistakes of the configuration at once; the engine would stop at the first.
        PULUMI_OPTION_SKIP_CONFIG_VALIDATION: "true",
        // The engine would try, at length, to download what it can't reach from here.
        ...((await notDownloaded()).length > 0 && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    };
}

/**
 * Runs the Pulumi CLI that the set-up found, on the terminal.
 * @returns its exit code.
 */
export async function runPulumi(...args: string[]): Promise<number> {
    const { exitCode } = await execa("pulumi", args, {
        env: { ...(await pulumiEnvironment()), [PULUMI_COMMAND]: commandWith(stackOption(args)) },
        reject: false,
        stdio: "inherit",
    });
    await removeNeedlessSalts();
    return exitCode ?? 1;
}

/** How the user calls Pulumi, for the commands that messages name. */
function commandWith(stack: string | undefined): string {
    return ["npm run pulumi -- ARGUMENTS", ...(stack === undefined ? [] : ["--stack", stack])].join(" ");
}

/** The stack that the arguments of Pulumi name, where they name one. */
function stackOption(args: readonly string[]): string | undefined {
    const { stack } = parseArgs({
        args: [...args],
        strict: false,
        options: { stack: { type: "string", short: "s" } },
    }).values;
    return typeof stack === "string" ? stack : undefined;
}

/** Says in one line which plug-ins are not the published ones; says nothing where all are. */
export async function announceStandIns(): Promise<void> {
    const plugins = await notDownloaded();
    const named = (marker: Marker) => plugins.filter((plugin) => plugin.marker === marker).map(({ name }) => name);
    const standIns = named("STAND-IN").join(", ");
    const built = named("BUILT-HERE").join(", ");
    const parts = [standIns && `stand-ins for ${standIns}`, built && `${built} built from source`].filter(Boolean);
    if (parts.length > 0) {
        console.error(`Plug-ins that can't be downloaded here: ${parts.join("; ")}.`);
    }
}

/** The file by which the set-up marks a plug-in that it put in place of the published one. */
type Marker = "STAND-IN" | "BUILT-HERE";

async function notDownloaded(): Promise<{ name: string; marker: Marker }[]> {
    const plugins = join(home, "plugins");
    const folders = existsSync(plugins) ? await readdir(plugins) : [];
    const markers: Marker[] = ["STAND-IN", "BUILT-HERE"];
    return folders.flatMap((folder) =>
        markers
            .filter((marker) => existsSync(join(plugins, folder, marker)))
            .map((marker) => ({ name: folder.replace(/^resource-(.*)-v[\d.]+$/, "$1"), marker })),
    );
}

/**
 * The CLI writes a new encryption salt into every stack's settings that lack one. Where these hold no secret nothing
 * needs it, as the state has its own; so that a run changes no file that belongs to the repository.
 */
async function removeNeedlessSalts(): Promise<void> {
    const settings = (await readdir(project)).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
    for (const file of settings.map((name) => join(project, name))) {
        const text = await readFile(file, "utf8");
        const without = text.replace(/^encryptionsalt: .*\n/m, "");
        if (without !== text && !/^\s+secure: /m.test(text)) {
            await writeFile(file, without);
        }
    }
}
