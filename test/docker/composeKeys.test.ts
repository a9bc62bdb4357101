import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { cleanUpIn } from "../support/cleanUp.ts";
import { makeStack, type TestStack } from "../support/stack.ts";
import { describeDocker } from "./docker.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker } from "./environment.ts";
import { type ServedImage, serveImage } from "./registry.ts";

/** What each service adds to the plain one. */
const differing: Readonly<Record<string, object>> = {
    build: {
        image: undefined,
        build: {
            context: ".",
            dockerfile: "Building",
            target: "made",
            network: "none",
            args: { FLAVOR: "sweet" },
            labels: { "com.example.built": "yes" },
            secrets: ["fromFile"],
        },
    },
    cap_add: { cap_add: ["net_admin", "CAP_SYS_TIME"], cap_drop: ["MKNOD"] },
    cgroup: { cgroup: "private" },
    configs: { configs: ["fromFile", { source: "inline", target: "/etc/inline", mode: "0440", uid: "1", gid: "2" }] },
    command: { command: ["sh", "-c", "sleep infinity", "${TOKEN}"], labels: { token: "${TOKEN}" } },
    container_name: { container_name: "a-name-of-its-own" },
    cpu_shares: { cpu_shares: 512, cpuset: "0" },
    cpus: { cpus: 0.25 },
    depends_on: {
        depends_on: {
            once: { condition: "service_completed_successfully" },
            plain: { condition: "service_started", restart: true },
        },
    },
    deploy: {
        deploy: {
            replicas: 1,
            resources: { limits: { cpus: "1.5", memory: "64M" }, reservations: { memory: "32M", cpus: "0.5" } },
            restart_policy: { condition: "on-failure", max_attempts: 2 },
        },
    },
    devices: { devices: ["/dev/null:/dev/nothing:r", "/dev/zero"] },
    device_cgroup_rules: { device_cgroup_rules: ["c 1:3 mr"] },
    dns: { dns: ["10.1.1.1"], dns_opt: ["use-vc"], dns_search: ["example.com"] },
    entrypoint: { entrypoint: ["sleep"], command: ["infinity"] },
    expose: { expose: ["8000"] },
    extra_hosts: { extra_hosts: ["lms.local:host-gateway", "other.local:10.1.1.2"] },
    group_add: { group_add: ["mail", 100] },
    healthcheck: {
        healthcheck: {
            test: ["CMD", "true"],
            interval: "90s",
            start_period: "1m",
            retries: 2,
        },
    },
    healthcheck_disable: { healthcheck: { disable: true } },
    hostname: { hostname: "a-host", domainname: "example.org" },
    init: { init: true },
    ipc: { ipc: "shareable" },
    labels: { labels: { "com.example.note": "mine" } },
    links: { links: ["plain:database"] },
    logging: { logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } } },
    mem_limit: { mem_limit: "64m", mem_reservation: "32m" },
    memswap_limit: { mem_limit: "64m", memswap_limit: "128m" },
    memswap_unlimited: { mem_limit: "64m", memswap_limit: -1 },
    network_mode_host: { network_mode: "host" },
    network_mode_none: { network_mode: "none" },
    network_mode_service: { network_mode: "service:plain" },
    networks: {
        networks: {
            back: { ipv4_address: "10.213.7.9", aliases: ["api"] },
            elsewhere: null,
        },
    },
    pid: { pid: "host" },
    pid_service: { pid: "service:plain" },
    platform: { platform: `linux/${process.arch === "x64" ? "amd64" : process.arch}` },
    ports: { ports: ["127.0.0.1:18613:8013", "18614-18616:8014", "18617-18618:8017-8018", "53/udp"] },
    pull_policy: { pull_policy: "never" },
    read_only: { read_only: true },
    restart: { restart: "unless-stopped" },
    restart_retries: { restart: "on-failure:3" },
    scale: { scale: 1 },
    secrets: { secrets: ["fromFile", { source: "fromEnvironment", target: "token", mode: "0400" }] },
    security_opt: { security_opt: ["no-new-privileges:true", "seccomp:unconfined"] },
    seccomp_file: { security_opt: ["seccomp:./seccomp.json"] },
    shm_size: { shm_size: "128m" },
    stop_grace_period: { stop_grace_period: "1s" },
    stop_signal: { stop_signal: "SIGINT" },
    sysctls: { sysctls: { "net.core.somaxconn": 1024 } },
    tmpfs: { tmpfs: ["/run", "/cache:size=16m"] },
    ulimits: { ulimits: { nproc: 1000, nofile: { soft: 512, hard: 1024 } } },
    user: { user: "1000:1000" },
    userns_mode: { userns_mode: "host" },
    volumes: {
        volumes: [
            "./folder:/short:ro",
            "./folder:/selinux:z",
            "./folder:/private:rprivate",
            { type: "bind", source: "./folder", target: "/long", bind: { create_host_path: false } },
            "data:/data",
            "outside:/outside",
            { type: "tmpfs", target: "/fast", tmpfs: { size: "16m", mode: 0o1777 } },
        ],
    },
    volumes_anonymous: { volumes: ["/src/node_modules"] },
    working_dir: { working_dir: "/usr/local/" },
};

const plain = { image: "openedx-mit-test/services", command: ["sleep", "infinity"], stop_grace_period: "0s" };
/** One of its stages can't be built. */
const building = `
FROM openedx-mit-test/services AS made
ARG FLAVOR
RUN --mount=type=secret,id=fromFile mkdir /built && cp /run/secrets/fromFile /built/secret
LABEL flavor=$FLAVOR
FROM openedx-mit-test/none`;
/** Services with files that aren't mounts: the files to compare in their containers. */
const copied: Readonly<Record<string, string>> = {
    build: "/built/*",
    configs: "/fromFile /etc/inline",
    secrets: "/run/secrets/*",
};
const projectWith = (pinned: string) => ({
    name: "every-key",
    services: {
        plain,
        once: { ...plain, command: ["true"] },
        pinned: { image: pinned, init: true },
        last: { ...plain, depends_on: { pinned: { condition: "service_completed_successfully" } } },
        ...Object.fromEntries(Object.entries(differing).map(([key, more]) => [key, { ...plain, ...more }])),
    },
    networks: {
        back: {
            driver_opts: { "com.docker.network.bridge.name": "br-keys" },
            ipam: { config: [{ subnet: "10.213.7.0/24", gateway: "10.213.7.1", ip_range: "10.213.7.0/25" }] },
            labels: { "com.example.note": "mine" },
            internal: true,
        },
        elsewhere: { external: true, name: "keys-elsewhere" },
    },
    volumes: {
        data: { driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=1m" }, labels: { "com.example.note": "mine" } },
        outside: { external: true, name: "keys-outside" },
    },
    secrets: { fromFile: { file: "./secret.txt" }, fromEnvironment: { environment: "TOKEN" } },
    configs: { fromFile: { file: "./config.txt" }, inline: { content: "token ${TOKEN}\n" } },
});

type Inspected = Readonly<Record<string, unknown>>;

describeDocker("the keys of a Compose file, on a real Docker daemon,", () => {
    let docker: DockerEnvironment;
    let pinned: ServedImage;
    let project: ReturnType<typeof projectWith>;
    let checkout: string;
    let stack: TestStack;
    let byCompose: Readonly<Record<string, Inspected>>;
    let byStack: Readonly<Record<string, Inspected>>;
    const cleanUp = cleanUpIn(afterAll);

    beforeAll(async () => {
        docker = await prepareDocker();
        cleanUp(() => docker.release());
        Object.assign(process.env, docker.env);
        pinned = await serveImage();
        cleanUp(() => {
            pinned.close();
        });
        cleanUp(() => docker.docker("image", "rm", "--force", pinned.name));
        project = projectWith(pinned.name);
        checkout = join(await realpath(await mkdtemp(join(tmpdir(), "keys-"))), "every-key");
        cleanUp(() => rm(join(checkout, ".."), { recursive: true }));
        await mkdir(join(checkout, "folder"), { recursive: true });
        await Promise.all(
            Object.entries({
                "docker-compose.yml": JSON.stringify(project),
                ".env": "TOKEN='s3cret\nof two lines'\n",
                "secret.txt": "secret\n",
                "config.txt": "config\n",
                Building: building,
                "seccomp.json": JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [] }, null, 4),
            }).map(([file, text]) => writeFile(join(checkout, file), text)),
        );
        await docker.docker("network", "create", "keys-elsewhere");
        await docker.docker("volume", "create", "keys-outside");
        const compose = (...args: string[]) => execa("docker", ["compose", ...args], { cwd: checkout });
        await compose("up", "--detach");
        byCompose = await containers();
        await compose("down", "--volumes");
        stack = await makeStack({ checkout }, "test/docker/programs/compose.ts");
        cleanUp(() => stack.remove());
        cleanUp(() => stack.destroy());
        await stack.up();
        byStack = await containers();
    }, preparationTimeout);

    /** Docker's description of each service's container. */
    const containers = async () => {
        const ids = (await docker.docker("ps", "--all", "--quiet")).split("\n");
        const all = JSON.parse(await docker.docker("inspect", ...ids)) as InspectedContainer[];
        const found = all.map(async (container) => {
            const service = container.Config.Labels["com.docker.compose.service"] ?? "";
            return [service, { ...comparable(container, service), files: await filesIn(service) }] as const;
        });
        return Object.fromEntries(await Promise.all(found));
    };
    /** Permissions, owner and content of a container's files that aren't mounted. */
    const filesIn = async (service: string) => {
        const files = copied[service];
        const show = `for file in ${files ?? ""}; do stat -c '%n %a %u %g' "$file" && cat "$file"; done`;
        return files === undefined ? "" : docker.docker("exec", `every-key-${service}-1`, "sh", "-c", show);
    };

    test.each(Object.keys(differing))("%s has the same effect as with Compose", (key) => {
        const byBoth = [byCompose, byStack].map((all) => difference(all[key] ?? {}, all["plain"] ?? {}));

        expect(byBoth[1]).toEqual(byBoth[0]);
    });

    test("resolve a link's alias to the other container", async () => {
        await expect(docker.docker("exec", "every-key-links-1", "getent", "hosts", "database")).resolves.toMatch(
            /^\d+(\.\d+){3}\s/,
        );
    });

    test("resolve an image with a tag and a digest to that digest", async () => {
        const [, digest = ""] = pinned.name.split("@");
        const id = await docker.docker("inspect", "--format", "{{.Image}}", "every-key-pinned-1");
        const digests = await docker.docker("image", "inspect", "--format", "{{.RepoDigests}}", id);
        expect(digests).toContain(digest);
    });

    test("leave no interpolated value in the state", async () => {
        await expect(stack.state()).resolves.not.toContain("s3cret");
    });

    test("plan no change once they are applied, with and without a refresh", async () => {
        await expect(stack.preview()).resolves.toEqual({});
        // The refresh itself finds outputs that the Docker provider doesn't have yet after creating something.
        await expect(stack.upRefreshing()).resolves.toEqual({ refresh: expect.any(Number) });
    });

    test("of a failing build end the run, which shows the step", async () => {
        await writeFile(join(checkout, "Failing"), `FROM ${plain.image}\nRUN echo "2 and 2 is $((2 + 2))" && false\n`);
        const failing = { build: { context: ".", dockerfile: "Failing", network: "none" } };
        const broken = { ...project, services: { ...project.services, failing } };
        await writeFile(join(checkout, "docker-compose.yml"), JSON.stringify(broken));

        await expect(stack.up()).rejects.toThrow();
        expect(stack.transcript()).toContain("2 and 2 is 4");
    });
});

interface InspectedContainer {
    readonly Name: string;
    readonly Config: { readonly Labels: Readonly<Record<string, string>> } & Inspected;
    readonly NetworkSettings: { readonly Networks: Readonly<Record<string, Attachment>> };
    readonly HostConfig: Inspected;
    readonly Mounts: readonly { Type: string; Name?: string; Source: string; Destination: string; Mode: string }[];
}

interface Attachment {
    readonly Aliases: readonly string[] | null;
    readonly IPAMConfig: object | null;
}

/** A container's description without what differs by run, with equivalent forms unified. */
function comparable(
    { Name, Config, HostConfig, Mounts, NetworkSettings }: InspectedContainer,
    service: string,
): Inspected {
    // Compose refers to the image by name, the stack by ID.
    const { Labels, Hostname, Image: _image, ExposedPorts: _exposed, Volumes: _volumes, ...config } = Config;
    const {
        Binds: _binds,
        Mounts: _mounts,
        NetworkMode,
        PidMode,
        PortBindings,
        Devices,
        SecurityOpt,
        ExtraHosts,
        Ulimits,
        ...host
    } = HostConfig;
    return {
        Name: Name === `/every-key-${service}-1` ? "" : Name,
        ...config,
        Labels: Object.fromEntries(Object.entries(Labels).filter(([label]) => !/compose|owner/.test(label))),
        Hostname: /^[0-9a-f]{12}$/.test(String(Hostname)) ? "" : Hostname,
        ...host,
        Devices: sorted(Devices),
        SecurityOpt: sorted(SecurityOpt),
        // Compose writes them in any order.
        ExtraHosts: sorted(ExtraHosts),
        Ulimits: sorted(Ulimits),
        // A network can be referred to by ID or name, and a container by ID.
        NetworkMode: /^(host$|none$|container:)/.exec(String(NetworkMode))?.[0] ?? "",
        PidMode: String(PidMode).replace(/:.*/, ""),
        PortBindings: mapPorts(PortBindings),
        Networks: Object.fromEntries(
            Object.entries(NetworkSettings.Networks).map(([name, { Aliases, IPAMConfig }]) => [
                name,
                { IPAMConfig: IPAMConfig ?? {}, Aliases: (Aliases ?? []).filter(isOwnAlias(service, Name)).sort() },
            ]),
        ),
        Mounts: Object.fromEntries(
            Mounts.map(({ Destination, Source, Mode: _mode, ...mount }) => [
                Destination,
                { ...mount, ...(isUnnamed(mount.Name) ? { Name: "" } : { Source }) },
            ]),
        ),
    };
}

/**
 * Whether an alias is in the file. Every container also has those of its service, name and ID, and those of links to it.
 */
function isOwnAlias(service: string, name: string): (alias: string) => boolean {
    return (alias) => ![service, name.slice(1), "database"].includes(alias) && !/^[0-9a-f]{12}$/.test(alias);
}

/** Whether the Compose file leaves a volume unnamed: Docker or the stack then chooses a name. */
function isUnnamed(name = ""): boolean {
    return /^([0-9a-f]{64}|every-key_volumes_anonymous_src_node_modules)$/.test(name);
}

function sorted(items: unknown): unknown {
    const text = JSON.stringify;
    return Array.isArray(items) ? items.toSorted((one, other) => (text(one) < text(other) ? -1 : 1)) : items;
}

/** The stack binds ports without an address to IPv4, and of a range, the first port. */
function mapPorts(bindings: unknown): unknown {
    return JSON.parse(
        JSON.stringify(bindings)
            .replaceAll('"HostIp":""', '"HostIp":"0.0.0.0"')
            .replaceAll('"HostPort":""', '"HostPort":"0"')
            .replace(/"HostPort":"(\d+)-\d+"/g, '"HostPort":"$1"'),
    );
}

/** The entries of a record that differ from those of another one. */
function difference(one: Inspected, other: Inspected): Inspected {
    return Object.fromEntries(Object.entries(one).filter(([key, value]) => !isDeepStrictEqual(value, other[key])));
}
