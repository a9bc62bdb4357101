import { rm } from "node:fs/promises";
import { execa } from "execa";
import { dockerHost } from "../dynamic-providers/docker/docker.ts";
import { SESSIONS_FOLDER } from "../dynamic-providers/openedx/django-admin/savedSessions.ts";
import { PULUMI_COMMAND } from "../dynamic-providers/pulumiCommand.ts";
import { addDockerPlugin } from "./dockerPlugin.ts";
import { endLeftovers, newSessionsFolder } from "./leftovers.ts";
import { commandFor, project, pulumiEnvironment, stackOption } from "./pulumi.ts";
import { removeNeedlessSalts } from "./stackSettings.ts";
import { clearFinishedCreations, protectState } from "./stackState.ts";

/**
 * Runs the Pulumi CLI from the setup in the terminal, and cleans up before and after.
 *
 * @param args - Pulumi's arguments.
 * @returns its exit code.
 */
export async function runPulumi(...args: string[]): Promise<number> {
    const revealing = revealingOptions(args);
    if (revealing.length > 0) {
        console.error(
            `Caution: with ${revealing.join(", ")} Pulumi prints secrets in plain text. Don't share the output.`,
        );
    }
    await endLeftovers(project);
    await protectState();
    await addDockerPlugin(args);
    const sessions = await newSessionsFolder(project);
    const { exitCode = 1 } = await execa("pulumi", args, {
        env: {
            ...(await pulumiEnvironment()),
            ...(await dockerHost()),
            [PULUMI_COMMAND]: commandFor(stackOption(args)),
            [SESSIONS_FOLDER]: sessions,
        },
        reject: false,
        stdio: "inherit",
    });
    await rm(sessions, { recursive: true, force: true });
    await removeNeedlessSalts();
    if (exitCode === 0) {
        await clearFinishedCreations(args);
    }
    await protectState();
    return exitCode;
}

/** The arguments that make Pulumi print secrets in the clear. */
export function revealingOptions(args: readonly string[]): string[] {
    // The letters before -d and -v are flags without a value, as in -yd.
    return args.filter((arg) =>
        /^(--(debug|verbose|logtostderr|logflow)(=.*)?|-[efgry]*(d[efgry]*|v=?\d*))$/.test(arg),
    );
}
