import { existsSync } from "node:fs";
import {
    composeLabels,
    docker,
    dockerLines,
    findNetwork,
    OWNER_LABEL,
    unlessMissing,
    withLabels,
} from "../dynamic-providers/docker/docker.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import type { ComposeProject } from "./composeProject.ts";
import { Fault } from "./faults.ts";

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
    const answers = await Promise.all(external.map(({ kind, name }) => unlessMissing(docker(kind, "inspect", name))));
    const missing = external.filter((_, index) => answers[index] === undefined);
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
    const containers = await dockerLines("ps", "--all", ...withLabels({ [OWNER_LABEL]: owner }), "--format", format);
    const former = containers
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
