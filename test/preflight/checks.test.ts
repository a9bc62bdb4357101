import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { execa } from "execa";
import {
    detectTutorProject,
    checkDaemon,
    checkDisk,
    checkDocker,
    checkExternals,
    checkOwner,
    checkPort,
    checkProjectName,
    checkReachable,
    checkSubnet,
    composeGateway,
    isHostName,
    resolvesToLoopback,
} from "../../preflight/checks.ts";
import { openEdxConstants } from "../../config/openEdx.ts";
import { tutorReleases } from "../../config/tutorPlugin.ts";
import { composeProject, composeService } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";
import { faultOf } from "../support/faults.ts";
import { tutorCommand } from "../tutor/tutor.ts";

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
});
afterEach(() => commands.remove());

describe("Docker", () => {
    const answers = (compose: string) => ({ "version --format": "echo 28.5.2", "compose version --short": compose });

    test.each(["2.24.0", "v2.40.3", "5.0.1"])("can be used with Compose %s", async (version) => {
        await commands.make("docker", answers(`echo ${version}`));

        await expect(checkDocker()).resolves.toBeUndefined();
    });

    test.each([
        ["older than needed", "echo 2.23.3", "docker compose is 2.23.3; 2.24 or newer is required"],
        ["of the first generation", "echo 1.29.2", "docker compose is 1.29.2; 2.24 or newer is required"],
        ["missing", "echo 'unknown command' >&2; exit 1", "docker compose is not installed; 2.24 or newer is required"],
    ])("can't be used with a Compose that is %s", async (_what, compose, words) => {
        await commands.make("docker", answers(compose));

        await expect(faultOf(checkDocker())).resolves.toContain(`${words}\n    install or update the plugin`);
    });

    test("that is not running is reported in its own words", async () => {
        await commands.make("docker", { "version --format": "echo 'Cannot connect to the daemon.' >&2; exit 1" });

        await expect(faultOf(checkDocker())).resolves.toMatch(
            /Docker can't be used: Cannot connect to the daemon\.\n {4}install it .* or start it/,
        );
    });

    test("that is not installed is reported", async () => {
        const path = process.env["PATH"];
        process.env["PATH"] = commands.folder;
        const fault = faultOf(checkDocker());
        await expect(fault).resolves.toContain("Docker can't be used: command not found: docker");
        process.env["PATH"] = path;
    });
});

describe("the daemon of Docker's current context", () => {
    const usual = "unix:///var/run/docker.sock";
    const colima = "unix:///home/ada/.colima/default/docker.sock";
    /** What Docker says: where the context's daemon is, and the id of each that runs. */
    const docker = (endpoint: string, ids: Readonly<Record<string, string>> = {}) =>
        commands.make("docker", {
            "context inspect": `echo '${endpoint}'`,
            ...Object.fromEntries(Object.entries(ids).map(([host, id]) => [`--host ${host} info`, `echo ${id}`])),
            "--host": "echo 'Cannot connect to the Docker daemon' >&2; exit 1",
        });
    const configure = (values: Readonly<Record<string, string>>) => {
        pulumi.runtime.setAllConfig(values);
    };
    let former: string | undefined;
    beforeEach(() => {
        former = process.env["DOCKER_HOST"];
        Reflect.deleteProperty(process.env, "DOCKER_HOST");
    });
    afterEach(() => {
        Object.assign(process.env, former === undefined ? {} : { DOCKER_HOST: former });
        configure({});
    });

    test("may be the one that Pulumi's Docker provider uses, at whatever address", async () => {
        await docker(usual);
        await expect(checkDaemon()).resolves.toBeUndefined();

        await docker(colima, { [colima]: "one", [usual]: "one" });
        await expect(checkDaemon()).resolves.toBeUndefined();
    });

    test.each([
        ["another one runs there", { [colima]: "one", [usual]: "other" }],
        ["none runs there", { [colima]: "one" }],
    ])("is reported with what to do if that uses another address, and %s", async (_what, ids) => {
        await docker(colima, ids);

        await expect(faultOf(checkDaemon())).resolves.toBe(
            `  Docker's current context uses ${colima}, but Pulumi's Docker provider uses ${usual}\n` +
                `    export DOCKER_HOST=${colima}, or run Pulumi with npm run pulumi, which sets it`,
        );
    });

    test("is what the environment or Pulumi's configuration says, then for both", async () => {
        await docker(colima, { [colima]: "one" });
        configure({ "docker:host": colima });
        await expect(checkDaemon()).resolves.toBeUndefined();

        configure({});
        process.env["DOCKER_HOST"] = colima;
        await expect(checkDaemon()).resolves.toBeUndefined();
    });

    test("is no fault of its own if it is not running", async () => {
        await docker(colima);
        await expect(checkDaemon()).resolves.toBeUndefined();
    });
});

// A file system without a single free byte, which only Linux has.
const describeFull = existsSync("/proc/version") ? describe : describe.skip;

describeFull("a disk that is too full for the images", () => {
    test("is reported with Docker's folder on it", async () => {
        await commands.make("docker", { info: "echo /proc" });

        await expect(faultOf(checkDisk())).resolves.toContain(
            "/proc has 0 GB of free disk space; Open edX needs 8\n    free some space",
        );
    });
});

test("the disk of Docker's own virtual machine is not visible, and no fault", async () => {
    await commands.make("docker", { info: "echo /no/such/folder/here" });

    await expect(checkDisk()).resolves.toBeUndefined();
});

describe("a port", () => {
    let server: Server;
    let port: number;
    beforeEach(async () => {
        server = createServer().listen(0, "127.0.0.1");
        await once(server, "listening");
        ({ port } = server.address() as AddressInfo);
    });
    afterEach(() => {
        server.close();
    });
    /** What Docker says of the port. */
    const taken = (by: string) => commands.make("docker", { [`ps --filter publish=${port} `]: `printf '${by}'` });

    test("that nobody listens on is free, and Docker is not asked", async () => {
        server.close();
        await once(server, "close");

        await expect(checkPort(port, "tutor_dev")).resolves.toBeUndefined();
        await expect(commands.calls("docker")).resolves.toStrictEqual([]);
    });

    test("that another program uses is reported, with how to find that program", async () => {
        await taken("");

        await expect(faultOf(checkPort(port, "tutor_dev"))).resolves.toBe(
            `  port ${port} is used by another program\n    stop it: lsof -i :${port} shows which one it is`,
        );
    });

    test("that a container of another project uses is reported with the container's name", async () => {
        await taken("mitxonline-web-1\\tmitxonline\\n");

        await expect(faultOf(checkPort(port, "mitxpro"))).resolves.toBe(
            `  port ${port} is used by the container mitxonline-web-1\n    stop it: docker stop mitxonline-web-1`,
        );
    });

    test("that a container of no project uses is reported with the container's name", async () => {
        await taken("registry\\t\\n");

        await expect(faultOf(checkPort(port, "mitxpro"))).resolves.toContain("is used by the container registry");
    });

    test("that the project itself already uses is fine", async () => {
        await taken("tutor_dev-lms-1\\ttutor_dev\\n");

        await expect(checkPort(port, "tutor_dev")).resolves.toBeUndefined();
    });
});

describe("a subnet", () => {
    /** Networks, each with its subnets. */
    const networks = (...lines: readonly string[]) =>
        commands.make("docker", {
            "network ls --quiet": "printf 'one\\ntwo\\n'",
            "network inspect --format": `printf '${lines.map((line) => `${line}\\n`).join("")}'`,
        });
    const check = () => checkSubnet("172.30.13.1", "mitxonline_default", "applicationGateway");

    test("that no other network has is free", async () => {
        await networks("bridge 172.17.0.0/16", "other 172.30.12.0/24", "host", "six fd00::/64 172.30.14.0/24");

        await expect(check()).resolves.toBeUndefined();
        await expect(commands.calls("docker")).resolves.toContain(
            "network inspect --format {{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}} one two",
        );
    });

    test.each([
        ["the same", "172.30.13.0/24"],
        ["a larger one around it", "172.30.0.0/16"],
        ["a smaller one in it", "172.30.13.128/28"],
    ])("is reported if another network has %s, with the key that chooses another", async (_what, subnet) => {
        await networks("bridge 172.17.0.0/16", `other fd00::/64 ${subnet}`);
        const fault = await faultOf(check());

        expect(fault).toContain(
            `the network other already uses the addresses ${subnet}, which mitxonline_default needs`,
        );
        expect(fault).toContain("pulumi config set applicationGateway 10.213.");
    });

    test("is fine if the network itself already has it", async () => {
        await networks("mitxonline_default 172.30.13.0/24");

        await expect(check()).resolves.toBeUndefined();
    });
});

describe("an application's containers and networks", () => {
    const owner = "openedx-mit-integration/dev";
    const project = composeProject({});
    const docker = (containers: string, networks: string) =>
        commands.make("docker", {
            "ps --all --filter label=com.docker.compose.oneoff=False --filter label=com.docker.compose.project=mitxonline ": `printf '${containers}'`,
            "network ls --filter label=com.docker.compose.project=mitxonline ": `printf '${networks}'`,
        });

    test("may be none, or this stack's", async () => {
        await docker("", "");
        await expect(checkOwner(project, owner, false)).resolves.toBeUndefined();

        await docker(`mitxonline-web-1\\t${owner}\\n`, `mitxonline_default\\t${owner}\\n`);
        await expect(checkOwner(project, owner, false)).resolves.toBeUndefined();
    });

    test("that were started outside the stack are reported by name, with both solutions", async () => {
        await docker(
            `mitxonline-db-1\\t\\nmitxonline-web-1\\t${owner}\\nmitxonline-nginx-1\\topenedx-mit-integration/other\\n`,
            "mitxonline_default\\t\\n",
        );
        const fault = await faultOf(checkOwner(project, owner, false));

        expect(fault).toContain("not managed by this stack: mitxonline-db-1, mitxonline-nginx-1, mitxonline_default\n");
        expect(fault).toContain(
            "docker compose down, in /checkouts/mitxonline (data without a named volume is left behind); ",
        );
        expect(fault).toContain("pulumi config set adopt true");
    });

    test("that were started outside the stack are taken over if configured", async () => {
        await docker("mitxonline-db-1\\t\\n", "");

        await expect(checkOwner(project, owner, true)).resolves.toBeUndefined();
    });
});

describe("a Compose project that has another name than at the last up", () => {
    const owner = "openedx-mit-integration/dev";
    const { folder } = composeProject({});
    const check = async (containers: string) => {
        await commands.make("docker", {
            [`ps --all --filter label=openedx-mit-integration.owner=${owner} `]: `printf '${containers}'`,
        });
        return checkProjectName(composeProject({}), owner);
    };

    test.each([
        ["there is no container", ""],
        ["its name is the same", `mitxonline\\t${folder}\\n`],
        ["the other one's checkout is still there", "mitxpro\\t/\\n"],
    ])("is no fault if %s", async (_what, containers) => {
        await expect(check(containers)).resolves.toBeUndefined();
    });

    test.each([
        ["the checkout has moved", "/checkouts/mitxonline-old"],
        ["its name was set", folder],
    ])("is reported, with how to keep its data, if %s", async (_what, former) => {
        const fault = await faultOf(check(`mitxonline-old\\t${former}\\n`));

        expect(fault).toContain(
            "is now named mitxonline, but this stack's containers and data belong to mitxonline-old",
        );
        expect(fault).toContain(`COMPOSE_PROJECT_NAME=mitxonline-old to ${folder}/.env`);
        expect(fault).toContain("docker compose --project-name mitxonline-old down, then pulumi up --refresh");
    });
});

describe("networks and volumes that a Compose file calls external", () => {
    const shared = { name: "shared", external: true };
    const project = composeProject(
        {
            web: composeService({
                networks: { default: null, shared: null },
                volumes: [{ type: "volume", source: "data", target: "/data", read_only: false }],
            }),
        },
        {
            networks: { default: { name: "mitxonline_default" }, shared, unused: { name: "unused", external: true } },
            volumes: { data: { name: "their-data", external: true }, own: { name: "mitxonline_own" } },
        },
    );

    test("may exist", async () => {
        await commands.make("docker", { "network inspect shared": "echo '[]'", "volume inspect their-data": "echo" });

        await expect(checkExternals(project)).resolves.toBeUndefined();
    });

    test("are reported if Docker does not have them and a service uses them, with what creates them", async () => {
        await commands.make("docker", {
            "network inspect shared": "echo 'Error response from daemon: network shared not found' >&2; exit 1",
            "volume inspect their-data":
                "echo 'Error response from daemon: get their-data: no such volume' >&2; exit 1",
        });

        await expect(faultOf(checkExternals(project))).resolves.toBe(
            "  the Compose file uses external networks or volumes that do not exist: network shared, volume their-data\n" +
                "    create them: docker network create shared; docker volume create their-data",
        );
    });
});

describe("the application's port", () => {
    const check = async (...ips: (string | undefined)[]) => {
        const ports = ips.map((ip) => ({
            target: 80,
            published: "8053",
            protocol: "tcp" as const,
            ...(ip !== undefined && { host_ip: ip }),
        }));
        const other = { target: 5432, published: "5432", protocol: "tcp" as const, host_ip: "127.0.0.1" };
        const services = { nginx: composeService({ ports }), db: composeService({ ports: [other] }) };
        await Promise.resolve();
        checkReachable({ services }, 8053, "172.30.53.1");
    };

    test.each([
        ["every address", [undefined]],
        ["every address by name", ["0.0.0.0"]],
        ["the gateway", ["127.0.0.1", "172.30.53.1"]],
        ["none, as another server has it", []],
    ])("is reached by Open edX's containers at %s", async (_where, ips) => {
        await expect(check(...ips)).resolves.toBeUndefined();
    });

    test("is reported if it is bound to another address only, with what to write", async () => {
        const fault = await faultOf(check("127.0.0.1"));

        expect(fault).toContain("nginx publishes port 8053 at 127.0.0.1 only");
        expect(fault).toContain("containers connect to 172.30.53.1");
        expect(fault).toContain('services: { nginx: { ports: !override ["8053:80"] } }');
    });
});

describe("the default network of a Compose file", () => {
    const gateway = (network: object, chosen = "") =>
        composeGateway({ networks: { default: { name: "net", ...network } } }, chosen);
    const ipam = (...config: object[]) => ({ ipam: { config } });

    test("has the stack's gateway if the file leaves the addresses open", async () => {
        await expect(gateway({ driver: "bridge" })).resolves.toBeUndefined();
        await expect(composeGateway({ networks: {} }, "")).resolves.toBeUndefined();
    });

    test("has the gateway of its addresses: as the file says, or the first", async () => {
        await expect(gateway(ipam({ subnet: "10.5.0.0/16", gateway: "10.5.0.9" }))).resolves.toBe("10.5.0.9");
        await expect(gateway(ipam({ subnet: "fd00::/64" }, { subnet: "10.5.7.128/25" }))).resolves.toBe("10.5.7.129");
    });

    test("has the gateway that Docker reports if it is external", async () => {
        await commands.make("docker", { "network inspect net": networkAnswer("net", null, [{ Gateway: "10.6.0.1" }]) });

        await expect(gateway({ external: true })).resolves.toBe("10.6.0.1");
    });

    test("is reported if its gateway is impossible, or the configuration has another one", async () => {
        await expect(faultOf(gateway(ipam({ subnet: "10.5.0.0/16", ip_range: "10.5.1.0/24" })))).resolves.toContain(
            "add the gateway to its ipam.config",
        );
        const fault = await faultOf(gateway(ipam({ subnet: "10.5.0.0/16" }), "172.30.13.1"));
        expect(fault).toContain("(net) has the gateway 10.5.0.1, and applicationGateway says 172.30.13.1");
        expect(fault).toContain("pulumi config rm applicationGateway");
    });
});

describe("the LMS's host", () => {
    test("leads to this machine if its name says so, or it is a development name without an address", async () => {
        await expect(resolvesToLoopback("no-such-name.odl.local")).resolves.toBe(true);
        await expect(resolvesToLoopback("no-such-name.invalid")).resolves.toBe(false);
    });

    test.each([
        ["local.edly.io", true],
        ["localhost", false],
        ["lms.localhost", false],
        ["192.168.1.5", false],
        ["[::1]", false],
    ])("%s is a name that containers can be given: %s", (host, expected) => {
        expect(isHostName(host)).toBe(expected);
    });
});

describe("Tutor", () => {
    const host = "local.openedx.io";
    let root: string;
    beforeEach(async () => {
        root = join(commands.folder, "root");
        await mkdir(root);
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": "echo tutor_dev",
            "config printvalue LMS_HOST": `echo ${host}`,
            "config printroot": `echo ${root}`,
        });
    });
    const configure = () => writeFile(join(root, "config.yml"), `LMS_HOST: ${host}\n`);

    test("that is set up for the LMS's host reports its Compose project", async () => {
        await configure();

        await expect(detectTutorProject("tutor", host, false)).resolves.toBe("tutor_dev");
    });

    test("that is not set up is reported, with what sets it up", async () => {
        await expect(faultOf(detectTutorProject("tutor", host, false))).resolves.toBe(
            `  Tutor has no configuration in ${root} yet\n` +
                "    set Open edX up (tutor dev launch), or let this stack do it: pulumi config set lmsLaunch true",
        );
    });

    test("that is set up for another host is reported with both", async () => {
        await configure();

        await expect(faultOf(detectTutorProject("tutor", "lms.example.org", false))).resolves.toMatch(
            /LMS_HOST is local\.openedx\.io, and lmsUrl says lms\.example\.org\n {4}tutor config save --set LMS_HOST=lms\.example\.org, .*pulumi config set lmsUrl http:\/\/local\.openedx\.io:8000/,
        );
    });

    test("that this stack sets up does not have to be set up, whatever its host", async () => {
        await expect(detectTutorProject("tutor", "lms.example.org", true)).resolves.toBe("tutor_dev");
    });

    test("that this stack sets up from scratch has the project of its configuration, and gets the host", async () => {
        await configure();
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": "echo mine_dev",
            "config printroot": `echo ${root}`,
        });

        await expect(detectTutorProject("tutor", "lms.example.org", true)).resolves.toBe("mine_dev");
    });

    test("that fails is reported in its own words", async () => {
        await commands.make("tutor", { config: "echo 'Error: a plugin is broken' >&2; exit 1" });

        await expect(faultOf(detectTutorProject("tutor", host, true))).resolves.toBe(
            "  tutor config printroot fails: Error: a plugin is broken\n" +
                "    run it yourself, and correct Tutor's configuration or the plugin that it names",
        );
    });

    test("is not mistaken for a new one if a plugin or a wrapper prints lines of its own", async () => {
        await configure();
        const noisy = (answer: string) => `printf 'Plugin loaded: /no/plugin\\n${answer}\\nTook 2 s.\\n'`;
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": noisy("mine_dev"),
            "config printvalue LMS_HOST": noisy(host),
            "config printroot": noisy(root),
        });

        await expect(detectTutorProject("tutor", host, false)).resolves.toBe("mine_dev");
    });

    test("that prints nothing usable is reported", async () => {
        await configure();
        await commands.make("tutor", { config: "echo 'Hello, World!'" });

        await expect(faultOf(detectTutorProject("tutor", host, false))).resolves.toContain(
            "  tutor config printroot prints no answer: Hello, World!\n",
        );
    });

    test.each(tutorReleases)("%s, the real one, has the expected Compose project and host", async (release) => {
        const tutor = tutorCommand(release);
        process.env["TUTOR_ROOT"] = root;
        await execa(tutor, ["config", "save", "--set", `LMS_HOST=${host}`]);

        await expect(detectTutorProject(tutor, host, false)).resolves.toBe(openEdxConstants.project);
        Reflect.deleteProperty(process.env, "TUTOR_ROOT");
    });
});
