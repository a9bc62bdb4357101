import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
    composeExec,
    dockerHost,
    expectCompleted,
    expectDatabase,
    expectImage,
    findNetwork,
    runningContainer,
    subnetOf,
} from "../../../dynamic-providers/docker/docker.ts";
import { commandsOfEachTest, missingAnswer, networkAnswer } from "../../support/fakeCommands.ts";

const commands = commandsOfEachTest();

/** Docker's description of a network. */
const network = (labels: Record<string, string> | null, config: object[] | null) =>
    networkAnswer("app_default", labels, config);

test("the subnet of a gateway has 256 addresses", () => {
    expect(subnetOf("172.30.80.1")).toBe("172.30.80.0/24");
    expect(subnetOf("10.1.2.254")).toBe("10.1.2.0/24");
});

describe("the daemon for the resources of @pulumi/docker", () => {
    let former: string | undefined;
    beforeEach(() => {
        former = process.env["DOCKER_HOST"];
        Reflect.deleteProperty(process.env, "DOCKER_HOST");
    });
    afterEach(() => {
        Reflect.deleteProperty(process.env, "DOCKER_HOST");
        Object.assign(process.env, former === undefined ? {} : { DOCKER_HOST: former });
    });
    const context = (endpoint: string) => commands.make("docker", { "context inspect": `echo '${endpoint}'` });

    test.each([
        "unix:///home/ada/.colima/default/docker.sock",
        "npipe:////./pipe/docker_engine",
        "ssh://ada@example.org",
    ])("is that of the CLI's current context: %s", async (endpoint) => {
        await context(endpoint);
        await expect(dockerHost()).resolves.toStrictEqual({
            DOCKER_HOST: endpoint,
            OPENEDX_DOCKER_HOST_OF_CONTEXT: "true",
        });
    });

    test("is left alone if the context may have certificates, if it is set, and if there is no Docker", async () => {
        await context("tcp://10.0.0.1:2376");
        await expect(dockerHost()).resolves.toStrictEqual({});
        await context("unix:///other/socket");
        process.env["DOCKER_HOST"] = "unix:///own/socket";
        await expect(dockerHost()).resolves.toStrictEqual({});
        Reflect.deleteProperty(process.env, "DOCKER_HOST");
        await commands.make("docker", { "context inspect": "exit 127" });
        await expect(dockerHost()).resolves.toStrictEqual({});
    });
});

describe("a network", () => {
    test("is found with its gateway and labels", async () => {
        await commands.make("docker", {
            "network inspect app_default": network({ a: "b" }, [{ Gateway: "172.30.13.1" }]),
        });

        await expect(findNetwork("app_default")).resolves.toStrictEqual({
            name: "app_default",
            gateway: "172.30.13.1",
            labels: { a: "b" },
        });
    });

    test.each([null, [], [{}]])("is found without a gateway: %j", async (config) => {
        await commands.make("docker", { "network inspect app_default": network(null, config) });

        await expect(findNetwork("app_default")).resolves.toStrictEqual({
            name: "app_default",
            gateway: "",
            labels: {},
        });
    });

    test("that does not exist is undefined; a daemon that does not respond is an error", async () => {
        await commands.make("docker", { "network inspect": missingAnswer("network app_default") });
        await expect(findNetwork("app_default")).resolves.toBeUndefined();

        await commands.make("docker", { "network inspect": "echo 'Cannot connect to the daemon' >&2; exit 1" });
        await expect(findNetwork("app_default")).rejects.toThrow("Cannot connect to the daemon");
    });
});

describe("a service's container", () => {
    const filters =
        "--filter label=com.docker.compose.project=app --filter label=com.docker.compose.service=web " +
        "--filter label=com.docker.compose.oneoff=False --filter status=running";

    test("is the running one, or none", async () => {
        await commands.make("docker", { [`ps --all --quiet --no-trunc ${filters}`]: "echo c0ffee" });
        await expect(runningContainer("app", "web")).resolves.toBe("c0ffee");

        await commands.make("docker", { ps: "true" });
        await expect(runningContainer("app", "web")).resolves.toBe("");
    });
});

describe("a command in a service's container", () => {
    const exec = (project: string, service: string) => `compose --project-name ${project} exec -T ${service} `;
    /** The shell code of the first calls, in order; the last one is for all later calls. */
    const inTurn = (name: string, ...actions: readonly string[]) => {
        const count = `${commands.folder}/${name}`;
        const cases = actions.map((action, index) => `${index === actions.length - 1 ? "*" : index + 1}) ${action} ;;`);
        return `echo >>'${count}'; case $(($(wc -l <'${count}'))) in ${cases.join(" ")} esac`;
    };
    const calls = async (start: string) => (await commands.calls("docker")).filter((call) => call.startsWith(start));

    test.each([
        ["ends by its kill", "exit 137"],
        ["ends by its end", "exit 143"],
        ["finds it stopped", `echo 'service "lms" is not running' >&2; exit 1`],
        ["finds it restarting", "echo 'Error response from daemon: Container c0ffee is restarting, wait' >&2; exit 1"],
        ["finds another one", "echo 'Error response from daemon: No such container: c0ffee' >&2; exit 1"],
    ])("that %s is called again as soon as the container runs", async (_what, fails) => {
        await commands.make("docker", {
            [exec("tutor_dev", "lms")]: inTurn("exec", fails, "echo done"),
            ps: inTurn("ps", "true", "echo c0ffee"),
        });

        await expect(composeExec("tutor_dev", "lms", ["work"])).resolves.toBe("done");
        await expect(calls("ps")).resolves.toHaveLength(2);
    });

    test("that fails by itself is not called again", async () => {
        await commands.make("docker", { [exec("tutor_dev", "lms")]: "echo 'no such package' >&2; exit 1" });

        await expect(composeExec("tutor_dev", "lms", ["work"])).rejects.toThrow("no such package");
        await expect(calls("compose")).resolves.toHaveLength(1);
    });

    test.each([
        ["tutor_dev", "lms", "tutor dev logs lms"],
        ["mitxpro", "web", "docker compose --project-name mitxpro logs web"],
    ])("in a container of %s that does not come back is an error with its logs", async (project, service, logs) => {
        await commands.make("docker", { [exec(project, service)]: "exit 137", ps: "true" });

        await expect(composeExec(project, service, ["work"], { patienceSeconds: 0.1 })).rejects.toThrow(
            `The container of ${service} (project ${project}) is not running. See why: ${logs}`,
        );
    });

    test("in a container that restarts every time is an error with its logs", async () => {
        await commands.make("docker", { [exec("tutor_dev", "lms")]: "exit 137", ps: "echo c0ffee" });

        await expect(composeExec("tutor_dev", "lms", ["work"])).rejects.toThrow(
            /The container keeps restarting\. See why: tutor dev logs lms\n.*exec -T lms work failed/,
        );
        await expect(calls("compose")).resolves.toHaveLength(3);
    });
});

describe("a job that others wait for", () => {
    const job = (code: number) =>
        commands.make("docker", { "wait job-1": `echo ${code}`, "logs --tail 10 job-1": "printf 'one\\ntwo'" });

    test("may succeed", async () => {
        await job(0);

        await expect(expectCompleted("job-1")).resolves.toBeUndefined();
    });

    test("is reported with its last output if it fails", async () => {
        await job(3);

        await expect(expectCompleted("job-1")).rejects.toThrow(
            "The container job-1 exited with code 3, but other services need it to succeed. See docker logs job-1:\n    one\n    two",
        );
    });
});

describe("an image that must not be pulled", () => {
    test("may exist", async () => {
        await commands.make("docker", { "image ls --quiet mine:1": "echo c0ffee" });

        await expect(expectImage("mine:1")).resolves.toBeUndefined();
    });

    test("is reported if it does not exist", async () => {
        await commands.make("docker", { "image ls --quiet mine:1": "true" });

        await expect(expectImage("mine:1")).rejects.toThrow(/image mine:1 is not on this machine.*pull_policy: never/);
    });
});

describe("a database on a server in a container", () => {
    const exec = "compose --project-name mitxonline exec -T db psql --host 127.0.0.1 --username postgres ";

    test("is waited for while the server starts, and may exist", async () => {
        const started = join(commands.folder, "started");
        await commands.make("docker", {
            [exec]: `[ -f '${started}' ] && echo 1 || { touch '${started}'; echo 'connection refused' >&2; exit 2; }`,
        });

        await expect(expectDatabase("mitxonline", "db", "postgres", "keycloak")).resolves.toBeUndefined();
        const [first = "", ...more] = await commands.calls("docker");
        expect(first).toContain("WHERE datname = 'keycloak'");
        expect(more).toStrictEqual([first]);
    });

    test("is reported if it does not exist, with what creates it", async () => {
        await commands.make("docker", { [exec]: "echo 0" });

        await expect(expectDatabase("mitxonline", "db", "postgres", "keycloak")).rejects.toThrow(
            /db has no database keycloak.*docker compose --project-name mitxonline exec db createdb --username postgres keycloak/,
        );
    });
});
