import { describe, expect, test } from "@jest/globals";
import {
    checkExternals,
    checkOwner,
    checkProjectName,
    checkReachable,
    composeGateway,
} from "../../preflight/composeChecks.ts";
import { composeProject, composeService } from "../support/composeProject.ts";
import { commandsOfEachTest, networkAnswer } from "../support/fakeCommands.ts";
import { faultOf } from "../support/faults.ts";

const commands = commandsOfEachTest();

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
