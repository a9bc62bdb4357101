/**
 * Where end-to-end tests meet a real Docker daemon, real Compose and real Tutor; the servers in the containers are the
 * sandbox's. Databases and other services are there and do nothing.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { type Server, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import pRetry from "p-retry";
import type { TutorRelease } from "../../config/tutorPlugin.ts";
import { installTutor, tutorCommand } from "../tutor/tutor.ts";
import { dockerConfig, installCompose } from "./compose.ts";
import { type Docker, lines, makeImages, restoreTags } from "./images.ts";

/** How long {@link prepareDocker} may take in a hook, in milliseconds: it waits for the tests that have the daemon. */
export const preparationTimeout = 1_800_000;

/** A Docker daemon that belongs to the tests, with all images in it and no containers. */
export interface DockerEnvironment {
    /** Environment variables by which `docker`, `docker compose` and `tutor` find the daemon and Compose. */
    readonly env: Readonly<Record<string, string>>;
    /** The folder with the command `tutor` of a release. */
    tutor(release: TutorRelease): string;
    /**
     * A fresh copy of an application's checkout: `docker-compose.yml`, its override and `.env.example`. The name of the
     * folder is that of the application, and so Compose's project. It is gone after {@link release}.
     */
    checkout(name: "mitxonline" | "mitxpro"): Promise<string>;
    /** Calls `docker` and gives what it prints; rejects where it fails. */
    docker: Docker;
    /** Removes all containers, networks, volumes, and images that are not the environment's own. */
    reset(): Promise<void>;
    /** Resets, and lets the next test have the daemon. */
    release(): Promise<void>;
}

/**
 * Makes what is missing of Compose, Tutor and the images, and waits until no other test has the daemon. Whoever calls it
 * has the daemon until `release`, or until the end of its process.
 *
 * @throws Error where the environment variable `TEST_DOCKER_HOST` does not name a daemon, or something can't be made.
 */
export async function prepareDocker(): Promise<DockerEnvironment> {
    const host = process.env["TEST_DOCKER_HOST"] ?? "";
    if (host === "") {
        throw new Error("TEST_DOCKER_HOST must be the address of a Docker daemon that belongs to the tests.");
    }
    const lock = await takeLock(host);
    // Compose builds by the classic builder as well: it needs nothing that would have to be downloaded.
    const env = { DOCKER_HOST: host, DOCKER_CONFIG: dockerConfig, DOCKER_BUILDKIT: "0" };
    const docker: Docker = async (...args) => (await execa("docker", args, { env })).stdout;
    const checkouts: string[] = [];
    try {
        await Promise.all([installCompose(env), installTutor()]);
        const tags = await makeImages(docker);
        const reset = async () => {
            const containers = lines(await docker("ps", "--all", "--quiet"));
            if (containers.length > 0) await docker("rm", "--force", "--volumes", ...containers);
            await docker("network", "prune", "--force");
            const volumes = lines(await docker("volume", "ls", "--quiet"));
            if (volumes.length > 0) await docker("volume", "rm", "--force", ...volumes);
            await restoreTags(docker, tags);
        };
        await reset();
        return {
            env,
            tutor: (release) => dirname(tutorCommand(release)),
            checkout: async (name) => {
                const parent = await mkdtemp(join(tmpdir(), "checkout-"));
                checkouts.push(parent);
                await cp(join(import.meta.dirname, "fixtures", name), join(parent, name), { recursive: true });
                return join(parent, name);
            },
            docker,
            reset,
            release: async () => {
                await reset();
                await Promise.all(checkouts.map((folder) => rm(folder, { recursive: true, force: true })));
                lock.close();
            },
        };
    } catch (error) {
        lock.close();
        throw error;
    }
}

/** Listens on a name that only one process can have, and that the system takes back at the process's end. */
function takeLock(host: string): Promise<Server> {
    const name = `\0openedx-mit-test-${createHash("sha256").update(host).digest("hex")}`;
    return pRetry(
        async () => {
            const server = createServer().listen(name);
            await once(server, "listening");
            return server.unref();
        },
        { retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 200, maxRetryTime: preparationTimeout },
    );
}
