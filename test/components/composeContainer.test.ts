import { describe, expect, test } from "@jest/globals";
import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { containerArgs } from "../../components/composeContainer.ts";
import { composeFile } from "../../preflight/composeFile.ts";
import type { ComposeProject } from "../../preflight/composeProject.ts";
import { composeProject } from "../support/composeProject.ts";
import { valueOf } from "../support/pulumiMocks.ts";

/** A project with these services, as Compose writes them in JSON, and the resources that containers may need. */
function projectOf(services: Readonly<Record<string, object>>): ComposeProject {
    const parsed = composeFile.parse({
        name: "mitxonline",
        services,
        networks: {
            default: { name: "mitxonline_default" },
            back: { name: "mitxonline_back" },
            elsewhere: { name: "tutor_dev_default", external: true },
        },
        volumes: { data: { name: "mitxonline_data" }, outside: { name: "outside", external: true } },
        secrets: { file: { name: "x", file: "/secret" }, environment: { name: "x", environment: "TOKEN" } },
        configs: { file: { name: "x", file: "/config" }, inline: { name: "x", content: "token = made-token.invalid" } },
    });
    const complete = Object.entries(parsed.services).map(([name, service]) => [
        name,
        { ...service, readsEnvFile: false },
    ]);
    return composeProject(Object.fromEntries(complete) as ComposeProject["services"], {
        ...parsed,
        variables: { TOKEN: "s3cret" },
    });
}

function container(services: Readonly<Record<string, object>>, service: string) {
    const named = (name: string) => ({ id: pulumi.output(`${name}-id`), name: pulumi.output(`mitxonline_${name}`) });
    return containerArgs(
        projectOf(services),
        service,
        { "made-token.invalid": pulumi.output("t0ken") },
        {
            networks: { default: named("default"), back: named("back") },
            volumes: { data: named("data") },
            containers: { db: named("db") },
        },
    );
}

async function argsOf(services: Readonly<Record<string, object>>, service = "web"): Promise<Record<string, unknown>> {
    return await valueOf(pulumi.output(container(services, service)));
}

/** What a service's keys add to its container's arguments. */
async function added(service: object, others: Readonly<Record<string, object>> = {}): Promise<object> {
    const plain = { image: "web", networks: { default: null } };
    const [without, with_] = await Promise.all([
        argsOf({ web: plain, ...others }),
        argsOf({ web: { ...plain, ...service }, ...others }),
    ]);
    return Object.fromEntries(
        Object.entries(with_).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(without[key])),
    );
}

const db = { db: { image: "db", networks: { default: null } } };
const cases: [key: string, written: object, argument: Partial<docker.ContainerArgs>][] = [
    [
        "blkio_config",
        {
            blkio_config: {
                device_read_bps: [{ Path: "/dev/sda", Rate: "12582912" }],
                device_write_iops: [{ Path: "/dev/sda", Rate: "120" }],
            },
        },
        {
            deviceReadBps: [{ path: "/dev/sda", rate: 12582912 }],
            deviceWriteIops: [{ path: "/dev/sda", rate: 120 }],
        },
    ],
    [
        "cap_add",
        { cap_add: ["net_admin", "ALL"], cap_drop: ["CAP_CHOWN"] },
        { capabilities: { adds: ["CAP_NET_ADMIN", "ALL"], drops: ["CAP_CHOWN"] } },
    ],
    ["cgroup", { cgroup: "host", cgroup_parent: "apps" }, { cgroupnsMode: "host", cgroupParent: "apps" }],
    [
        "container_name",
        { container_name: "mine" },
        {
            name: "mine",
            networksAdvanced: [{ name: "default-id", aliases: ["mine", "web"] }],
        },
    ],
    ["cpus", { cpus: 0.5 }, { cpus: "0.5" }],
    ["cpus", { cpus: 2 }, { cpus: "2.0" }],
    [
        "cpu_shares",
        { cpu_shares: 512, cpuset: "0-1", cpu_period: 100000, cpu_quota: 50000 },
        { cpuShares: 512, cpuSet: "0-1", cpuPeriod: 100000, cpuQuota: 50000 },
    ],
    ["deploy", { deploy: { placement: {}, replicas: 1, resources: {} } }, {}],
    [
        "deploy.resources",
        {
            deploy: {
                resources: {
                    limits: { cpus: 1.5, memory: "67108864" },
                    reservations: { cpus: 0.5, memory: "33554432" },
                },
            },
        },
        { cpus: "1.5", memory: 64, memorySwap: 128, memoryReservation: 32 },
    ],
    [
        "deploy.restart_policy",
        { restart: "always", deploy: { restart_policy: { condition: "on-failure", max_attempts: 3, delay: "5s" } } },
        { restart: "on-failure", maxRetryCount: 3 },
    ],
    ["device_cgroup_rules", { device_cgroup_rules: ["c 1:3 mr"] }, { deviceCgroupRules: ["c 1:3 mr"] }],
    [
        "devices",
        { devices: [{ source: "/dev/null", target: "/dev/nothing", permissions: "r" }] },
        { devices: [{ hostPath: "/dev/null", permissions: "r", containerPath: "/dev/nothing" }] },
    ],
    [
        "dns",
        { dns: ["10.1.1.1"], dns_opt: ["use-vc"], dns_search: ["example.com"] },
        { dns: ["10.1.1.1"], dnsOpts: ["use-vc"], dnsSearches: ["example.com"] },
    ],
    [
        "gpus",
        { gpus: [{ count: -1 }] },
        {
            deviceRequests: [{ driver: "", count: -1, deviceIds: [], capabilities: ["gpu"], options: {} }],
        },
    ],
    ["group_add", { group_add: ["mail", "100"] }, { groupAdds: ["mail", "100"] }],
    [
        "healthcheck",
        { healthcheck: { test: ["CMD", "true"], interval: "1m30s", start_interval: "500ms" } },
        { healthcheck: { tests: ["CMD", "true"], interval: "1m30s", startInterval: "500ms" } },
    ],
    ["healthcheck.disable", { healthcheck: { disable: true } }, { healthcheck: { tests: ["NONE"] } }],
    ["hostname", { hostname: "a-host", domainname: "example.org" }, { hostname: "a-host", domainname: "example.org" }],
    ["init", { init: true }, { init: true }],
    ["ipc", { ipc: "shareable" }, { ipcMode: "shareable" }],
    [
        "logging",
        { logging: { driver: "json-file", options: { "max-size": "10m" } } },
        { logDriver: "json-file", logOpts: { "max-size": "10m" } },
    ],
    [
        "mac_address",
        { mac_address: "02:42:ac:11:65:43" },
        {
            networksAdvanced: [
                { name: "default-id", aliases: ["mitxonline-web-1", "web"], macAddress: "02:42:ac:11:65:43" },
            ],
        },
    ],
    ["mem_limit", { mem_limit: "104857600" }, { memory: 100, memorySwap: 200 }],
    [
        "memswap_limit",
        { mem_limit: "104857600", memswap_limit: "-1", mem_reservation: "52428800" },
        { memory: 100, memorySwap: -1, memoryReservation: 50 },
    ],
    ["network_mode", { networks: {}, network_mode: "none" }, { networkMode: "none", networksAdvanced: [] }],
    [
        "network_mode",
        { networks: {}, network_mode: "service:db" },
        { networkMode: "container:db-id", networksAdvanced: [] },
    ],
    [
        "network_mode",
        { networks: {}, network_mode: "host", ports: [{ target: 80, published: "80", protocol: "tcp" }] },
        { networkMode: "host", networksAdvanced: [] },
    ],
    [
        "networks",
        {
            networks: {
                back: { aliases: ["api"], ipv4_address: "10.1.2.3", gw_priority: 1, interface_name: "eth7" },
                elsewhere: null,
            },
        },
        {
            networksAdvanced: [
                {
                    name: "back-id",
                    aliases: ["mitxonline-web-1", "web", "api"],
                    ipv4Address: "10.1.2.3",
                    gwPriority: 1,
                    driverOpts: ["com.docker.network.endpoint.ifname=eth7"],
                },
                { name: "tutor_dev_default", aliases: ["mitxonline-web-1", "web"] },
            ],
        },
    ],
    ["pid", { pid: "service:db" }, { pidMode: "container:db-id" }],
    [
        "ports",
        { ports: [{ mode: "ingress", target: 80, published: "8100-8110", protocol: "tcp", host_ip: "127.0.0.1" }] },
        { ports: [{ internal: 80, protocol: "tcp", external: 8100, ip: "127.0.0.1" }] },
    ],
    ["privileged", { privileged: true }, { privileged: true }],
    ["read_only", { read_only: true }, { readOnly: true }],
    ["restart", { restart: "on-failure:3" }, { restart: "on-failure", maxRetryCount: 3 }],
    ["restart", { restart: "no" }, { restart: "no" }],
    ["runtime", { runtime: "runc" }, { runtime: "runc" }],
    ["security_opt", { security_opt: ["no-new-privileges:true"] }, { securityOpts: ["no-new-privileges:true"] }],
    [
        "secrets",
        {
            secrets: [{ source: "file" }, { source: "environment", target: "token", mode: "0400", uid: "1" }],
            configs: [{ source: "file", target: "/etc/file" }, { source: "inline" }],
        },
        {
            volumes: [
                { containerPath: "/run/secrets/file", readOnly: true, hostPath: "/secret" },
                { containerPath: "/etc/file", readOnly: true, hostPath: "/config" },
            ],
            uploads: [
                { content: "s3cret", file: "/run/secrets/token", permissions: "0400", owner: "1" },
                { content: "token = t0ken", file: "/inline", permissions: "0444" },
            ],
        },
    ],
    ["shm_size", { shm_size: "134217728" }, { shmSize: 128 }],
    ["stop_grace_period", { stop_grace_period: "1m30s" }, { destroyGraceSeconds: 90, stopTimeout: 90 }],
    ["stop_signal", { stop_signal: "SIGINT" }, { stopSignal: "SIGINT" }],
    ["storage_opt", { storage_opt: { size: "1G" } }, { storageOpts: { size: "1G" } }],
    ["sysctls", { sysctls: { "net.core.somaxconn": "1024" } }, { sysctls: { "net.core.somaxconn": "1024" } }],
    [
        "tmpfs",
        { tmpfs: ["/run", "/cache:size=16m,mode=700"] },
        { tmpfs: { "/run": "", "/cache": "size=16m,mode=700" } },
    ],
    [
        "ulimits",
        { ulimits: { nproc: 65535, nofile: { soft: 20000, hard: 40000 } } },
        {
            ulimits: [
                { name: "nproc", soft: 65535, hard: 65535 },
                { name: "nofile", soft: 20000, hard: 40000 },
            ],
        },
    ],
    ["user", { user: "1000:1000" }, { user: "1000:1000" }],
    ["userns_mode", { userns_mode: "host" }, { usernsMode: "host" }],
    [
        "volumes",
        {
            volumes: [
                { type: "bind", source: "/a", target: "/z", bind: { create_host_path: true, selinux: "z" } },
                { type: "bind", source: "/a", target: "/slave", bind: { propagation: "rslave" } },
                { type: "volume", target: "/anonymous", volume: {} },
                { type: "volume", source: "outside", target: "/outside" },
                { type: "volume", source: "data", target: "/data", volume: { nocopy: true } },
                { type: "tmpfs", target: "/fast", tmpfs: { size: "16777216", mode: 1023 } },
            ],
        },
        {
            volumes: [
                { containerPath: "/z", readOnly: false, hostPath: "/a", selinuxRelabel: "z" },
                { containerPath: "/anonymous", readOnly: false },
                { containerPath: "/outside", readOnly: false, volumeName: "outside" },
            ],
            mounts: [
                {
                    type: "bind",
                    target: "/slave",
                    readOnly: false,
                    source: "/a",
                    bindOptions: { propagation: "rslave" },
                },
                {
                    type: "volume",
                    target: "/data",
                    readOnly: false,
                    source: "mitxonline_data",
                    volumeOptions: { noCopy: true },
                },
                {
                    type: "tmpfs",
                    target: "/fast",
                    readOnly: false,
                    tmpfsOptions: { sizeBytes: 16777216, mode: 1023 },
                },
            ],
        },
    ],
    // Keys that don't affect a running container.
    [
        "attach",
        { attach: false, develop: { watch: [] }, expose: ["80"], profiles: ["apisix"], pull_policy: "always" },
        {},
    ],
];

describe("a service's container", () => {
    test.each(cases)("maps %s %j to docker.Container's %j", async (_key, written, argument) => {
        expect(await added(written, db)).toStrictEqual(argument);
    });

    test("marks the environment's secrets as secret", async () => {
        const web = { image: "web", secrets: [{ source: "environment" }] };
        await expect(pulumi.isSecret(pulumi.output(container({ web }, "web").uploads))).resolves.toBe(true);
    });

    test("is reachable by the names that other services link to it with, if they share a network", async () => {
        const services = {
            ...db,
            web: { image: "web", networks: { default: null, back: null }, links: ["db:database", "db"] },
            nginx: { image: "nginx", networks: { back: null }, links: ["db:elsewhere"] },
        };

        expect((await argsOf(services, "db"))["networksAdvanced"]).toStrictEqual([
            { name: "default-id", aliases: ["mitxonline-db-1", "db", "database"] },
        ]);
    });

    test("may have exited if other services wait for it to complete", async () => {
        const job = { image: "job", networks: { default: null } };
        const web = { image: "web", depends_on: { job: { condition: "service_completed_successfully" } } };

        expect(await argsOf({ job, web }, "job")).toMatchObject({ mustRun: false });
        expect(await argsOf({ job, web }, "web")).not.toHaveProperty("mustRun");
    });
});
