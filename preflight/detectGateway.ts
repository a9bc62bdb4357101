import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import { composeLabels, findNetwork, tryDocker, withLabels } from "../dynamic-providers/docker/docker.ts";

/**
 * Asks Docker for the gateway of a Compose project's default network, found by Compose's labels. Asks on every run, because
 * a recreated network may have another address.
 *
 * @param project - the Compose project's name, e.g. `tutor_dev`.
 * @returns an IP address, or `""` if there is no such network or no Docker.
 */
export async function detectGateway(project: string): Promise<string> {
    const labels = { [composeLabels.project]: project, [composeLabels.network]: "default" };
    const { failed, stdout: id } = await tryDocker(["network", "ls", "--quiet", ...withLabels(labels)]);
    return failed || id === "" ? "" : ((await findNetwork(id))?.gateway ?? "");
}

const named = z.object({ name: z.string() });

/**
 * The name of the Compose project in an application's checkout. It may be set in the shell, `.env` or the Compose file, so
 * this asks Compose and falls back to the folder's name.
 */
export async function detectComposeProjectName(envFile: string): Promise<string> {
    const folder = dirname(resolve(envFile));
    const config = ["compose", "--project-directory", folder, "config", "--no-interpolate", "--format", "json"];
    const { failed, stdout } = await tryDocker(config, { cwd: folder });
    return failed ? folderProject(folder) : named.parse(JSON.parse(stdout)).name;
}

function folderProject(folder: string): string {
    return basename(folder)
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, "")
        .replace(/^[_-]+/, "");
}
