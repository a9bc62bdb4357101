import { describe } from "@jest/globals";

/** The address of a Docker daemon that belongs to the tests: on no account the developer's own. */
const host = process.env["TEST_DOCKER_HOST"] ?? "";

/** `describe` for tests that need the daemon: they are skipped where there is none. */
export const describeDocker = host === "" ? describe.skip : describe;

/**
 * `describe` for tests that also need the images of `environment.ts`, whose making takes minutes: they are skipped unless
 * `TEST_DOCKER_IMAGES` is set.
 */
export const describeImages = host === "" || !process.env["TEST_DOCKER_IMAGES"] ? describe.skip : describe;

/** Lets every `docker` of this process talk to the daemon of the tests. */
export function useDocker(): void {
    process.env["DOCKER_HOST"] = host;
}
