import { describe } from "@jest/globals";
import { execa } from "execa";
import { dockerConfig } from "../docker/cliPlugins.ts";

async function isThere(): Promise<boolean> {
    return (await execa("docker", ["compose", "version"], { reject: false })).exitCode === 0;
}

// The machine's own Compose, else the one that was built for the tests with Docker.
if (!(await isThere())) {
    process.env["DOCKER_CONFIG"] = dockerConfig;
}

/** `describe` for tests that need Compose, but no daemon: they are skipped where there is none. */
export const describeCompose = (await isThere()) ? describe : describe.skip;
