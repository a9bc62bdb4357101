import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { execa } from "execa";

/** The project's folder. */
export const project = join(import.meta.dirname, "..");

/** The project's name in Pulumi. */
export const projectName = "openedx-mit-integration";

const home = join(project, ".toolchain", "pulumi");

const cli = createRequire(import.meta.url)("pulumi/package.json") as { version: string };

/**
 * The environment for every Pulumi run in this project: its own home, CLI and passphrase, and no prompts. The setup has
 * already removed the shell's own `PULUMI_*` variables.
 */
export async function pulumiEnvironment(): Promise<Record<string, string>> {
    return {
        // The CLI's own folder comes first: the npm package would only start another Node.js that calls it.
        PATH: [
            join(home, "versions", cli.version, "bin"),
            join(project, "node_modules", ".bin"),
            process.env["PATH"] ?? "",
        ].join(delimiter),
        PULUMI_HOME: home,
        PULUMI_CONFIG_PASSPHRASE_FILE: join(project, ".pulumi-passphrase"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
        // The program reports all configuration mistakes at once; the engine would stop at the first.
        PULUMI_OPTION_SKIP_CONFIG_VALIDATION: "true",
        // The engine would spend a long time trying to download what it can't reach.
        ...((await notDownloaded()).length > 0 && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    };
}

/** How users of this project call Pulumi, for `PULUMI_COMMAND`. */
export function commandFor(stack: string | undefined): string {
    return ["npm run pulumi -- ARGUMENTS", ...(stack === undefined ? [] : ["--stack", stack])].join(" ");
}

/** The stack named in Pulumi's arguments, if any. */
export function stackOption(args: readonly string[]): string | undefined {
    const { stack } = parseArgs({
        args: [...args],
        strict: false,
        options: { stack: { type: "string", short: "s" } },
    }).values;
    return typeof stack === "string" ? stack : undefined;
}

/** The stack Pulumi's arguments refer to: the one they name, otherwise the selected one, if any. */
export async function stackOf(args: readonly string[]): Promise<string | undefined> {
    const named = stackOption(args);
    if (named !== undefined) {
        return named;
    }
    const { failed, stdout } = await askPulumi("stack", "--show-name");
    return failed ? undefined : stdout;
}

/** Calls the Pulumi CLI without a terminal. */
export async function askPulumi(...args: string[]): Promise<{ failed: boolean; stdout: string; stderr: string }> {
    return execa("pulumi", args, { env: await pulumiEnvironment(), reject: false, stdin: "ignore" });
}

/** Prints one line naming the plugins that aren't the published ones, if any. */
export async function announceStandIns(): Promise<void> {
    const plugins = await notDownloaded();
    const named = (marker: Marker) => plugins.filter((plugin) => plugin.marker === marker).map(({ name }) => name);
    const standIns = named("STAND-IN").join(", ");
    const built = named("BUILT-HERE").join(", ");
    const parts = [standIns && `stand-ins for ${standIns}`, built && `${built} built from source`].filter(Boolean);
    if (parts.length > 0) {
        console.error(`Plugins that can't be downloaded here: ${parts.join("; ")}.`);
    }
}

/** The file the setup uses to mark a plugin it installed instead of the published one. */
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
