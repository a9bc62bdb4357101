import { basename, dirname, resolve } from "node:path";
import { execa } from "execa";
import { composeLabels } from "../dynamic-providers/docker.ts";

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
    const id = await answerOf("network", "ls", "--quiet", ...filters);
    return id === "" ? "" : answerOf("network", "inspect", id, "--format", "{{(index .IPAM.Config 0).Gateway}}");
}

/** The name that Compose gives the project of an application: that of its checkout's folder. */
export function applicationProject(envFile: string): string {
    return basename(dirname(resolve(envFile)))
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, "")
        .replace(/^[_-]+/, "");
}

/** What Docker prints; nothing where it fails or is not there. */
async function answerOf(...args: readonly string[]): Promise<string> {
    const { failed, stdout } = await execa("docker", args, { reject: false, stdin: "ignore" });
    return failed ? "" : stdout.trim();
}
