import { describe } from "@jest/globals";
import { execa } from "execa";
import { dockerConfig } from "../docker/cliPlugins.ts";

async function isThere(): Promise<boolean> {
    return (await execa("docker", ["compose", "version"], { reject: false })).exitCode === 0;
}

// Use the machine's own Compose, otherwise the one built for the Docker tests.
if (!(await isThere())) {
    process.env["DOCKER_CONFIG"] = dockerConfig;
}

/** `describe` for tests that need Compose but no daemon; skips them if there is no Compose. */
export const describeCompose = (await isThere()) ? describe : describe.skip;
