import { describe } from "@jest/globals";
import { takeLock } from "./lock.ts";

/** The address of a Docker daemon that belongs to the tests: on no account the developer's own. */
const host = process.env["TEST_DOCKER_HOST"] ?? "";

/** `describe` for tests that need the daemon: they are skipped where there is none. */
export const describeDocker = host === "" ? describe.skip : describe;

/**
 * Lets every `docker` of this process talk to the daemon of the tests, as soon as no other test has it.
 * @returns what gives the daemon back.
 */
export async function useDocker(): Promise<() => void> {
    const restoreFormerValues = await takeLock(host);
    process.env["DOCKER_HOST"] = host;
    return restoreFormerValues;
}
