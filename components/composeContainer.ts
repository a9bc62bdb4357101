import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { whereSet } from "../config/whereSet.ts";
import { parseLink } from "../preflight/composeFile.ts";
import { type ComposeProject, type ComposeService, seccompProfile } from "../preflight/composeProject.ts";
import { type CreatedVolumes, mountsOf, tmpfsOf, uploadsOf, volumesOf } from "./containerFiles.ts";
import { fill, type PlaceholderValues } from "./placeholders.ts";

/** The Docker resources a container needs. */
export interface ContainerSurroundings {
    /** By key in the Compose file, without external networks. */
    readonly networks: Readonly<Record<string, Pick<docker.Network, "id">>>;
    /** Without external volumes. */
    readonly volumes: CreatedVolumes;
    /** By service. */
    readonly containers: Readonly<Record<string, Pick<docker.Container, "id">>>;
}

type Arguments = Omit<docker.ContainerArgs, "image" | "labels">;

/** Enough for a database to flush its data. */
const GRACE_SECONDS = 10;
/** How long a container may take to become healthy. */
const HEALTHY_SECONDS = 600;
/** Service keys that people put secrets in, and the container arguments they map to. `environment` is handled separately. */
const MAYBE_SECRET = {
    command: "command",
    entrypoint: "entrypoints",
    healthcheck: "healthcheck",
    logging: "logOpts",
} as const satisfies Partial<Record<keyof ComposeService, keyof Arguments>>;
/** The driver option for the name of a network's interface in the container. */
const INTERFACE_OPTION = "com.docker.network.endpoint.ifname";

/**
 * Converts a service to arguments of `docker.Container`, except image and labels. Sets only what the service sets, in the
 * form the provider reads back: anything else would be a permanent diff.
 */
export function containerArgs(
    project: ComposeProject,
    service: string,
    values: PlaceholderValues,
    surroundings: ContainerSurroundings,
): Arguments {
    const definition = serviceOf(project, service);
    const { command, entrypoint, environment, extra_hosts, readsEnvFile } = definition;
    // A variable without a value isn't set anywhere, so the container doesn't get it.
    const set = Object.entries(environment).filter(([, value]) => value !== null);
    const envs = pulumi.all(set.map(([key, value]) => fill(`${key}=${value}`, values)));
    const mounts = mountsOf(project, definition, surroundings.volumes);
    const uploads = uploadsOf(project, definition);
    const args: Arguments = {
        name: containerName(project, service),
        hosts: extra_hosts.map((entry) => {
            const [host = "", ip = ""] = entry.split("=", 2);
            return { host, ip };
        }),
        ports: portsOf(definition),
        stdinOpen: definition.stdin_open,
        tty: definition.tty,
        destroyGraceSeconds: definition.stop_grace_period ?? GRACE_SECONDS,
        // The default removes anonymous volumes, which may hold databases.
        removeVolumes: false,
        networksAdvanced: attachmentsOf(project, service, surroundings),
        volumes: volumesOf(project, definition, surroundings.volumes),
        ...(mounts.length > 0 && { mounts }),
        ...(command && { command }),
        ...(entrypoint && { entrypoints: entrypoint }),
        ...whereSet({
            workingDir: definition.working_dir?.replace(/(?<=.)\/+$/, ""),
            healthcheck: healthcheckOf(definition),
            user: definition.user,
            hostname: definition.hostname,
            domainname: definition.domainname,
            init: definition.init,
            privileged: definition.privileged,
            readOnly: definition.read_only,
            runtime: definition.runtime,
            stopSignal: definition.stop_signal,
            stopTimeout: definition.stop_grace_period,
            usernsMode: definition.userns_mode,
            cgroupParent: definition.cgroup_parent,
            cgroupnsMode: definition.cgroup,
            storageOpts: definition.storage_opt,
            sysctls: definition.sysctls,
            ulimits: definition.ulimits,
            groupAdds: definition.group_add,
            dns: definition.dns,
            dnsOpts: definition.dns_opt,
            dnsSearches: definition.dns_search,
            deviceCgroupRules: definition.device_cgroup_rules,
            securityOpts: definition.security_opt?.map((option) => securityOption(project, option)),
            tmpfs: tmpfsOf(definition),
            logDriver: definition.logging?.driver,
            logOpts: definition.logging?.options,
            networkMode: namespaceOf(definition.network_mode, surroundings),
            pidMode: namespaceOf(definition.pid, surroundings),
            ipcMode: namespaceOf(definition.ipc, surroundings),
        }),
        ...capabilitiesOf(definition),
        ...devicesOf(definition),
        ...limitsOf(definition),
        ...restartOf(definition),
        ...waitingOf(project, service),
    };
    const filled = fill(args, values);
    const secret = Object.entries(MAYBE_SECRET)
        .filter(([key, argument]) => argument in filled && isInterpolated(project, "services", service, key))
        .map(([, argument]) => [argument, pulumi.secret(filled[argument])]);
    return {
        ...filled,
        ...(Object.fromEntries(secret) as Partial<Arguments>),
        // An env file may also hold the developer's own secrets.
        envs: readsEnvFile ? pulumi.secret(envs) : envs,
        // Secret mainly because of values taken from the environment.
        ...(uploads.length > 0 && { uploads: pulumi.secret(fill(uploads, values)) }),
    };
}

/** Whether Compose interpolates the value from the environment or `.env`, which may hold secrets. */
export function isInterpolated({ interpolated }: ComposeProject, ...path: readonly string[]): boolean {
    return interpolated.includes(path.join("."));
}

/** In the order the provider reads them back. Docker drops the ports of a container on the host network. */
function portsOf({ network_mode, ports }: ComposeService): docker.types.input.ContainerPort[] {
    return (network_mode === "host" ? [] : ports.toSorted((one, other) => one.target - other.target)).map(
        ({ target, published, protocol, host_ip }) => ({
            internal: target,
            protocol,
            ...(published !== undefined && { external: Number(published) }),
            ...(host_ip !== undefined && { ip: host_ip }),
        }),
    );
}

/** The name of a service's container: its own, or the one Compose assigns. */
export function containerName(project: ComposeProject, service: string): string {
    return project.services[service]?.container_name ?? `${project.name}-${service}-1`;
}

/** The services whose containers must exist before this one's. */
export function dependenciesOf({ depends_on, links, network_mode, pid, ipc }: ComposeService): string[] {
    const shared = [network_mode, pid, ipc].flatMap((mode) => serviceIn(mode) ?? []);
    return [...new Set([...Object.keys(depends_on), ...links.map((link) => parseLink(link).service), ...shared])];
}

/** Whether another service waits for this one to reach a state. */
function isAwaited(
    { services }: Pick<ComposeProject, "services">,
    service: string,
    state: "service_healthy" | "service_completed_successfully",
): boolean {
    return Object.values(services).some(({ depends_on }) => depends_on[service]?.condition === state);
}

function serviceOf({ services }: ComposeProject, service: string): ComposeService {
    const definition = services[service];
    if (definition === undefined) {
        throw new Error(`There is no service ${service}.`);
    }
    return definition;
}

/**
 * A container's networks, by id, so that replacing a network replaces its containers. The provider has no links, so a link
 * name becomes an alias for everyone on the network.
 */
function attachmentsOf(
    project: ComposeProject,
    service: string,
    { networks }: ContainerSurroundings,
): docker.types.input.ContainerNetworksAdvanced[] {
    const { networks: attachments, mac_address } = serviceOf(project, service);
    const [main] = Object.entries(attachments)
        .map(([key, settings]) => ({ key, priority: settings?.priority ?? 0 }))
        .sort((one, other) => other.priority - one.priority || (one.key < other.key ? -1 : 1));
    return Object.entries(attachments).map(([key, settings]) => {
        const options = {
            ...settings?.driver_opts,
            ...(settings?.interface_name !== undefined && { [INTERFACE_OPTION]: settings.interface_name }),
        };
        return {
            name: networks[key]?.id ?? project.networks[key]?.name ?? key,
            aliases: [
                containerName(project, service),
                service,
                ...(settings?.aliases ?? []),
                ...linkAliases(project, service, key),
            ],
            ...whereSet({
                ipv4Address: settings?.ipv4_address,
                ipv6Address: settings?.ipv6_address,
                linkLocalIps: settings?.link_local_ips,
                gwPriority: settings?.gw_priority,
                macAddress: settings?.mac_address ?? (key === main?.key ? mac_address : undefined),
                driverOpts: emptyAsUnset(Object.entries(options).map(([name, value]) => `${name}=${value}`)),
            }),
        };
    });
}

/** The other names that services on a network link to this service by. */
function linkAliases({ services }: ComposeProject, service: string, network: string): string[] {
    const aliases = Object.values(services)
        .filter(({ networks }) => network in networks)
        .flatMap(({ links }) => links.map(parseLink))
        .filter((link) => link.service === service && link.alias !== service)
        .map(({ alias }) => alias);
    return [...new Set(aliases)].sort();
}

function healthcheckOf({ healthcheck }: ComposeService): docker.types.input.ContainerHealthcheck | undefined {
    if (healthcheck === undefined) {
        return undefined;
    }
    const { disable = false, test = [], interval, timeout, retries, start_period, start_interval } = healthcheck;
    return disable
        ? { tests: ["NONE"] }
        : {
              tests: test,
              ...whereSet({
                  interval,
                  timeout,
                  retries,
                  startPeriod: start_period,
                  startInterval: start_interval,
              }),
          };
}

/** In Docker's own spelling, which is what it reads back. */
function capabilitiesOf({ cap_add, cap_drop }: ComposeService): Pick<Arguments, "capabilities"> {
    const spelled = (names: readonly string[] = []) =>
        names.map((name) => name.toUpperCase()).map((name) => (/^(ALL$|CAP_)/.test(name) ? name : `CAP_${name}`));
    return cap_add || cap_drop ? { capabilities: { adds: spelled(cap_add), drops: spelled(cap_drop) } } : {};
}

function devicesOf({ devices = [], gpus, deploy }: ComposeService): Partial<Arguments> {
    const byCdi = devices.filter(isCdi).map(({ source }) => source);
    const ofHost = devices.filter((device) => !isCdi(device));
    const requests = [
        ...(gpus ?? []).map((gpu) => ({ ...gpu, capabilities: [...gpu.capabilities, "gpu"] })),
        ...(deploy?.resources?.reservations?.devices ?? []),
    ];
    return {
        ...whereSet({
            devices: emptyAsUnset(
                ofHost.map(({ source, target, permissions }) => ({
                    hostPath: source,
                    permissions,
                    ...whereSet({ containerPath: target }),
                })),
            ),
            deviceRequests: emptyAsUnset([
                ...requests.map(({ driver, count, device_ids, capabilities, options }) => ({
                    driver,
                    count,
                    deviceIds: device_ids,
                    capabilities,
                    options,
                })),
                ...(byCdi.length > 0 ? [{ driver: "cdi", deviceIds: byCdi }] : []),
            ]),
        }),
    };
}

/** Whether a device has a vendor name (CDI), such as `nvidia.com/gpu=0`. */
function isCdi({
    source,
    target = source,
}: {
    readonly source: string;
    readonly target?: string | undefined;
}): boolean {
    return source === target && /^[\w.-]+\/[\w.-]+=/.test(source);
}

/** Compose makes sure that `deploy` and the older keys don't contradict each other. */
function limitsOf(service: ComposeService): Partial<Arguments> {
    const { limits, reservations } = service.deploy?.resources ?? {};
    const memory = limits?.memory ?? service.mem_limit;
    return whereSet({
        memory,
        // Docker's own default; the provider would see it as a change.
        memorySwap: service.memswap_limit ?? (memory === undefined ? undefined : 2 * memory),
        memoryReservation: reservations?.memory ?? service.mem_reservation,
        shmSize: service.shm_size,
        cpus: limits?.cpus ?? service.cpus,
        cpuPeriod: service.cpu_period,
        cpuQuota: service.cpu_quota,
        cpuShares: service.cpu_shares,
        cpuSet: service.cpuset,
        deviceReadBps: service.blkio_config?.device_read_bps,
        deviceReadIops: service.blkio_config?.device_read_iops,
        deviceWriteBps: service.blkio_config?.device_write_bps,
        deviceWriteIops: service.blkio_config?.device_write_iops,
    });
}

/** Same as Compose: the policy in `deploy` wins over `restart`, e.g. `on-failure:3`. */
function restartOf({ restart, deploy }: ComposeService): Pick<Arguments, "restart" | "maxRetryCount"> {
    const [policy, retries] = restart?.split(":", 2) ?? [];
    const { condition = policy, max_attempts = retries } = deploy?.restart_policy ?? {};
    if (condition === undefined) {
        return {};
    }
    const names: Readonly<Record<string, string>> = { none: "no", any: "always" };
    return {
        restart: names[condition] ?? condition,
        ...(max_attempts !== undefined && { maxRetryCount: Number(max_attempts) }),
    };
}

/** A container may have exited if other services wait for it to complete. */
function waitingOf(project: ComposeProject, service: string): Pick<Arguments, "wait" | "waitTimeout" | "mustRun"> {
    return {
        ...(isAwaited(project, service, "service_healthy") && { wait: true, waitTimeout: HEALTHY_SECONDS }),
        ...(isAwaited(project, service, "service_completed_successfully") && { mustRun: false }),
    };
}

/** Docker takes the content of a seccomp profile, not its path. */
function securityOption({ folder }: ComposeProject, option: string): string {
    const file = seccompProfile(option);
    return file === undefined
        ? option
        : `seccomp=${JSON.stringify(JSON.parse(readFileSync(resolve(folder, file), "utf8")))}`;
}

/** The namespace of another service's container, by container id, as Docker stores it. */
function namespaceOf(
    mode: string | undefined,
    { containers }: ContainerSurroundings,
): pulumi.Input<string> | undefined {
    const service = serviceIn(mode);
    const container = service === undefined ? undefined : containers[service];
    return container === undefined ? mode : pulumi.interpolate`container:${container.id}`;
}

function serviceIn(mode: string | undefined): string | undefined {
    return mode?.startsWith("service:") ? mode.slice("service:".length) : undefined;
}

function emptyAsUnset<Item>(items: Item[]): Item[] | undefined {
    return items.length > 0 ? items : undefined;
}
