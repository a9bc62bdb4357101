import { once } from "node:events";
import { existsSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import {
    checkDaemon,
    checkDisk,
    checkDocker,
    checkPort,
    checkSubnet,
    isHostName,
    resolvesToLoopback,
} from "../../preflight/checks.ts";
import { commandsOfEachTest } from "../support/fakeCommands.ts";
import { faultOf } from "../support/faults.ts";

const commands = commandsOfEachTest();

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
    /** Docker's answers: the address of the context's daemon, and the ID of each daemon that runs. */
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
    /** Docker's answer about the port. */
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
