import { spawnSync } from "node:child_process";
import { basename, dirname, resolve } from "node:path";
import { openEdx } from "./openEdx.ts";
import type { Settings } from "./schema.ts";

/**
 * Asks Docker for the gateway of a Compose project's default network, found by the labels that Compose gives it. It is
 * asked on every run, as a network that is made anew may have another address.
 *
 * @param project - the name of the Compose project, for instance `tutor_dev`.
 * @returns an IP address, or `""` where Docker has no such network, or there is no Docker.
 */
export function askGateway(project: string): string {
    const labels = { "com.docker.compose.project": project, "com.docker.compose.network": "default" };
    const filters = Object.entries(labels).flatMap(([label, value]) => ["--filter", `label=${label}=${value}`]);
    const id = answerOf("docker", ["network", "ls", "--quiet", ...filters]);
    return id === ""
        ? ""
        : answerOf("docker", ["network", "inspect", id, "--format", "{{(index .IPAM.Config 0).Gateway}}"]);
}

/** The name of Open edX's Compose project: Tutor knows, where this program uses it. */
export function openEdxProject({ lmsFrom, tutor }: Pick<Settings, "lmsFrom" | "tutor">): string {
    return lmsFrom === "tutor" ? answerOf(tutor, ["config", "printvalue", "DEV_PROJECT_NAME"]) : openEdx.project;
}

/** The name that Compose gives the project of an application: that of its checkout's folder. */
export function applicationProject(envFile: string): string {
    return basename(dirname(resolve(envFile)))
        .toLowerCase()
        .replaceAll(/[^a-z0-9_-]/g, "")
        .replace(/^[_-]+/, "");
}

/** What a command prints; nothing where it fails or is not there. */
function answerOf(command: string, args: readonly string[]): string {
    const { status, stdout } = spawnSync(command, args, { encoding: "utf8", env: process.env });
    return status === 0 ? stdout.trim() : "";
}
