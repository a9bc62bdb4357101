import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { parseLink } from "../preflight/composeFile.ts";
import { type ComposeProject, type ComposeService, seccompProfile } from "../preflight/composeProject.ts";

/** The values for the placeholders in a project's strings. */
export type PlaceholderValues = Readonly<Record<string, pulumi.Output<string>>>;

/** The Docker resources a container needs. */
export interface ContainerSurroundings {
    /** By key in the Compose file, without external networks. */
    readonly networks: Readonly<Record<string, Pick<docker.Network, "id">>>;
    /** By key in the Compose file, without external volumes. */
    readonly volumes: Readonly<Record<string, Pick<docker.Volume, "name">>>;
    /** By service. */
    readonly containers: Readonly<Record<string, Pick<docker.Container, "id">>>;
}

type Arguments = Omit<docker.ContainerArgs, "image" | "labels">;

/** Enough for a database to flush its data. */
const GRACE_SECONDS = 10;
/** How long a container may take to become healthy. */
const HEALTHY_SECONDS = 600;
const SECRETS_FOLDER = "/run/secrets/";
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
    const mounts = mountsOf(definition, project, surroundings);
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
        volumes: volumesOf(project, definition, surroundings),
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
            tmpfs: definition.tmpfs && Object.fromEntries(definition.tmpfs.map(tmpfsEntry)),
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
    const known = fill(args, values);
    const secret = Object.entries(MAYBE_SECRET)
        .filter(([key, argument]) => argument in known && isInterpolated(project, "services", service, key))
        .map(([, argument]) => [argument, pulumi.secret(known[argument])]);
    return {
        ...known,
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
export function isAwaited(
    { services }: Pick<ComposeProject, "services">,
    service: string,
    state: "service_healthy" | "service_completed_successfully",
): boolean {
    return Object.values(services).some(({ depends_on }) => depends_on[service]?.condition === state);
}

/** A value with its placeholders filled in. */
export function fill<Value>(value: Value, values: PlaceholderValues): Value {
    return filled(value, values) as Value;
}

/** Replaces a string's placeholders with values; `written` formats each value to fit the string. */
export function replaceAll(
    text: string,
    values: Readonly<Record<string, string>>,
    written: (value: string) => string = (value) => value,
): string {
    return Object.entries(values).reduce(
        // A function, because `$` is special in a replacement string.
        (replaced, [placeholder, value]) => replaced.replaceAll(placeholder, () => written(value)),
        text,
    );
}

function filled(value: unknown, values: PlaceholderValues): unknown {
    if (typeof value === "string") {
        const inside = Object.entries(values).filter(([placeholder]) => value.includes(placeholder));
        return inside.length === 0
            ? value
            : pulumi.all(Object.fromEntries(inside)).apply((known) => replaceAll(value, known));
    }
    if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) {
        return value;
    }
    return Array.isArray(value)
        ? value.map((item) => filled(item, values))
        : Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, filled(inside, values)]));
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

/** The `volumes` of `docker.Container`: Docker's short syntax, which creates missing host folders. */
function volumesOf(
    project: ComposeProject,
    { volumes, secrets, configs }: ComposeService,
    { volumes: created }: ContainerSurroundings,
): docker.types.input.ContainerVolume[] {
    const files = [
        ...(secrets ?? []).map((file) => ({ file: project.secrets[file.source]?.file, target: secretTarget(file) })),
        ...(configs ?? []).map((file) => ({ file: project.configs[file.source]?.file, target: configTarget(file) })),
    ];
    return [
        ...volumes.flatMap((volume) => {
            const { target: containerPath, read_only: readOnly } = volume;
            if (volume.type === "tmpfs" || isMount(volume)) {
                return [];
            }
            if (volume.type === "bind") {
                return {
                    containerPath,
                    readOnly,
                    hostPath: volume.source,
                    ...whereSet({ selinuxRelabel: volume.bind?.selinux }),
                };
            }
            return {
                containerPath,
                readOnly,
                ...whereSet({ volumeName: volumeName(project, volume.source, created) }),
            };
        }),
        ...files.flatMap(({ file, target }) =>
            file === undefined ? [] : { containerPath: target, readOnly: true, hostPath: file },
        ),
    ];
}

/** Mounts that need Docker's long syntax. */
function mountsOf(
    { volumes }: ComposeService,
    project: ComposeProject,
    { volumes: created }: ContainerSurroundings,
): docker.types.input.ContainerMount[] {
    return volumes.filter(isMount).map((volume) => {
        const { type, target, read_only: readOnly } = volume;
        const mount = { type, target, readOnly };
        switch (volume.type) {
            case "tmpfs":
                return {
                    ...mount,
                    ...(volume.tmpfs && {
                        tmpfsOptions: whereSet({ sizeBytes: volume.tmpfs.size, mode: volume.tmpfs.mode }),
                    }),
                };
            case "bind":
                return {
                    ...mount,
                    source: volume.source,
                    bindOptions: whereSet({ propagation: volume.bind?.propagation }),
                };
            case "volume":
                return {
                    ...mount,
                    ...whereSet({ source: volumeName(project, volume.source, created) }),
                    volumeOptions: whereSet({ noCopy: volume.volume?.nocopy, subpath: volume.volume?.subpath }),
                };
        }
    });
}

function isMount(volume: ComposeService["volumes"][number]): boolean {
    return (
        volume.type === "tmpfs" ||
        (volume.type === "bind" && volume.bind?.propagation !== undefined) ||
        (volume.type === "volume" && (volume.volume?.nocopy === true || volume.volume?.subpath !== undefined))
    );
}

/** `undefined` for an anonymous volume. */
function volumeName(
    { volumes }: ComposeProject,
    source: string | undefined,
    created: ContainerSurroundings["volumes"],
): pulumi.Input<string> | undefined {
    return source === undefined ? undefined : (created[source]?.name ?? volumes[source]?.name ?? source);
}

/** Secrets and configs that aren't files on this machine are copied into the container before it starts. */
function uploadsOf(
    { secrets, configs, variables }: ComposeProject,
    service: ComposeService,
): docker.types.input.ContainerUpload[] {
    const references = [
        ...(service.secrets ?? []).map((file) => ({ file, from: secrets[file.source], target: secretTarget(file) })),
        ...(service.configs ?? []).map((file) => ({ file, from: configs[file.source], target: configTarget(file) })),
    ];
    return references.flatMap(({ file, from, target }) => {
        const content = from?.environment === undefined ? from?.content : variables[from.environment];
        return content === undefined || content === ""
            ? []
            : {
                  content,
                  file: target,
                  permissions: (file.mode ?? "444").padStart(4, "0"),
                  ...whereSet({ owner: file.uid, group: file.gid }),
              };
    });
}

function secretTarget({ source, target = source }: { source: string; target?: string | undefined }): string {
    return target.startsWith("/") ? target : SECRETS_FOLDER + target;
}

function configTarget({ source, target = source }: { source: string; target?: string | undefined }): string {
    return target.startsWith("/") ? target : `/${target}`;
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

function tmpfsEntry(entry: string): [string, string] {
    const [path = "", ...options] = entry.split(":");
    return [path, options.join(":")];
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

type WhereSet<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

function whereSet<Values extends object>(values: Values): WhereSet<Values> {
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as WhereSet<Values>;
}

function emptyAsUnset<Item>(items: Item[]): Item[] | undefined {
    return items.length > 0 ? items : undefined;
}
