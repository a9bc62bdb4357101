import { basename, dirname, resolve } from "node:path";
import { answerOf } from "../dynamic-providers/command.ts";
import { composeLabels, findNetwork } from "../dynamic-providers/docker.ts";

/**
 * Asks Docker for the gateway of a Compose project's default network, found by the labels that Compose gives it. It is
 * asked on every run, as a network that is made anew may have another address.
 *
 * @param project - the name of the Compose project, for instance `tutor_dev`.
 * @returns an IP address, or `""` where Docker has no such network, or there is no Docker.
 */
export async function askGateway(project: string): Promise<string> {
    const labels = { [composeLabels.project]: project, [composeLabels.network]: "default" };
    const filters = Object.entries(labels).flatMap(([label, value]) => ["--filter", `label=${label}=${value}`]);
    const list = ["network", "ls", "--quiet", ...filters];
    const { failed, stdout: id } = await answerOf("docker", list);
    return failed || id === "" ? "" : ((await findNetwork(id))?.gateway ?? "");
}

/** The name that Compose gives the project of an application: that of its checkout's folder. */
export function applicationProject(envFile: string): string {
    return basename(dirname(resolve(envFile)))
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, "")
        .replace(/^[_-]+/, "");
}
