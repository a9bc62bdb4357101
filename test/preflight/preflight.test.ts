import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { preflight } from "../../preflight/preflight.ts";
import { parseSettings } from "../../config/load.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";

/** A machine with every problem: a used port, a used subnet, a full disk, and someone else's containers. */
const theirs = "printf 'theirs-1\\t\\n'";
const dockerAnswers = {
    "version --format": "echo 28.5.2",
    "compose version --short": "echo 2.40.3",
    "context inspect": "echo unix:///var/run/docker.sock",
    "network ls --quiet --filter": "true",
    "network ls --quiet": "echo other",
    "network ls --filter": "true",
    "network inspect --format": "echo 'other 172.30.0.0/16'",
    // The file system without a single free byte.
    info: "echo /proc",
    "ps --filter publish=": theirs,
    "ps --all --quiet": "true",
    "ps --all --filter": "true",
};
const portFault = (port: number) => `port ${port} is used by the container theirs-1`;
const subnetFault = /the network other already uses the addresses 172\.30\.0\.0\/16/;
const diskFault = "/proc has 0 GB of free disk space";

// Only Linux has /proc.
const describeLinux = existsSync("/proc/version") ? describe : describe.skip;

let commands: FakeCommands;
let server: Server;
let port: number;
beforeEach(async () => {
    commands = await fakeCommands();
    server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
    server.close();
    await commands.remove();
});

const docker = (answers: Readonly<Record<string, string>> = {}) =>
    commands.make("docker", { ...answers, ...dockerAnswers, ...answers });
/** Settings for servers that someone else runs, with the given values. */
const settingsOf = (values: Readonly<Record<string, string>>) =>
    parseSettings({
        platform: "linux",
        lmsPassword: "password of the LMS",
        lmsGateway: values["lmsFrom"] === "tutor" ? "" : "172.18.0.1",
        applicationPassword: "password of the application",
        applicationGateway: values["applicationFrom"] === "compose" ? "" : "172.19.0.1",
        // An existing folder.
        envFile: join(commands.folder, ".env"),
        ...values,
    });
/** The reported problems as one text; `""` if there are none. */
const faults = async (values: Readonly<Record<string, string>>): Promise<string> => {
    const settings = settingsOf(values);
    try {
        await preflight(settings);
        return "";
    } catch (error) {
        if (pulumi.RunError.isInstance(error)) {
            return error.message;
        }
        throw error;
    }
};

describeLinux("a machine that is to run Open edX", () => {
    const values = () => ({ lmsFrom: "tutor", tutorRelease: "22", lmsUrl: `http://localhost:${port}` });
    beforeEach(async () => {
        const root = join(commands.folder, "root");
        await mkdir(root);
        await writeFile(join(root, "config.yml"), "LMS_HOST: localhost\n");
        await commands.make("tutor", {
            "config printroot": `echo '${root}'`,
            "config printvalue LMS_HOST": "echo localhost",
            "config printvalue DEV_PROJECT_NAME": "echo tutor_dev",
        });
    });

    test("is reported with all its problems at once: port, subnet, disk", async () => {
        await docker();
        const told = await faults(values());

        expect(told).toContain(portFault(port));
        expect(told).toMatch(subnetFault);
        expect(told).toContain(diskFault);
    });

    test("needs no addresses if its network exists, and no space if its containers do", async () => {
        await docker({
            "network ls --quiet --filter": "echo mine",
            "network inspect mine": networkAnswer("tutor_dev_default", null, [{ Gateway: "172.18.0.1" }]),
            "ps --all --quiet": "echo c0ffee",
        });
        const told = await faults(values());

        expect(told).toContain(portFault(port));
        expect(told).not.toMatch(subnetFault);
        expect(told).not.toContain(diskFault);
    });

    test("needs no addresses on macOS", async () => {
        await docker();
        const told = await faults({ ...values(), platform: "macos" });

        expect(told).toContain(portFault(port));
        expect(told).not.toMatch(subnetFault);
    });

    test("is reported with unusable Tutor and Docker before anything else", async () => {
        await docker({ "version --format": "exit 1" });
        const told = await faults({ ...values(), tutor: "no-such-tutor" });

        expect(told).toContain("Docker can't be used");
        expect(told).toContain("no-such-tutor can't be run");
        expect(told).not.toContain(portFault(port));
    });

    test("passes if nothing is in the way", async () => {
        server.close();
        await once(server, "close");
        await docker({ "network inspect --format": "echo 'other 10.0.0.0/24'", info: "echo /no/such/folder" });

        await expect(faults(values())).resolves.toBe("");
    });

    test("is not checked for a server that runs outside the stack", async () => {
        await docker();

        await expect(faults({ lmsUrl: `http://localhost:${port}` })).resolves.toBe("");
        await expect(commands.calls("docker")).resolves.toStrictEqual([]);
    });
});

describeLinux("a machine that is to run the application", () => {
    let envFile: string;
    beforeEach(async () => {
        const checkout = join(commands.folder, "mitxonline");
        envFile = join(checkout, ".env");
        await mkdir(checkout);
        await writeFile(join(checkout, "docker-compose.yml"), "services: {}\n");
    });
    const values = () => ({ application: "mitxonline", applicationFrom: "compose", envFile });
    /** The answers of Docker, and of Compose for a project that publishes the port. */
    const compose = async (answers: Readonly<Record<string, string>> = {}, web: object = {}, network: object = {}) => {
        const file = join(commands.folder, "project.json");
        const project = {
            name: "mitxonline",
            services: {
                web: {
                    image: "web",
                    ports: [{ target: 80, published: String(port), protocol: "tcp", mode: "ingress" }],
                    ...web,
                },
            },
            networks: { default: { name: "mitxonline_default", ...network } },
        };
        await writeFile(file, JSON.stringify(project));
        await docker({ ...answers, "compose -": `cat '${file}'` });
    };
    const ownerFault = /not managed by this stack: theirs-1/;

    test("is reported with all its problems at once: containers of others, port, subnet", async () => {
        await compose({ "ps --all --filter": theirs });
        const told = await faults(values());

        expect(told).toMatch(ownerFault);
        expect(told).toContain(portFault(port));
        expect(told).toMatch(subnetFault);
    });

    test("may have containers of others if they are to be taken over, or the stack has a block in the checkout's .env", async () => {
        await compose({ "ps --all --filter": theirs });
        await expect(faults(values())).resolves.toMatch(ownerFault);
        const adopting = await faults({ ...values(), adopt: "true" });
        const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
        await writeFile(
            envFile,
            `# BEGIN ${owner} (managed by Pulumi: edits in here are undone)\nA=1\n# END ${owner}\n`,
        );

        for (const told of [adopting, await faults(values())]) {
            expect(told).toContain(portFault(port));
            expect(told).not.toMatch(ownerFault);
        }
    });

    test("is reported if Pulumi's Docker provider would use another daemon than Compose", async () => {
        const former = process.env["DOCKER_HOST"];
        Reflect.deleteProperty(process.env, "DOCKER_HOST");
        await compose({ "context inspect": "echo unix:///other/socket", "--host unix:///other/socket": "echo one" });

        await expect(faults(values())).resolves.toContain("Docker's current context uses unix:///other/socket");
        Object.assign(process.env, former === undefined ? {} : { DOCKER_HOST: former });
    });

    test("is reported if Open edX's containers would not reach the application, and if an external network does not exist", async () => {
        const ports = [{ target: 80, published: String(port), protocol: "tcp", host_ip: "127.0.0.1" }];
        await compose(
            {
                "network inspect --format": "echo 'other 10.0.0.0/24'",
                "network inspect shared": "echo 'network shared not found' >&2; exit 1",
            },
            { ports, networks: { default: null } },
            { name: "shared", external: true },
        );
        const own = { ...values(), applicationUrl: `http://mitxonline.odl.local:${port}` };

        const told = await faults(own);

        expect(told).toContain("but Open edX's containers connect to 172.30.13.1");
        expect(told).toContain("docker network create shared");
        await expect(faults({ ...own, platform: "macos" })).resolves.not.toContain("containers reach it");
    });

    test.each(["localhost", "lms.localhost", "127.0.0.1"])(
        "is reported if containers find themselves, and not Open edX, at %s",
        async (host) => {
            await compose();
            const told = await faults({ ...values(), lmsUrl: `http://${host}:8000`, platform: "macos" });

            expect(told).toContain(
                `lmsUrl uses ${host}, which inside each of the application's containers means that container`,
            );
        },
    );

    test("gives its gateway and the LMS's name to the containers if the checkout has others", async () => {
        server.close();
        await once(server, "close");
        await compose(
            { "volume ls": "true" },
            { environment: { KEY: null }, extra_hosts: ["host.docker.internal=host-gateway"] },
            { ipam: { config: [{ subnet: "10.7.0.0/16" }] } },
        );
        const { detected, compose: application } = await preflight(
            settingsOf({ ...values(), lmsUrl: "http://lms.odl.local:8000" }),
        );

        expect(detected.applicationGateway).toBe("10.7.0.1");
        expect(application?.project.services["web"]?.extra_hosts).toStrictEqual([
            "host.docker.internal=host-gateway",
            "lms.odl.local=host-gateway",
        ]);
    });

    test("needs no addresses for its network on macOS", async () => {
        await compose();
        const told = await faults({ ...values(), platform: "macos" });

        expect(told).toContain(portFault(port));
        expect(told).not.toMatch(subnetFault);
    });
});
