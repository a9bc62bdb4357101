import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { project, stackOf } from "./pulumi.ts";
import { settingsOf } from "./stackSettings.ts";
import { readState } from "./stackState.ts";

/** The Pulumi commands that use plugins. */
const commands = new Set(["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "import", "watch"]);

/**
 * Builds the Docker plugin if it can't be downloaded, once a command needs it: one on a stack that runs an application's
 * containers, or still has some. Takes minutes, once.
 *
 * @param args - Pulumi's arguments.
 */
export async function addDockerPlugin(args: readonly string[]): Promise<void> {
    if (!args.some((arg) => commands.has(arg)) || (await isSetUp())) {
        return;
    }
    const stack = await stackOf(args);
    if (stack !== undefined && (await usesContainers(stack))) {
        // If it fails, it prints the reason; Pulumi then reports the missing plugin.
        const setUp = join(project, "toolchain", "setup.mjs");
        await execa("node", [setUp, "--docker"], {
            reject: false,
            stdin: "ignore",
            stdout: "inherit",
            stderr: "inherit",
        });
    }
}

/** Whether the setup is done with that plugin: it is installed, or the engine can download it. */
async function isSetUp(): Promise<boolean> {
    const stamp = join(project, ".toolchain", "set-up");
    return existsSync(stamp) && (await readFile(stamp, "utf8")).endsWith(" docker");
}

/** Whether a stack runs an application's containers, or has any in its state. */
export async function usesContainers(stack: string): Promise<boolean> {
    const { applicationFrom } = (await settingsOf(stack)) ?? {};
    const resources = (await readState(stack))?.checkpoint.latest?.resources ?? [];
    return applicationFrom === "compose" || resources.some(({ type }) => type.startsWith("docker:"));
}
