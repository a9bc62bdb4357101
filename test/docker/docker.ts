import { describe } from "@jest/globals";
import { takeLock } from "./lock.ts";

/** The address of a Docker daemon that is dedicated to the tests; never the developer's own. */
const host = process.env["TEST_DOCKER_HOST"] ?? "";

/** `describe` for tests that need the daemon; skips them if there is none. */
export const describeDocker = host === "" ? describe.skip : describe;

/**
 * Points every `docker` call of this process at the tests' daemon, once no other test uses it.
 *
 * @returns a function that releases the daemon.
 */
export async function useDocker(): Promise<() => void> {
    const restoreFormerValues = await takeLock(host);
    process.env["DOCKER_HOST"] = host;
    return restoreFormerValues;
}
