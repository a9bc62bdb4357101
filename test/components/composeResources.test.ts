import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { ComposeResources, type ComposeResourcesArgs, inOrder } from "../../components/composeResources.ts";
import { composeProject, composeService, hashesAnswer, noVolumes } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";
import { deploy, type RecordedResource, the, valueOf } from "../support/pulumiMocks.ts";

const owner = "openedx-mit-integration/test";

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
    await commands.make("docker", {
        "compose --project-directory /": `cat >'${commands.folder}/hashed'; ${hashesAnswer("web", "db", "nginx")}`,
        // Images with "data" in their names declare a volume.
        "image inspect": `case "$*" in *data*) echo '{"/data/":{}}' ;; *) echo null ;; esac`,
        "volume inspect": "echo 2026-11-25T00:00:00Z",
    });
});
afterEach(() => commands.remove());

/** The component's arguments. The project's folder must exist, because Compose runs in it. */
const args = (
    services: ComposeResourcesArgs["project"]["services"],
    more: Partial<Omit<ComposeResourcesArgs["project"], "services">> = {},
): ComposeResourcesArgs => ({
    project: composeProject(services, { folder: commands.folder, ...more }),
    values: {},
    owner,
    gateway: "172.30.13.1",
    existing: noVolumes,
    keepsVolumes: true,
});

async function run(given: ComposeResourcesArgs) {
    let version: pulumi.Output<string> | undefined;
    const resources = await deploy(() => {
        ({ version } = new ComposeResources("compose", given));
    });
    expect(resources.filter(({ parent }) => parent !== "ComposeResources")).toStrictEqual([]);
    return { resources, version: await valueOf(version ?? "") };
}

/** The labels of a resource by name. */
function labelsOf({ inputs }: RecordedResource): Record<string, string> {
    const labels = inputs["labels"] as { label: string; value: string }[];
    return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

describe("a Compose project", () => {
    test("is a network, its volumes, its images and a container for each service, and no other resource", async () => {
        const { resources } = await run(
            args(
                { web: composeService({ image: "web:1" }), db: composeService({ image: "postgres:15" }) },
                { volumes: { state: { name: "mitxonline_state" } } },
            ),
        );

        expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toStrictEqual([
            "ComposeLeftovers mitxonline-leftovers",
            "ComposeVolumes mitxonline-volumes",
            "Container db",
            "Container web",
            "Network default",
            "RemoteImage postgres:15",
            "RemoteImage web:1",
            "Volume state",
        ]);
    });

    test("is deleted in an order that frees its network: containers, other containers of the project, network", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web:1" }) }));

        expect(the(resources, "ComposeLeftovers").inputs).toStrictEqual({ project: "mitxonline" });
        // Replacing a network replaces both: manually started containers on it are removed, and no container is missing
        // afterwards.
        expect(the(resources, "ComposeLeftovers").propertyDependencies["project"]).toContain("Network default");
        expect(the(resources, "Container").propertyDependencies["labels"]).toContain(
            "ComposeLeftovers mitxonline-leftovers",
        );
        expect(the(resources, "ComposeLeftovers").after).toContain("Network default");
        expect(the(resources, "Container").after).toContain("ComposeLeftovers mitxonline-leftovers");
    });

    test("deletes its containers and networks before it replaces them, because Docker's names are unique", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web:1" }) }));

        expect(the(resources, "Container").isDeletedBeforeReplaced).toBe(true);
        expect(the(resources, "Network").isDeletedBeforeReplaced).toBe(true);
    });

    test("has a new version when one of its containers is replaced", async () => {
        const one = await run(args({ web: composeService({ image: "web:1" }) }));
        const same = await run(args({ web: composeService({ image: "web:2" }) }));
        const other = await run(args({ nginx: composeService({ image: "web:1" }) }));

        expect(one.version).toMatch(/^[0-9a-f]{64}$/);
        // The mocks derive IDs from names.
        expect(same.version).toBe(one.version);
        expect(other.version).not.toBe(one.version);
    });
});

describe("its network", () => {
    test("has Compose's name and labels, the owner's, and the gateway that is the same on every machine", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web" }) }));
        const network = the(resources, "Network", "default");

        expect(network.inputs).toMatchObject({
            name: "mitxonline_default",
            driver: "bridge",
            ipamConfigs: [{ subnet: "172.30.13.0/24", gateway: "172.30.13.1" }],
        });
        expect(labelsOf(network)).toStrictEqual({
            "com.docker.compose.project": "mitxonline",
            "com.docker.compose.network": "default",
            "openedx-mit-integration.owner": owner,
        });
    });

    test("gets a gateway from Docker if none is needed, and so does a network other than the default", async () => {
        const project = args(
            { web: composeService({ image: "web", networks: { default: null, back: { aliases: ["api"] } } }) },
            { networks: { default: { name: "mitxonline_default" }, back: { name: "mitxonline_back" } } },
        );
        const { resources } = await run(project);
        const { resources: onMacos } = await run({ ...project, gateway: undefined });

        expect(the(resources, "Network", "back").inputs).not.toHaveProperty("ipamConfigs");
        expect(the(onMacos, "Network", "default").inputs).not.toHaveProperty("ipamConfigs");
        expect(the(resources, "Container", "web").inputs).toMatchObject({
            networksAdvanced: [
                { name: "default-id", aliases: ["mitxonline-web-1", "web"] },
                { name: "back-id", aliases: ["mitxonline-web-1", "web", "api"] },
            ],
        });
    });
});

describe("its volumes", () => {
    const project = () =>
        args({ web: composeService({ image: "web" }) }, { volumes: { state: { name: "mitxonline_state" } } });

    test("have Compose's names and labels, and the owner's", async () => {
        const volume = the((await run(project())).resources, "Volume");

        expect(volume.inputs).toMatchObject({ name: "mitxonline_state" });
        expect(labelsOf(volume)).toStrictEqual({
            "com.docker.compose.project": "mitxonline",
            "com.docker.compose.volume": "state",
            "openedx-mit-integration.owner": owner,
        });
    });

    test("stay as Compose created them, labels included, if they already exist", async () => {
        expect(the((await run(project())).resources, "Volume").ignoredChanges).toStrictEqual(["labels"]);
    });

    test("are retained when the stack is deleted; the removal reads the configuration then, when no container uses them", async () => {
        const { resources } = await run(project());

        expect(resources.filter(({ isRetained }) => isRetained).map(({ name }) => name)).toStrictEqual(["state"]);
        expect(the(resources, "ComposeVolumes").inputs).toStrictEqual({ project: "mitxonline", owner });
        expect(the(resources, "Container").after).toContain("ComposeVolumes mitxonline-volumes");
    });
});

describe("volumes without a name in the Compose file", () => {
    const anonymous = "1".repeat(64);
    const found = (mounted: Record<string, string>) => ({ ...noVolumes, mounted: { db: mounted } });
    const volumesOf = async (given: ComposeResourcesArgs) =>
        the((await run(given)).resources, "Container", "db").inputs["volumes"];

    test("have a name in the container: if the image declares them, they are the stack's own", async () => {
        await expect(volumesOf(args({ db: composeService({ image: "data:1" }) }))).resolves.toStrictEqual([
            { containerPath: "/data", volumeName: "mitxonline_db_data" },
        ]);
    });

    test("are those of the existing container, no matter who created it", async () => {
        const given = { ...args({ db: composeService({ image: "data:1" }) }), existing: found({ "/data": anonymous }) };

        await expect(volumesOf(given)).resolves.toStrictEqual([{ containerPath: "/data", volumeName: anonymous }]);
    });
});

test("the version of a service's data changes with the containers that it depends on, and with no other", async () => {
    const versionOf = async (more: Parameters<typeof args>[0]) => {
        const services = { db: composeService({ image: "db" }), ...more };
        let versions: ComposeResources["dataVersions"] = {};
        await deploy(() => {
            versions = new ComposeResources("compose", args(services)).dataVersions;
        });
        return valueOf(versions["web"] ?? "");
    };
    const alone = await versionOf({ web: composeService({ image: "web" }) });
    const version = await versionOf({ web: composeService({ image: "web", links: ["db"] }) });
    const nginx = composeService({ image: "nginx" });

    expect(version).not.toBe(alone);
    await expect(versionOf({ web: composeService({ image: "web", links: ["db"] }), nginx })).resolves.toBe(version);
});

describe("its images", () => {
    test("are pulled once for all services that use them, and stay on the machine", async () => {
        const { resources } = await run(
            args({
                web: composeService({ image: "python:3.13" }),
                db: composeService({ image: "postgres:15" }),
                nginx: composeService({ image: "python:3.13" }),
            }),
        );

        expect(the(resources, "RemoteImage", "python:3.13").inputs).toStrictEqual({
            name: "python:3.13",
            keepLocally: true,
        });
        expect(resources.filter(({ type }) => type === "RemoteImage")).toHaveLength(2);
        for (const service of ["web", "nginx"]) {
            const container = the(resources, "Container", service);
            expect(container.inputs).toMatchObject({ image: "sha256 of python:3.13" });
            expect(labelsOf(container)["com.docker.compose.image"]).toBe("sha256 of python:3.13");
        }
    });

    test("are built under Compose's name if the service has a build, and again when the Dockerfile changes", async () => {
        const dockerfile = "FROM python:3.13\n";
        await mkdir(join(commands.folder, "refine"));
        await writeFile(join(commands.folder, "refine/Dockerfile"), dockerfile);
        const build = { context: commands.folder, dockerfile: "refine/Dockerfile", target: "development" };
        const { resources } = await run(args({ web: composeService({ build }) }));

        expect(the(resources, "RemoteImage").inputs).toStrictEqual({
            name: "mitxonline-web",
            build,
            triggers: { dockerfile: createHash("sha256").update(dockerfile).digest("hex") },
            keepLocally: true,
        });
        // The provider would remove it by ID, with all of its names.
        expect(the(resources, "Command").inputs).toStrictEqual({
            interpreter: ["docker", "image", "rm", "--force"],
            delete: "mitxonline-web",
        });
        expect(the(resources, "RemoteImage").after).toContain("Command mitxonline-web-removal");
        expect(the(resources, "Container").inputs).toMatchObject({ image: "sha256 of mitxonline-web" });
    });

    test("that are built are removed one at a time", async () => {
        const build = { context: commands.folder, dockerfile: "Dockerfile" };
        const services = { web: composeService({ build }), nginx: composeService({ build }) };
        const { resources } = await run(args(services));
        const [one, other] = resources.filter(({ type }) => type === "Command");

        expect(other?.after).toContain(`Command ${one?.name ?? ""}`);
    });
});

describe("its containers", () => {
    test("have everything that the service sets", async () => {
        const { resources } = await run(
            args(
                {
                    web: composeService({
                        image: "web",
                        command: ["serve", "--port", "8013"],
                        entrypoint: ["sh", "-c"],
                        environment: { DEBUG: "True", EMPTY: "" },
                        extra_hosts: ["local.openedx.io=host-gateway", "other.odl.local=fd00::1"],
                        ports: [
                            { target: 8013, published: "8013", protocol: "tcp" },
                            { target: 8011, published: "8011", protocol: "udp", host_ip: "127.0.0.1" },
                            { target: 5432, protocol: "tcp" },
                        ],
                        networks: { default: { aliases: ["mitxonline.odl.local"] } },
                        volumes: [
                            { type: "bind", source: "/checkouts/mitxonline", target: "/src", read_only: false },
                            { type: "volume", source: "state", target: "/state", read_only: true },
                        ],
                        healthcheck: {
                            test: ["CMD", "check"],
                            interval: "3s",
                            timeout: "5s",
                            retries: 10,
                            start_period: "1m0s",
                        },
                        working_dir: "/src/",
                        stdin_open: true,
                        tty: true,
                    }),
                },
                { volumes: { state: { name: "mitxonline_state" } } },
            ),
        );
        const { labels: _labels, ...inputs } = the(resources, "Container").inputs;

        expect(inputs).toStrictEqual({
            name: "mitxonline-web-1",
            image: "sha256 of web",
            command: ["serve", "--port", "8013"],
            entrypoints: ["sh", "-c"],
            envs: ["DEBUG=True", "EMPTY="],
            hosts: [
                { host: "local.openedx.io", ip: "host-gateway" },
                { host: "other.odl.local", ip: "fd00::1" },
            ],
            ports: [
                { internal: 5432, protocol: "tcp" },
                { internal: 8011, external: 8011, protocol: "udp", ip: "127.0.0.1" },
                { internal: 8013, external: 8013, protocol: "tcp" },
            ],
            networksAdvanced: [{ name: "default-id", aliases: ["mitxonline-web-1", "web", "mitxonline.odl.local"] }],
            volumes: [
                { containerPath: "/src", hostPath: "/checkouts/mitxonline", readOnly: false },
                { containerPath: "/state", volumeName: "mitxonline_state", readOnly: true },
            ],
            healthcheck: { tests: ["CMD", "check"], interval: "3s", timeout: "5s", retries: 10, startPeriod: "1m0s" },
            // Docker omits the slash.
            workingDir: "/src",
            stdinOpen: true,
            tty: true,
            destroyGraceSeconds: 10,
            removeVolumes: false,
        });
    });

    test("have nothing that the service leaves to its image", async () => {
        const { resources } = await run(
            args({ web: composeService({ image: "web", command: null, entrypoint: null }) }),
        );
        const { inputs } = the(resources, "Container");

        for (const key of ["command", "entrypoints", "workingDir", "healthcheck", "wait"]) {
            expect(inputs).not.toHaveProperty(key);
        }
    });

    test("have the root folder as their working directory if the service says so", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web", working_dir: "/" }) }));

        expect(the(resources, "Container").inputs).toMatchObject({ workingDir: "/" });
    });

    test("have no variable that is declared without a value and not set", async () => {
        const { resources } = await run(
            args({ web: composeService({ image: "web", environment: { DEBUG: "True", UNSET: null } }) }),
        );

        expect(the(resources, "Container").inputs["envs"]).toStrictEqual(["DEBUG=True"]);
    });

    test("have the labels by which Compose recognizes them, and the owner's", async () => {
        const { resources } = await run(
            args({
                web: composeService({
                    image: "web",
                    depends_on: {
                        db: { condition: "service_healthy", restart: false, required: true },
                        nginx: { condition: "service_started", restart: true, required: true },
                    },
                }),
                db: composeService({ image: "db" }),
                nginx: composeService({ image: "nginx" }),
            }),
        );

        expect(labelsOf(the(resources, "Container", "web"))).toStrictEqual({
            "com.docker.compose.project": "mitxonline",
            "com.docker.compose.service": "web",
            "com.docker.compose.oneoff": "False",
            "com.docker.compose.container-number": "1",
            "com.docker.compose.project.working_dir": commands.folder,
            "com.docker.compose.project.config_files":
                "/checkouts/mitxonline/docker-compose.yml,/checkouts/mitxonline/docker-compose.override.yml",
            "com.docker.compose.depends_on": "db:service_healthy:false,nginx:service_started:true",
            "com.docker.compose.config-hash": "hash-of-web",
            "com.docker.compose.image": "sha256 of web",
            "openedx-mit-integration.owner": owner,
        });
        expect(labelsOf(the(resources, "Container", "db"))).toMatchObject({
            "com.docker.compose.depends_on": "",
            "com.docker.compose.config-hash": "hash-of-db",
        });
    });
});

describe("the values known only during a run", () => {
    const values = () => ({
        "made-open-edx-gateway.invalid": pulumi.output("172.18.0.1"),
        "made-client-secret.invalid": pulumi.secret('s3"cret'),
    });

    test("replace their placeholders", async () => {
        const web = composeService({
            image: "web",
            command: ["serve", "made-open-edx-gateway.invalid:8000", "http://made-open-edx-gateway.invalid/x"],
            entrypoint: ["run", "made-client-secret.invalid"],
            environment: { OPENEDX_IP: "made-open-edx-gateway.invalid", SECRET: "made-client-secret.invalid" },
            extra_hosts: ["lms=made-open-edx-gateway.invalid"],
        });
        const { resources } = await run({ ...args({ web }), values: values() });

        expect(the(resources, "Container").inputs).toMatchObject({
            command: ["serve", "172.18.0.1:8000", "http://172.18.0.1/x"],
            entrypoints: ["run", 's3"cret'],
            envs: ["OPENEDX_IP=172.18.0.1", 'SECRET=s3"cret'],
            hosts: [{ host: "lms", ip: "172.18.0.1" }],
        });
    });

    test("make a property secret if they are secret, or if it may contain values from an env file", async () => {
        const gateway = composeService({ image: "web", environment: { OPENEDX_IP: "made-open-edx-gateway.invalid" } });
        const { resources } = await run({
            ...args({
                web: composeService({ image: "web", environment: { SECRET: "made-client-secret.invalid" } }),
                db: gateway,
                nginx: { ...gateway, readsEnvFile: true },
            }),
            values: values(),
        });

        expect(the(resources, "Container", "web").secrets).toStrictEqual(["envs"]);
        expect(the(resources, "Container", "db").secrets).toStrictEqual([]);
        expect(the(resources, "Container", "nginx").secrets).toStrictEqual(["envs"]);
    });

    test("make a property secret if Compose interpolates it: commands, checks, labels and options, but nothing else", async () => {
        const web = composeService({
            image: "web",
            command: ["serve", "made-client-secret.invalid"],
            entrypoint: ["run"],
            healthcheck: { test: ["CMD", "check", "mine"] },
            labels: { mine: "made-open-edx-gateway.invalid" },
            logging: { driver: "splunk", options: { token: "mine" } },
            working_dir: "/src",
        });
        const volumes = { share: { name: "share", driver_opts: { o: "password=mine" } } };
        const keys = ["command", "entrypoint", "healthcheck", "labels", "logging", "working_dir"];
        const interpolated = [...keys.map((key) => `services.web.${key}`), "volumes.share.driver_opts"];
        const filledIn = await run({ ...args({ web }, { interpolated, volumes }), values: values() });
        const asWritten = await run(args({ web }, { volumes }));

        const container = the(filledIn.resources, "Container");
        expect(container.secrets.toSorted()).toStrictEqual([
            ...["command", "entrypoints", "healthcheck", "labels", "logOpts"],
        ]);
        expect(labelsOf(container)).toMatchObject({ mine: "172.18.0.1", "com.docker.compose.service": "web" });
        expect(the(filledIn.resources, "Volume").secrets).toStrictEqual(["driverOpts"]);
        for (const type of ["Container", "Volume"]) {
            expect(the(asWritten.resources, type).secrets).toStrictEqual([]);
        }
    });

    test("reach Compose's hashes through standard input only", async () => {
        const normalized = JSON.stringify({
            services: { web: { image: "web", command: ["made-client-secret.invalid"] } },
        });
        await run({ ...args({ web: composeService({ image: "web" }) }, { normalized }), values: values() });

        const hashed = JSON.parse(await readFile(join(commands.folder, "hashed"), "utf8")) as unknown;
        expect(hashed).toStrictEqual({ services: { web: { image: "web", command: ['s3"cret'] } } });
        const calls = await commands.calls("docker");
        expect(calls.filter((call) => call.startsWith("compose"))).toStrictEqual([
            `compose --project-directory ${commands.folder} --profile * --file - config --no-interpolate --hash *`,
        ]);
    });

    test("are used verbatim, whatever they contain", async () => {
        const normalized = JSON.stringify({ command: "made-client-secret.invalid" });
        const web = composeService({ image: "web", command: ["made-client-secret.invalid"] });
        const { resources } = await run({
            ...args({ web }, { normalized }),
            values: { "made-client-secret.invalid": pulumi.secret("a$$b$&c") },
        });

        expect(the(resources, "Container").inputs["command"]).toStrictEqual(["a$$b$&c"]);
        await expect(readFile(join(commands.folder, "hashed"), "utf8")).resolves.toBe('{"command":"a$$b$&c"}');
    });
});

describe("the order of its containers", () => {
    const on = (service: string, more: { condition?: "service_healthy"; restart?: true } = {}) => ({
        [service]: { condition: "service_started", restart: false, required: true, ...more } as const,
    });

    test("follows their dependencies and legacy links", async () => {
        const { resources } = await run(
            args({
                nginx: composeService({ image: "nginx", links: ["web"] }),
                web: composeService({ image: "web", depends_on: on("db") }),
                db: composeService({ image: "db" }),
                mail: composeService({ image: "mail" }),
            }),
        );

        expect(the(resources, "Container", "web").after).toContain("Container db");
        expect(the(resources, "Container", "nginx").after).toContain("Container web");
        // A service without dependencies waits for nothing.
        for (const service of ["db", "mail"]) {
            expect(
                the(resources, "Container", service).after.filter((one) => one.startsWith("Container")),
            ).toStrictEqual([]);
        }
    });

    test("ignores services that are not in the project", () => {
        const services = {
            a: composeService({ links: ["c"] }),
            b: composeService({ depends_on: { ...on("a"), ...on("missing") } }),
            c: composeService(),
        };

        expect(inOrder(services).map(([service]) => service)).toStrictEqual(["c", "a", "b"]);
    });

    test("waits until a container is healthy only if another needs that", async () => {
        const { resources } = await run(
            args({
                web: composeService({
                    image: "web",
                    depends_on: { ...on("db", { condition: "service_healthy" }), ...on("nginx") },
                }),
                db: composeService({ image: "db" }),
                nginx: composeService({ image: "nginx" }),
            }),
        );

        expect(the(resources, "Container", "db").inputs).toMatchObject({ wait: true, waitTimeout: 600 });
        expect(the(resources, "Container", "nginx").inputs).not.toHaveProperty("wait");
        expect(the(resources, "Container", "web").inputs).not.toHaveProperty("wait");
    });

    test("replaces containers together with the dependencies that they restart with", async () => {
        const { resources } = await run(
            args({
                nginx: composeService({ image: "nginx", depends_on: on("web", { restart: true }) }),
                web: composeService({ image: "web", depends_on: on("db") }),
                db: composeService({ image: "db" }),
            }),
        );

        expect(the(resources, "Container", "nginx").replacedWith).toStrictEqual(["Container web"]);
        expect(the(resources, "Container", "web").replacedWith).toStrictEqual([]);
    });
});

describe("right before or after its creation", () => {
    const running = { condition: "service_started", restart: false, required: true } as const;
    const completed = { ...running, condition: "service_completed_successfully" } as const;
    const inProject = "--filter label=com.docker.compose.project=mitxonline";
    const label = '{{index .Config.Labels "com.docker.compose.project"}}';
    /** The Docker calls of a hook. */
    const callsOf = async (resource: RecordedResource, kind: Parameters<RecordedResource["runHooks"]>[0]) => {
        const before = (await commands.calls("docker")).length;
        await resource.runHooks(kind);
        return (await commands.calls("docker")).slice(before);
    };
    const answers = {
        "compose --project-directory /": hashesAnswer("web", "db", "migrate"),
        "image inspect": `case "$*" in *data*) echo '{"/data/":{}}' ;; *) echo null ;; esac`,
        "volume inspect": "echo 2026-11-25T00:00:00Z",
    };
    beforeEach(() => commands.make("docker", answers));

    test("a container's name is free: a container with it that a killed run or Compose left is removed", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web" }) }));
        const inspect = `container inspect --format ${label} mitxonline-web-1`;
        const remove = "rm --force mitxonline-web-1";
        await commands.make("docker", {
            [inspect]: "echo mitxonline",
            "container inspect": "echo []",
            [remove]: "true",
        });
        const calls = await callsOf(the(resources, "Container"), "beforeCreate");

        expect(calls).toStrictEqual([inspect, "container inspect mitxonline-web-1", remove]);
    });

    test("a container's own volume exists", async () => {
        const { resources } = await run(args({ db: composeService({ image: "data:1" }) }));
        await commands.make("docker", {
            "container inspect": "echo 'Error: No such container' >&2; exit 1",
            "volume create": "true",
        });
        const calls = await callsOf(the(resources, "Container"), "beforeCreate");

        expect(calls.at(-1)).toMatch(/^volume create .*owner=openedx-mit-integration\/test.* mitxonline_db_data$/);
    });

    test("the containers that must complete first have completed, and no others are waited for", async () => {
        const services = {
            web: composeService({ image: "web", depends_on: { migrate: completed, db: running } }),
            migrate: composeService({ image: "web" }),
            db: composeService({ image: "db" }),
        };
        const container = the((await run(args(services))).resources, "Container", "web");
        const absent = "echo 'Error: No such container' >&2; exit 1";
        await commands.make("docker", { "wait mitxonline-migrate-1": "echo 0", "container inspect": absent });
        const calls = await callsOf(container, "beforeCreate");
        expect(calls.filter((call) => call.startsWith("wait"))).toStrictEqual(["wait mitxonline-migrate-1"]);

        await commands.make("docker", { "wait mitxonline-migrate-1": "echo 3", logs: "echo no database" });
        await expect(container.runHooks("beforeCreate")).rejects.toThrow(
            /mitxonline-migrate-1 exited with code 3[^]*no database/,
        );
    });

    test("a container's prerequisites are checked, and nothing is removed if they are missing", async () => {
        const expectation = () => Promise.reject(new Error("no database keycloak"));
        const given = { ...args({ web: composeService({ image: "web" }) }), expectations: { web: expectation } };
        const container = the((await run(given)).resources, "Container");
        const before = await commands.calls("docker");

        await expect(container.runHooks("beforeCreate")).rejects.toThrow("no database keycloak");
        await expect(commands.calls("docker")).resolves.toStrictEqual(before);
    });

    test("a network's name is free: a network with it that a killed run or Compose left is removed, with its containers", async () => {
        const { resources } = await run(args({ web: composeService({ image: "web" }) }));
        const labels = { "com.docker.compose.project": "mitxonline" };
        const list = `ps --all --quiet --no-trunc ${inProject}`;
        const removals = ["rm --force c0ffee", "network rm mitxonline_default"];
        await commands.make("docker", {
            "network inspect mitxonline_default": networkAnswer("mitxonline_default", labels, null),
            [list]: "echo c0ffee",
            "container inspect c0ffee": "echo []",
            ...Object.fromEntries(removals.map((removal) => [removal, "true"])),
        });
        const calls = await callsOf(the(resources, "Network"), "beforeCreate");

        expect(calls.filter((call) => removals.includes(call))).toStrictEqual(removals);
    });

    test("an image is built by Compose, or must exist if it must not be pulled", async () => {
        const build = { context: commands.folder, dockerfile: "Dockerfile" };
        const { resources } = await run(
            args({
                web: composeService({ build }),
                db: composeService({ image: "mine:1", pull_policy: "never" }),
                nginx: composeService({ image: "nginx:1" }),
            }),
        );
        await commands.make("docker", { "compose --progress plain": "echo step 1", "image ls": "true" });
        const image = (name: string) => the(resources, "RemoteImage", name);
        const log = jest.spyOn(console, "log").mockReturnValue();
        const calls = await callsOf(image("mitxonline-web"), "beforeCreate");
        log.mockRestore();

        expect(calls).toStrictEqual([expect.stringMatching(/^compose --progress plain .* build web$/)]);
        await expect(image("mine:1").runHooks("beforeCreate")).rejects.toThrow(
            "The image mine:1 is not on this machine",
        );
        await expect(callsOf(image("nginx:1"), "beforeCreate")).resolves.toStrictEqual([]);
    });

    test("the holder of a container's volumes is removed once the container has them, and nothing else is", async () => {
        const { resources } = await run(args({ db: composeService({ image: "db" }) }));
        const holders = `ps --all --quiet --no-trunc ${inProject} --filter label=openedx-mit-integration.holder=db`;
        await commands.make("docker", { [holders]: "echo h01der", "rm --force h01der": "true" });
        const calls = await callsOf(the(resources, "Container"), "afterCreate");

        expect(calls).toStrictEqual([holders, "rm --force h01der"]);
    });
});
