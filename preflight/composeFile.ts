import { z } from "zod";

const MIB = 1024 ** 2;

const text = z.string();
const texts = z.array(text);
const textOrNumber = z.union([text, z.number()]);
/** Compose writes `key: value` with string, number or boolean values. */
const mapping = z.record(text, z.union([text, z.number(), z.boolean()]).nullable().transform(asText));
/** Irrelevant to a running container, or handled by the stack in its own way. */
const ignored = z.unknown().optional();

const NO_ARGUMENT = "docker.Container has no argument for it";
const SWARM = "it needs a swarm";

/** Compose writes bytes; the Docker provider takes whole mebibytes. */
const mebibytes = textOrNumber
    .transform(Number)
    .refine((bytes) => bytes <= 0 || bytes % MIB === 0, {
        error: ({ input }) =>
            `${String(input)} bytes is not a whole number of mebibytes (MiB), which docker.Container requires`,
    })
    .transform((bytes) => (bytes > 0 ? bytes / MIB : bytes))
    .optional();

/** A duration in whole seconds; Compose writes `1m30s`. */
const seconds = text
    .transform(inSeconds)
    .refine(Number.isInteger, { error: "is not a whole number of seconds, which docker.Container requires" })
    .optional();

/** A number of CPUs, which may be fractional. */
const cpus = textOrNumber
    .transform((value) => ({ value: Number(value), asRead: cpusAsRead(Number(value)) }))
    .refine(({ value, asRead }) => Number(asRead) === value, {
        error: "is a number that the Docker provider misreads",
    })
    .transform(({ asRead }) => asRead)
    .optional();

/** The namespace a container uses. */
const namespace = text.refine((mode) => !mode.startsWith("container:"), {
    error: ({ input }) => `${String(input)} is not supported: the stack only knows containers of its own project`,
});

const ulimits = z
    .record(text, z.union([z.int(), z.strictObject({ soft: z.int(), hard: z.int() })]))
    .transform((all) =>
        Object.entries(all).map(([name, limit]) => ({
            name,
            ...(typeof limit === "number" ? { soft: limit, hard: limit } : limit),
        })),
    )
    .optional();

/** Read or write rates of host devices, with the keys Compose writes. */
const deviceRates = z
    .array(
        z
            .strictObject({ Path: text, Rate: textOrNumber.transform(Number) })
            .transform(({ Path: path, Rate: rate }) => ({ path, rate })),
    )
    .optional();

const gpuRequests = z
    .array(
        z.strictObject({
            capabilities: texts.default([]),
            driver: text.default(""),
            count: textOrNumber.transform((count) => (count === "all" ? -1 : Number(count))).default(0),
            device_ids: texts.default([]),
            options: mapping.default({}),
        }),
    )
    .optional();

/** A file in a container, from `secrets` or `configs`. */
const fileReference = z.strictObject({
    source: text,
    target: text.optional(),
    uid: text.optional(),
    gid: text.optional(),
    mode: textOrNumber.transform(String).optional(),
});

const build = z.strictObject({
    context: text,
    dockerfile: text.default("Dockerfile"),
    target: text.optional(),
    // Compose builds the images, so it can handle all of these.
    ...passedOn(
        ...[
            "additional_contexts",
            "args",
            "cache_from",
            "cache_to",
            "dockerfile_inline",
            "entitlements",
            "extra_hosts",
        ],
        ...["isolation", "labels", "network", "no_cache", "platforms", "privileged", "provenance", "pull", "sbom"],
        ...["secrets", "shm_size", "ssh", "tags", "ulimits"],
    ),
});

const bindOptions = z.strictObject({
    create_host_path: z.boolean().optional(),
    propagation: z.enum(["private", "rprivate", "shared", "rshared", "slave", "rslave"]).optional(),
    selinux: z.enum(["z", "Z"]).optional(),
    ...refused("docker.Container has no argument for it", "recursive"),
});

const volumeOptions = z.strictObject({
    nocopy: z.boolean().optional(),
    subpath: text.optional(),
    ...refused("the Docker provider misreads such labels", "labels"),
});

const mounted = { target: text, read_only: z.boolean().default(false), consistency: ignored };

/** A service's mount. */
const volume = z.discriminatedUnion("type", [
    z
        .strictObject({ type: z.literal("bind"), source: text, ...mounted, bind: bindOptions.optional() })
        .refine(({ bind }) => bind?.propagation === undefined || bind.selinux === undefined, {
            error: "has both propagation and selinux; docker.Container takes one of them",
        }),
    z.strictObject({
        type: z.literal("volume"),
        /** Not set for an anonymous volume. */
        source: text.optional(),
        ...mounted,
        volume: volumeOptions.optional(),
    }),
    z.strictObject({
        type: z.literal("tmpfs"),
        ...mounted,
        tmpfs: z.strictObject({ size: textOrNumber.transform(Number).optional(), mode: z.int().optional() }).optional(),
    }),
]);

const port = z.strictObject({
    mode: ignored,
    name: ignored,
    app_protocol: ignored,
    host_ip: text.optional(),
    target: z.int(),
    /** For a range Docker may choose from, the first port. */
    published: text.transform((range) => range.replace(/-.*/, "")).optional(),
    protocol: z.enum(["tcp", "udp", "sctp"]).default("tcp"),
});

const attachment = z.strictObject({
    aliases: texts.default([]),
    driver_opts: mapping.optional(),
    gw_priority: z.int().optional(),
    interface_name: text.optional(),
    ipv4_address: text.optional(),
    ipv6_address: text.optional(),
    link_local_ips: texts.optional(),
    mac_address: text.optional(),
    priority: z.int().optional(),
});

const dependency = z.strictObject({
    condition: z.enum(["service_started", "service_healthy", "service_completed_successfully"]),
    restart: z.boolean().default(false),
    required: z.boolean().default(true),
});

const healthcheck = z
    .strictObject({
        disable: z.boolean().optional(),
        test: texts.optional(),
        interval: text.optional(),
        timeout: text.optional(),
        retries: z.int().optional(),
        start_period: text.optional(),
        start_interval: text.optional(),
    })
    .refine(({ disable, test }) => disable === true || test !== undefined, {
        error: "has no test; an image's own test can't be changed in part",
    });

const deploy = z.strictObject({
    // For Swarm; `docker compose up` ignores them, too.
    mode: ignored,
    endpoint_mode: ignored,
    labels: ignored,
    placement: ignored,
    rollback_config: ignored,
    update_config: ignored,
    replicas: one("replicas"),
    resources: z
        .strictObject({
            limits: z
                .strictObject({
                    cpus,
                    memory: mebibytes,
                    ...refused(NO_ARGUMENT, "pids", "devices", "generic_resources"),
                })
                .optional(),
            reservations: z
                .strictObject({
                    memory: mebibytes,
                    devices: gpuRequests,
                    // For Swarm; `docker compose up` ignores them, too.
                    cpus: ignored,
                    generic_resources: ignored,
                })
                .optional(),
        })
        .optional(),
    restart_policy: z
        .strictObject({
            condition: z.enum(["none", "no", "on-failure", "any", "always", "unless-stopped"]).optional(),
            max_attempts: z.int().optional(),
            delay: ignored,
            window: ignored,
        })
        .optional(),
});

/** The keys of a service, all documented in the table in docs/compose.md. */
export const composeService = z.strictObject({
    image: text.optional(),
    build: build.optional(),
    command: texts.nullish(),
    entrypoint: texts.nullish(),
    environment: z.record(text, text.nullable()).default({}),
    extra_hosts: texts.default([]),
    links: texts.default([]),
    depends_on: z.record(text, dependency).default({}),
    networks: z.record(text, attachment.nullable()).default({}),
    ports: z.array(port).superRefine(expectOneAddress).default([]),
    volumes: z.array(volume).default([]),
    healthcheck: healthcheck.optional(),
    working_dir: text.optional(),
    stdin_open: z.boolean().default(false),
    tty: z.boolean().default(false),

    blkio_config: z
        .strictObject({
            device_read_bps: deviceRates,
            device_read_iops: deviceRates,
            device_write_bps: deviceRates,
            device_write_iops: deviceRates,
            ...refused(NO_ARGUMENT, "weight", "weight_device"),
        })
        .optional(),
    cap_add: texts.optional(),
    cap_drop: texts.optional(),
    cgroup: text.optional(),
    cgroup_parent: text.optional(),
    configs: z.array(fileReference).optional(),
    container_name: text.optional(),
    cpu_period: textOrNumber.transform(Number).optional(),
    cpu_quota: textOrNumber.transform(Number).optional(),
    cpu_shares: textOrNumber.transform(Number).optional(),
    cpus,
    cpuset: text.optional(),
    deploy: deploy.optional(),
    device_cgroup_rules: texts.optional(),
    devices: z
        .array(z.strictObject({ source: text, target: text.optional(), permissions: text.default("rwm") }))
        .optional(),
    dns: texts.optional(),
    dns_opt: texts.optional(),
    dns_search: texts.optional(),
    domainname: text.optional(),
    gpus: gpuRequests,
    group_add: z.array(textOrNumber.transform(String)).optional(),
    hostname: text.optional(),
    init: z.boolean().optional(),
    ipc: namespace.optional(),
    labels: mapping.optional(),
    logging: z.strictObject({ driver: text.optional(), options: mapping.optional() }).optional(),
    mac_address: text.optional(),
    mem_limit: mebibytes,
    mem_reservation: mebibytes,
    memswap_limit: mebibytes,
    network_mode: namespace.optional(),
    pid: namespace.optional(),
    platform: text.optional(),
    privileged: z.boolean().optional(),
    pull_policy: text.optional(),
    read_only: z.boolean().optional(),
    restart: text.optional(),
    runtime: text.optional(),
    scale: one("scale"),
    secrets: z.array(fileReference).optional(),
    security_opt: z
        .array(
            text.refine((option) => option !== "systempaths=unconfined", {
                error: "systempaths=unconfined is not read back by the Docker provider",
            }),
        )
        .optional(),
    shm_size: mebibytes,
    stop_grace_period: seconds,
    stop_signal: text.optional(),
    storage_opt: mapping.optional(),
    sysctls: mapping.optional(),
    tmpfs: texts.optional(),
    ulimits,
    user: text.optional(),
    userns_mode: text.optional(),

    attach: ignored,
    develop: ignored,
    // Containers on the same network reach all of each other's ports.
    expose: ignored,
    profiles: texts.default([]),

    ...refused(
        NO_ARGUMENT,
        ...["annotations", "cpu_count", "cpu_percent", "cpu_rt_period", "cpu_rt_runtime"],
        ...["external_links", "isolation", "mem_swappiness", "oom_kill_disable", "oom_score_adj", "pids_limit"],
        ...["uts", "volume_driver"],
    ),
    ...refused("the stack only knows containers of its own project", "volumes_from"),
    ...refused("only Compose runs commands in a container that it starts or stops", "post_start", "pre_stop"),
    ...refused("only Compose does that", "models", "provider", "use_api_socket"),
    ...refused(SWARM, "credential_spec"),
});

const ipamConfig = z.strictObject({
    subnet: text.optional(),
    gateway: text.optional(),
    ip_range: text.optional(),
    aux_addresses: mapping.optional(),
});

const network = z.strictObject({
    name: text,
    external: z.boolean().optional(),
    driver: text.optional(),
    driver_opts: mapping.optional(),
    ipam: z.strictObject({ driver: text.optional(), config: z.array(ipamConfig).optional() }).optional(),
    internal: z.boolean().optional(),
    attachable: z.boolean().optional(),
    enable_ipv6: z.boolean().optional(),
    enable_ipv4: z.literal(true, { error: "docker.Network has no argument for it" }).optional(),
    labels: mapping.optional(),
});

const namedVolume = z.strictObject({
    name: text,
    external: z.boolean().optional(),
    driver: text.optional(),
    driver_opts: mapping.optional(),
    labels: mapping.optional(),
});

/** A secret or config; Compose takes them from a file, from the environment or, for configs, inline. */
const fileObject = z.strictObject({
    name: ignored,
    file: text.optional(),
    environment: text.optional(),
    content: text.optional(),
    labels: ignored,
    ...refused(SWARM, "external", "driver", "driver_opts", "template_driver"),
});

/** A project as written by `docker compose config --format json`, without `x-` keys. */
export const composeFile = z
    .strictObject({
        name: text,
        services: z.record(text, composeService),
        networks: z.record(text, network).default({}),
        volumes: z.record(text, namedVolume).default({}),
        secrets: z.record(text, fileObject).default({}),
        configs: z.record(text, fileObject).default({}),
        ...refused("only Compose does that", "models"),
    })
    .superRefine(({ services }, context) => {
        const links = Object.entries(services).flatMap(([name, definition]) =>
            definition.links.map((link, index) => ({
                ...parseLink(link),
                link,
                path: ["services", name, "links", index],
            })),
        );
        for (const { service, alias, link, path } of links) {
            const isTaken =
                (alias !== service && alias in services) ||
                links.some((other) => other.alias === alias && other.service !== service);
            if (isTaken) {
                const message = `${link} is not supported: for other services ${alias} is another container`;
                context.addIssue({ code: "custom", path, message });
            }
        }
    });

/** The Docker provider compares addresses one by one, but reads a port's addresses back in Docker's own order. */
function expectOneAddress(ports: readonly z.infer<typeof port>[], context: z.RefinementCtx): void {
    const places = ports.map(({ target, protocol }) => `${target}/${protocol}`);
    const twice = places.filter((place, index) => places.indexOf(place) < index);
    if (twice.length > 0) {
        const message = `${[...new Set(twice)].join(", ")} has several addresses; docker.Container supports one per port`;
        context.addIssue({ code: "custom", message });
    }
}

/** `db:database` is the service `db` under the name `database`. */
export function parseLink(link: string): { service: string; alias: string } {
    const [service = "", alias = service] = link.split(":", 2);
    return { service, alias };
}

/** Keys that stop the run, because the stack can't do what they ask for. */
function refused<Key extends string>(why: string, ...keys: Key[]) {
    const never = z
        .unknown()
        .refine((value) => value === undefined, {
            error: ({ input }) => `${JSON.stringify(input)} is not supported: ${why}`,
        })
        .optional();
    return Object.fromEntries(keys.map((key) => [key, never])) as Record<Key, typeof never>;
}

/** Keys whose values are passed to Compose unchanged. */
function passedOn<Key extends string>(...keys: Key[]) {
    return Object.fromEntries(keys.map((key) => [key, ignored])) as Record<Key, typeof ignored>;
}

function one(key: string) {
    return z.literal(1, { error: ({ input }) => `${String(input)} is not supported: ${key} can only be 1` }).optional();
}

function asText(value: string | number | boolean | null): string {
    return value === null ? "" : String(value);
}

/** @returns NaN if it isn't a duration. */
function inSeconds(duration: string): number {
    const parts = [...duration.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)];
    const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
    return parts
        .map(([, number, unit = ""]) => Number(number) * (units[unit] ?? Number.NaN))
        .reduce((a, b) => a + b, 0);
}

/** Formats CPUs as the Docker provider reads them back; any other text would be a permanent diff. */
function cpusAsRead(value: number): string {
    const nine = value.toFixed(9);
    return nine.replaceAll(/[^0]/g, "").length === 9 ? value.toFixed(1) : nine.replace(/0+$/, "");
}
