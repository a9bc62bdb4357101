/**
 * The environment of the end-to-end tests: a real Docker daemon, real Compose and real Tutor, with the sandbox's servers in
 * the containers. Databases and other services exist but do nothing.
 */
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { execa } from "execa";
import { type TutorRelease, tutorReleases } from "../../config/tutorPlugin.ts";
import { installTutor, tutorCommand } from "../tutor/tutor.ts";
import { dockerConfig, installPlugins } from "./cliPlugins.ts";
import { type Docker, lines, makeImages, restoreTags } from "./images.ts";
import { lockTimeout, takeLock } from "./lock.ts";
import { expectFreePorts } from "./ports.ts";
import { cache } from "./steps.ts";

/** How long {@link prepareDocker} may take in a hook, in milliseconds: it waits for the tests that use the daemon. */
export const preparationTimeout = lockTimeout;

/** Tutor with its own root. */
export interface TutorRoot {
    /** The daemon's variables, `TUTOR_ROOT`, `TUTOR_PLUGINS_ROOT`, and a `PATH` on which `tutor` is this release. */
    readonly env: Readonly<Record<string, string>>;
    /** `TUTOR_ROOT`. */
    readonly root: string;
    /** `TUTOR_PLUGINS_ROOT`: an existing, empty folder. */
    readonly plugins: string;
    /** Runs `tutor`; rejects if it fails. */
    readonly tutor: (...args: readonly string[]) => Promise<{ stdout: string; stderr: string }>;
}

/** A Docker daemon dedicated to the tests, with all images and no containers. */
export interface DockerEnvironment {
    /** The environment variables that point `docker`, `docker compose` and `tutor` to the daemon and the plugins. */
    readonly env: Readonly<Record<string, string>>;
    /**
     * The `tutor` command of a release. It builds the images `openedx` and `openedx-dev` from the sandbox LMS and the patch
     * `openedx-dockerfile-post-python-requirements`; everything else is Tutor's own.
     */
    tutor(release: TutorRelease): string;
    /**
     * A Tutor with its own root, whose LMS is `local.openedx.io`; with `from: "nothing"`, the root doesn't exist yet.
     * {@link release} deletes it.
     */
    tutorRoot(release: TutorRelease, options?: { readonly from?: "configuration" | "nothing" }): Promise<TutorRoot>;
    /**
     * A new copy of an application's checkout, without a `.env`. The folder has the application's name, and so does
     * Compose's project. {@link release} deletes it.
     */
    checkout(name: "mitxonline" | "mitxpro"): Promise<string>;
    /** Runs `docker` and returns its output; rejects if it fails. */
    docker: Docker;
    /** Removes all containers, networks, volumes, and images that don't belong to the environment. */
    reset(): Promise<void>;
    /** Resets, and releases the daemon for the next test. */
    release(): Promise<void>;
}

/**
 * Creates whatever is missing of the CLI plugins, Tutor and the images, and waits until no other test uses the daemon. The
 * caller has the daemon until `release`, or until its process ends.
 *
 * @param options - `checksPorts`: whether the ports that containers publish must be free on this machine, as tests require.
 * @throws Error if the environment variable `TEST_DOCKER_HOST` doesn't name a daemon, something can't be created, or
 *   another process uses the ports.
 */
export async function prepareDocker({ checksPorts = true } = {}): Promise<DockerEnvironment> {
    const host = process.env["TEST_DOCKER_HOST"] ?? "";
    if (host === "") {
        throw new Error("TEST_DOCKER_HOST must be the address of a Docker daemon that belongs to the tests.");
    }
    const restoreFormerValues = await takeLock(host);
    const env = { DOCKER_HOST: host, DOCKER_CONFIG: dockerConfig };
    const docker: Docker = async (...args) => (await execa("docker", args, { env })).stdout;
    const folders: string[] = [];
    const makeFolder = async (prefix: string) => {
        const folder = await mkdtemp(join(tmpdir(), prefix));
        folders.push(folder);
        return folder;
    };
    try {
        const tools = Promise.all([
            installPlugins(env),
            installTutor().then(() => Promise.all(tutorReleases.map(writeCommand))),
        ]);
        const [tags] = await Promise.all([makeImages(docker, env, tools), tools]);
        const reset = async () => {
            const containers = lines(await docker("ps", "--all", "--quiet"));
            if (containers.length > 0) await docker("rm", "--force", "--volumes", ...containers);
            await docker("network", "prune", "--force");
            const volumes = lines(await docker("volume", "ls", "--quiet"));
            if (volumes.length > 0) await docker("volume", "rm", "--force", ...volumes);
            await restoreTags(docker, tags);
        };
        await reset();
        if (checksPorts) {
            await expectFreePorts();
        }
        return {
            env,
            tutor: sandboxTutor,
            tutorRoot: async (release, { from = "configuration" } = {}) => {
                const made = await makeTutorRoot(release, env, await makeFolder("tutor-"));
                if (from === "configuration") {
                    await made.tutor("config", "save", "--set", "LMS_HOST=local.openedx.io");
                }
                return made;
            },
            checkout: async (name) => {
                const folder = join(await makeFolder("checkout-"), name);
                await cp(join(import.meta.dirname, "fixtures", name), folder, { recursive: true });
                return folder;
            },
            docker,
            reset,
            release: async () => {
                await reset();
                await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
                restoreFormerValues();
            },
        };
    } catch (error) {
        restoreFormerValues();
        throw error;
    }
}

async function makeTutorRoot(
    release: TutorRelease,
    dockerEnv: Readonly<Record<string, string>>,
    folder: string,
): Promise<TutorRoot> {
    const [root, plugins] = [join(folder, "root"), join(folder, "plugins")];
    await mkdir(plugins);
    const command = sandboxTutor(release);
    const path = `${dirname(command)}${delimiter}${process.env["PATH"] ?? ""}`;
    const env = { ...dockerEnv, TUTOR_ROOT: root, TUTOR_PLUGINS_ROOT: plugins, PATH: path };
    return { env, root, plugins, tutor: (...args) => execa(command, args, { env }) };
}

function sandboxTutor(release: TutorRelease): string {
    return join(cache, "tutor", release, "tutor");
}

/** The command as a file, to be found on the PATH or called by name. */
async function writeCommand(release: TutorRelease): Promise<void> {
    const file = sandboxTutor(release);
    const python = join(dirname(tutorCommand(release)), "python");
    const program = join(import.meta.dirname, "tutor", "sandbox_tutor.py");
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\nexec '${python}' '${program}' "$@"\n`);
    await chmod(file, 0o755);
}
