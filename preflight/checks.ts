import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { BlockList, createServer, isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { lastLines } from "../dynamic-providers/command.ts";
import {
    dockerEndpoint,
    networkSubnets,
    publisherOf,
    subnetOf,
    tryDocker,
} from "../dynamic-providers/docker/docker.ts";
import { lookup } from "../dynamic-providers/openedx/django-admin/lookup.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { Fault } from "./faults.ts";

/** The oldest Compose that writes environment files the way this program reads them. */
const COMPOSE_AT_LEAST = "2.24";
/** Where Pulumi's Docker provider looks for the daemon by default. */
const DEFAULT_DAEMON = process.platform === "win32" ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";
/** What Open edX's images and databases need, according to Tutor's documentation. */
const DISK_AT_LEAST_GB = 8;

/** @throws Fault if Docker or Compose can't be used. */
export async function checkDocker(): Promise<void> {
    const [server, compose] = await Promise.all([
        tryDocker(["version", "--format", "{{.Server.Version}}"]),
        tryDocker(["compose", "version", "--short"]),
    ]);
    if (server.failed) {
        throw new Fault(
            `Docker can't be used: ${server.code === "ENOENT" ? "command not found: docker" : lastLines(server)}`,
            "install it (https://docs.docker.com/engine/install/) or start it; `docker info` must succeed",
        );
    }
    const version = compose.stdout.replace(/^v/, "");
    if (compose.failed || version.localeCompare(COMPOSE_AT_LEAST, "en", { numeric: true }) < 0) {
        throw new Fault(
            `docker compose is ${compose.failed ? "not installed" : version}; ${COMPOSE_AT_LEAST} or newer is required`,
            "install or update the plugin: https://docs.docker.com/compose/install/",
        );
    }
}

/**
 * The `@pulumi/docker` provider ignores Docker CLI contexts, which everything else here uses.
 *
 * @throws Fault if the provider would use another daemon.
 */
export async function checkDaemon(): Promise<void> {
    if ((process.env["DOCKER_HOST"] ?? "") !== "") {
        return;
    }
    const endpoint = await dockerEndpoint();
    const host = new pulumi.Config("docker").get("host") ?? DEFAULT_DAEMON;
    const idAt = (daemon: string) => tryDocker(["--host", daemon, "info", "--format", "{{.ID}}"]);
    if (endpoint === host) {
        return;
    }
    // One daemon may have several addresses.
    const [ours, theirs] = await Promise.all([idAt(endpoint), idAt(host)]);
    // A daemon that isn't running is reported by another check.
    if (!ours.failed && theirs.stdout !== ours.stdout) {
        throw new Fault(
            `Docker's current context uses ${endpoint}, but Pulumi's Docker provider uses ${host}`,
            `export DOCKER_HOST=${endpoint}, or run Pulumi with npm run pulumi, which sets it`,
        );
    }
}

/**
 * @throws Fault if the disk is too full to build an image. Storage that Docker has elsewhere (macOS, Windows) isn't checked.
 */
export async function checkDisk(): Promise<void> {
    const { stdout: folder } = await tryDocker(["info", "--format", "{{.DockerRootDir}}"]);
    if (folder !== "" && existsSync(folder)) {
        const { bavail, bsize } = await statfs(folder);
        const free = Math.floor((bavail * bsize) / 1e9);
        if (free < DISK_AT_LEAST_GB) {
            throw new Fault(
                `${folder} has ${free} GB of free disk space; Open edX needs ${DISK_AT_LEAST_GB}`,
                "free some space, for example with docker system prune",
            );
        }
    }
}

/**
 * @param project - the Compose project that may already use the port.
 * @throws Fault if another program uses it, or another project's container.
 */
export async function checkPort(port: number, project: string): Promise<void> {
    if (await isFree(port)) {
        return;
    }
    const publisher = await publisherOf(port);
    if (publisher === undefined) {
        throw new Fault(`port ${port} is used by another program`, `stop it: lsof -i :${port} shows which one it is`);
    }
    if (publisher.project !== project) {
        const { container } = publisher;
        throw new Fault(`port ${port} is used by the container ${container}`, `stop it: docker stop ${container}`);
    }
}

/** Asks Docker for the subnets of all networks. */
export type DockerSubnets = typeof networkSubnets;

/**
 * @param gateway - the gateway of the network to create.
 * @param name - that network's name.
 * @param key - the configuration key for choosing another gateway.
 * @param ask - what tells all networks' subnets. Default: asks Docker.
 * @throws Fault if its subnet overlaps another network's.
 */
export async function checkSubnet(
    gateway: string,
    name: string,
    key: string,
    ask: DockerSubnets = networkSubnets,
): Promise<void> {
    for (const { network, subnets } of await ask()) {
        const taken = subnets.find((subnet) => subnet.includes(".") && overlap(subnet, subnetOf(gateway)));
        if (network !== name && taken !== undefined) {
            throw new Fault(
                `the network ${network} already uses the addresses ${taken}, which ${name} needs`,
                `choose another gateway, for example: ${pulumiCommand(`config set ${key} ${gateway.replace(/^\d+\.\d+/, "10.213")}`)}`,
            );
        }
    }
}

/** Whether a host name resolves to this machine's loopback, so that a container resolving it finds itself, or nothing. */
export async function resolvesToLoopback(host: string): Promise<boolean> {
    return new Promise((resolve) => {
        lookup(host, {}, (error, address) => {
            resolve(error === null && typeof address === "string" && /^(127\.|::1$)/.test(address));
        });
    });
}

/**
 * @param host - the host in the LMS's URL, as the application's containers see it.
 * @throws Fault if in each container it means the container itself.
 */
export function checkLmsHost(host: string): void {
    if (/(^|\.)localhost$|^127\./.test(host)) {
        throw new Fault(
            `lmsUrl uses ${host}, which inside each of the application's containers means that container`,
            `give Open edX a name: tutor config save --set LMS_HOST=local.openedx.io, then ` +
                pulumiCommand("config set lmsUrl http://local.openedx.io:8000"),
        );
    }
}

/** Whether a host can be added to containers: each has its own `localhost`, and IP addresses need no name. */
export function isHostName(host: string): boolean {
    return isIP(host.replace(/^\[|\]$/g, "")) === 0 && !/(^|\.)localhost$/.test(host);
}

/** Whether nothing listens on a port of this machine. */
async function isFree(port: number): Promise<boolean> {
    const server = createServer();
    try {
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject).listen(port, "0.0.0.0", resolve);
        });
        return true;
    } catch (error) {
        // Ports below 1024 may be off limits to this user, but not to Docker.
        return (error as NodeJS.ErrnoException).code !== "EADDRINUSE";
    } finally {
        server.close();
    }
}

/** Whether two subnets overlap: then one contains the other's first address. */
function overlap(one: string, other: string): boolean {
    const holds = (subnet: string, address: string) => {
        const [network = "", prefix] = subnet.split("/");
        const list = new BlockList();
        list.addSubnet(network, Number(prefix));
        return list.check(address.split("/", 1).join(""));
    };
    return holds(one, other) || holds(other, one);
}
