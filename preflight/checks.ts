import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { BlockList, createServer, isIP } from "node:net";
import { dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { answerOf, lastLines } from "../dynamic-providers/command.ts";
import { lookup } from "../dynamic-providers/openedx/django-admin/lookup.ts";
import {
    composeLabels,
    docker,
    dockerEndpoint,
    dockerLines,
    findNetwork,
    OWNER_LABEL,
    publisherOf,
    subnetOf,
    unlessMissing,
    withLabels,
} from "../dynamic-providers/docker/docker.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { configurationIn, folderIn, valueIn } from "../dynamic-providers/tutor/tutor.ts";
import { restoreTutorConfigurations } from "../dynamic-providers/tutor/tutorConfiguration.ts";
import { expectTutor } from "./detectTutorRelease.ts";
import type { ComposeProject } from "./composeProject.ts";
import { Fault } from "./faults.ts";
import { openEdxConstants } from "../config/openEdx.ts";

/** The oldest Compose that writes environment files the way this program reads them. */
const COMPOSE_AT_LEAST = "2.24";
/** Where Pulumi's Docker provider looks for the daemon by default. */
const DEFAULT_DAEMON = process.platform === "win32" ? "npipe:////./pipe/docker_engine" : "unix:///var/run/docker.sock";
/** Valid names for a Compose project, and for a host. */
const COMPOSE_NAME = /^[a-z0-9][a-z0-9_-]*$/;
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;
/** What Open edX's images and databases need, according to Tutor's documentation. */
const DISK_AT_LEAST_GB = 8;

/** @throws Fault if Docker or Compose can't be used. */
export async function checkDocker(): Promise<void> {
    const server = await answerOf("docker", ["version", "--format", "{{.Server.Version}}"]);
    if (server.failed) {
        throw new Fault(
            `Docker can't be used: ${server.code === "ENOENT" ? "command not found: docker" : lastLines(server)}`,
            "install it (https://docs.docker.com/engine/install/) or start it; `docker info` must succeed",
        );
    }
    const compose = await answerOf("docker", ["compose", "version", "--short"]);
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
    const idAt = (daemon: string) => answerOf("docker", ["--host", daemon, "info", "--format", "{{.ID}}"]);
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
 * @throws Fault if the disk is too full to build an image. Storage Docker keeps elsewhere (macOS, Windows) isn't checked.
 */
export async function checkDisk(): Promise<void> {
    const { stdout: folder } = await answerOf("docker", ["info", "--format", "{{.DockerRootDir}}"]);
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

/**
 * @param gateway - the gateway of the network to create.
 * @param name - that network's name.
 * @param key - the configuration key for choosing another gateway.
 * @throws Fault if its subnet overlaps another network's.
 */
export async function checkSubnet(gateway: string, name: string, key: string): Promise<void> {
    const { stdout: ids } = await answerOf("docker", ["network", "ls", "--quiet"]);
    const format = "{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}";
    const { stdout } = await answerOf("docker", ["network", "inspect", "--format", format, ...ids.split("\n")]);
    for (const [other, ...subnets] of stdout.split("\n").map((line) => line.split(" "))) {
        const taken = subnets.find((subnet) => subnet.includes(".") && overlap(subnet, subnetOf(gateway)));
        if (other !== name && taken !== undefined) {
            throw new Fault(
                `the network ${String(other)} already uses the addresses ${taken}, which ${name} needs`,
                `choose another gateway, for example: ${pulumiCommand(`config set ${key} ${gateway.replace(/^\d+\.\d+/, "10.213")}`)}`,
            );
        }
    }
}

/** @throws Fault listing the external networks and volumes that services use and Docker doesn't have. */
export async function checkExternals({ services, networks, volumes }: ComposeProject): Promise<void> {
    const used = Object.values(services);
    const usedNetworks = new Set(used.flatMap((service) => Object.keys(service.networks)));
    const usedVolumes = new Set(
        used.flatMap((service) => service.volumes.flatMap((volume) => (volume.type === "volume" ? volume.source : []))),
    );
    const external = [
        ...Object.entries(networks).map(([key, item]) => ({ ...item, kind: "network", isUsed: usedNetworks.has(key) })),
        ...Object.entries(volumes).map(([key, item]) => ({ ...item, kind: "volume", isUsed: usedVolumes.has(key) })),
    ].filter((item) => item.external === true && item.isUsed);
    const found = await Promise.all(external.map(({ kind, name }) => unlessMissing(docker(kind, "inspect", name))));
    const missing = external.filter((_, index) => found[index] === undefined);
    if (missing.length > 0) {
        throw new Fault(
            `the Compose file uses external networks or volumes that do not exist: ${missing.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`,
            `create them: ${missing.map(({ kind, name }) => `docker ${kind} create ${name}`).join("; ")}`,
        );
    }
}

/**
 * @param port - the application's port on this machine.
 * @param gateway - the address Open edX's containers use to reach it.
 * @throws Fault if a service binds the port only to another address, such as 127.0.0.1.
 */
export function checkReachable({ services }: Pick<ComposeProject, "services">, port: number, gateway: string): void {
    const bindings = Object.entries(services).flatMap(([service, { ports }]) =>
        ports
            .filter(({ published }) => Number(published) === port)
            .map(({ host_ip: ip = "0.0.0.0", target }) => ({ service, ip, target })),
    );
    const [binding] = bindings;
    if (binding !== undefined && !bindings.some(({ ip }) => ["0.0.0.0", gateway].includes(ip))) {
        const { service, ip, target } = binding;
        throw new Fault(
            `${service} publishes port ${port} at ${ip} only, but Open edX's containers connect to ${gateway}`,
            "publish it on all addresses, for example in docker-compose.override.yml: " +
                `services: { ${service}: { ports: !override ["${port}:${target}"] } }`,
        );
    }
}

/**
 * The default network's gateway, if the Compose file determines its addresses. For an external network, Docker knows it.
 *
 * @param chosen - the configuration's `applicationGateway`; `""` for none.
 * @returns `undefined` if the stack decides: the Compose file sets no addresses, the external network has no gateway, or
 *   `chosen` fills in a missing one.
 * @throws Fault if both decide and differ, or if the Compose file sets addresses without a gateway and `chosen` is empty.
 */
export async function composeGateway(
    { networks }: Pick<ComposeProject, "networks">,
    chosen: string,
): Promise<string | undefined> {
    const { default: network } = networks;
    if (network === undefined || (network.external !== true && network.ipam?.config === undefined)) {
        return undefined;
    }
    const [ipam] = network.ipam?.config?.filter(({ subnet = "" }) => !subnet.includes(":")) ?? [];
    const gateway =
        network.external === true
            ? (await findNetwork(network.name))?.gateway
            : (ipam?.gateway ?? (ipam?.ip_range === undefined ? firstAddress(ipam?.subnet) : undefined));
    const inCompose = `networks.default of the Compose file (${network.name})`;
    if (gateway === undefined || gateway === "") {
        if (chosen !== "" || network.external === true) {
            return undefined;
        }
        throw new Fault(`${inCompose} sets its own addresses but no gateway`, "add the gateway to its ipam.config");
    }
    if (chosen !== "" && chosen !== gateway) {
        throw new Fault(
            `${inCompose} has the gateway ${gateway}, and applicationGateway says ${chosen}`,
            pulumiCommand("config rm applicationGateway"),
        );
    }
    return gateway;
}

/** The address Docker gives a subnet's gateway: `172.28.0.1` for `172.28.0.0/16`. */
function firstAddress(subnet: string | undefined): string | undefined {
    return subnet?.replace(/\d+\/.*/, (last) => String(Number.parseInt(last, 10) + 1));
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

/**
 * @param isOurs - whether the project is the stack's, whoever started it.
 * @throws Fault if the project already runs and doesn't belong to the stack `owner`.
 */
export async function checkOwner(project: ComposeProject, owner: string, isOurs: boolean): Promise<void> {
    if (isOurs) {
        return;
    }
    const ofProject = withLabels({ [composeLabels.project]: project.name });
    const owned = `{{.Label "${OWNER_LABEL}"}}`;
    const [containers, networks] = await Promise.all([
        dockerLines(
            ...["ps", "--all", ...withLabels({ [composeLabels.oneOff]: "False" }), ...ofProject],
            ...["--format", `{{.Names}}\t${owned}`],
        ),
        dockerLines("network", "ls", ...ofProject, "--format", `{{.Name}}\t${owned}`),
    ]);
    const strangers = [...containers, ...networks]
        .map((line) => line.split("\t"))
        .filter(([, itsOwner]) => itsOwner !== owner)
        .map(([name]) => name);
    if (strangers.length > 0) {
        throw new Fault(
            `the application is already running and is not managed by this stack: ${strangers.join(", ")}`,
            `remove it: docker compose down, in ${project.folder} (data without a named volume is left behind); ` +
                `or let the stack replace it: ${pulumiCommand("config set adopt true")}`,
        );
    }
}

/**
 * Renaming a folder renames its Compose project, and with it the volumes. A project whose checkout still exists belongs to
 * another application; the next `up` removes it.
 *
 * @throws Fault if this stack's containers belong to the project under its old name.
 */
export async function checkProjectName({ name, folder }: ComposeProject, owner: string): Promise<void> {
    const format = `{{.Label "${composeLabels.project}"}}\t{{.Label "${composeLabels.folder}"}}`;
    const own = ["ps", "--all", "--filter", `label=${OWNER_LABEL}=${owner}`, "--format", format];
    const former = (await answerOf("docker", own)).stdout
        .split("\n")
        .map((line) => line.split("\t"))
        .find(([itsName = "", itsFolder = ""]) => {
            const isMoved = itsFolder === folder || !existsSync(itsFolder);
            return itsName !== "" && itsName !== name && isMoved;
        })?.[0];
    if (former !== undefined) {
        throw new Fault(
            `the Compose project in ${folder} is now named ${name}, but this stack's containers and data belong to ${former}`,
            `to keep them, add COMPOSE_PROJECT_NAME=${former} to ${folder}/.env; to start with new data: ` +
                `docker compose --project-name ${former} down, then ${pulumiCommand("up --refresh")}`,
        );
    }
}

/**
 * @param command - `tutor`, or its path.
 * @param host - the LMS's host; Tutor must use the same one.
 * @param launches - whether the stack sets up Open edX if that hasn't been done.
 * @returns the name of Tutor's Compose project for development.
 * @throws Fault if Tutor isn't set up, or is set up for another host.
 */
export async function detectTutorProject(command: string, host: string, launches: boolean): Promise<string> {
    const ask = async (args: string, read: (output: string) => string | undefined) => {
        const result = await answerOf(command, ["config", ...args.split(" ")]);
        expectTutor(command, result);
        const answer = result.failed ? undefined : read(result.stdout);
        if (answer === undefined) {
            const what = result.failed ? "fails" : "prints no answer";
            throw new Fault(
                `${command} config ${args} ${what}: ${lastLines(result)}`,
                "run it yourself, and correct Tutor's configuration or the plugin that it names",
            );
        }
        return answer;
    };
    const valueOf = (key: string, pattern: RegExp) => ask(`printvalue ${key}`, (output) => valueIn(output, pattern));
    await restoreTutorConfigurations();
    const file = configurationIn(await ask("printroot", folderIn));
    if (!existsSync(file)) {
        if (launches) {
            return openEdxConstants.project;
        }
        throw new Fault(
            `Tutor has no configuration in ${dirname(file)} yet`,
            `set Open edX up (tutor dev launch), or let this stack do it: ${pulumiCommand("config set lmsLaunch true")}`,
        );
    }
    const [project, lmsHost] = await Promise.all([
        valueOf("DEV_PROJECT_NAME", COMPOSE_NAME),
        // A launch sets it.
        launches ? host : valueOf("LMS_HOST", HOST_NAME),
    ]);
    if (lmsHost !== host) {
        throw new Fault(
            `Tutor's LMS_HOST is ${lmsHost}, and lmsUrl says ${host}`,
            `tutor config save --set LMS_HOST=${host}, then tutor dev launch; or ${pulumiCommand(`config set lmsUrl http://${lmsHost}:8000`)}`,
        );
    }
    return project;
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
