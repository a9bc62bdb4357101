import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { project, stackOf } from "./pulumi.ts";
import { settingsOf } from "./stackSettings.ts";
import { readState } from "./stackState.ts";

/** Pulumi's commands that call plug-ins. */
const commands = new Set(["up", "update", "preview", "pre", "refresh", "destroy", "down", "dn", "import", "watch"]);

/**
 * Has the plug-in for containers built where it can't be downloaded, as soon as a command needs it: one on a stack that
 * runs an application's containers, or still has some. That takes minutes, once.
 *
 * @param args - Pulumi's arguments.
 */
export async function addDockerPlugin(args: readonly string[]): Promise<void> {
    if (!args.some((arg) => commands.has(arg)) || (await isSetUp())) {
        return;
    }
    const stack = await stackOf(args);
    if (stack !== undefined && (await usesContainers(stack))) {
        // Where it fails it has said why; Pulumi then says what it lacks.
        const setUp = join(project, "toolchain", "setup.mjs");
        await execa("node", [setUp, "--docker"], {
            reject: false,
            stdin: "ignore",
            stdout: "inherit",
            stderr: "inherit",
        });
    }
}

/** Whether the set-up has nothing more to do for that plug-in: it is there, or the engine can download it. */
async function isSetUp(): Promise<boolean> {
    const stamp = join(project, ".toolchain", "set-up");
    return existsSync(stamp) && (await readFile(stamp, "utf8")).endsWith(" docker");
}

/** Whether a stack runs an application's containers, or has some in its state. */
export async function usesContainers(stack: string): Promise<boolean> {
    const { applicationFrom } = (await settingsOf(stack)) ?? {};
    const resources = (await readState(stack))?.checkpoint.latest?.resources ?? [];
    return applicationFrom === "compose" || resources.some(({ type }) => type.startsWith("docker:"));
}
