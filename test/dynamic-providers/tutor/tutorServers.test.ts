import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { provider as network } from "../../../dynamic-providers/tutor/tutorNetwork.provider.ts";
import type { TutorNetworkInputs } from "../../../dynamic-providers/tutor/tutorNetwork.ts";
import { provider as server } from "../../../dynamic-providers/tutor/tutorServer.provider.ts";
import type { TutorServerInputs, TutorServerOutputs } from "../../../dynamic-providers/tutor/tutorServer.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { ManagedResource } from "../../support/engine.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../../support/fakeCommands.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

const owner = "openedx-mit-integration/dev";
/** Inputs of a former version of this program, in which the program passed what it had detected. */
const fromBefore = { found: "", since: "2026-11-24T15:00:00.000Z" };

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
});
afterEach(() => commands.remove());
const docker = (answers: Record<string, string>) => commands.make("docker", answers);
const calls = () => commands.calls("docker");

describe("the network of Tutor's development server", () => {
    const gateway = "172.30.80.1";
    /** As Tutor prints it: after the command that it runs. */
    const config = JSON.stringify({ name: "tutor_dev", networks: { default: { name: "tutor_dev_default" } } }, null, 2);
    beforeEach(() =>
        commands.make("tutor", { "dev dc config --format json": `echo 'docker compose -f {x}'; echo '${config}'` }),
    );

    const inputs = (more: Partial<TutorNetworkInputs> = {}) =>
        checked(network, { tutor: "tutor", owner, newGateway: gateway, ...more });
    const outputs = async () => ({
        ...(await inputs()),
        project: "tutor_dev",
        name: "tutor_dev_default",
        gateway,
    });
    const inspect = (its: string, labels: Record<string, string> = {}) =>
        networkAnswer("tutor_dev_default", labels, [{ Gateway: its }]);
    const missing = "echo 'Error: network tutor_dev_default not found' >&2; exit 1";
    /** A network that exists only once it has been created. */
    const made = () => {
        const mark = `${commands.folder}/made`;
        return {
            "network inspect tutor_dev_default": `if [ -e '${mark}' ]; then ${inspect(gateway)}; else ${missing}; fi`,
            "network create": `touch '${mark}'`,
        };
    };

    test("is used as is if it exists, whatever its gateway", async () => {
        await docker({ "network inspect tutor_dev_default": inspect("172.18.0.1") });
        const given = await inputs();

        await expect(network.create(given)).resolves.toStrictEqual({
            id: "tutor_dev_default",
            outs: {
                ...given,
                project: "tutor_dev",
                name: "tutor_dev_default",
                gateway: "172.18.0.1",
            },
        });
    });

    test("is created as Compose would, with the configured gateway, if it does not exist", async () => {
        await docker(made());

        await expect(network.create(await inputs())).resolves.toMatchObject({ outs: { gateway } });
        await expect(calls()).resolves.toContain(
            "network create --label com.docker.compose.project=tutor_dev --label com.docker.compose.network=default " +
                `--label openedx-mit-integration.owner=${owner} --subnet 172.30.80.0/24 --gateway ${gateway} tutor_dev_default`,
        );
    });

    test("is created with Docker's choice of gateway if none is configured", async () => {
        await docker(made());
        await network.create(await inputs({ newGateway: "" }));

        const [creation = ""] = (await calls()).filter((call) => call.startsWith("network create"));
        expect(creation).toMatch(/ tutor_dev_default$/);
        expect(creation).not.toContain("--gateway");
    });

    test("is updated by the next up if it was recreated or removed outside Pulumi, but not if it is unchanged", async () => {
        const [outs, news] = [await outputs(), await inputs()];
        const changes = async () => (await network.diff("", outs, news)).changes;

        await docker({ "network inspect tutor_dev_default": inspect(gateway) });
        await expect(changes()).resolves.toBe(false);
        await docker({ "network inspect tutor_dev_default": inspect("172.18.0.1") });
        await expect(changes()).resolves.toBe(true);
        await docker({ "network inspect tutor_dev_default": missing });
        await expect(changes()).resolves.toBe(true);
    });

    test("continues from the state of an earlier version without a change", async () => {
        await docker({ "network inspect": inspect(gateway) });
        const outs = { ...(await outputs()), ...fromBefore };

        await expect(network.diff("", outs, await inputs())).resolves.toStrictEqual({ changes: false, replaces: [] });
    });

    test("that was recreated outside Pulumi is used; one that was removed is created again", async () => {
        await docker({ "network inspect": inspect(gateway) });
        const resource = await ManagedResource.up(network, { tutor: "tutor", owner, newGateway: gateway });
        await docker({ "network inspect": inspect("172.18.0.1") });
        await expect(resource.up()).resolves.toEqual(["update"]);
        expect(resource.outputs).toMatchObject({ gateway: "172.18.0.1" });

        await docker(made());
        await expect(resource.up()).resolves.toEqual(["update"]);
        expect(resource.outputs).toMatchObject({ gateway });
    });

    test("counts as gone on refresh if it does not exist", async () => {
        const outs = await outputs();
        await docker({ "network inspect": inspect("172.18.0.1") });
        await expect(network.read("tutor_dev_default", outs)).resolves.toMatchObject({
            props: { gateway: "172.18.0.1" },
        });

        await docker({ "network inspect": missing });
        await expect(network.read("tutor_dev_default", outs)).resolves.toStrictEqual({ id: "" });
    });

    test("is deleted with the stack that created it, even if that was renamed since, once or twice", async () => {
        await docker({
            "network inspect tutor_dev_default": inspect(gateway, { "openedx-mit-integration.owner": owner }),
            "ps --all --quiet": "true",
            "network rm tutor_dev_default": "true",
        });
        const resource = await ManagedResource.up(network, { tutor: "tutor", owner, newGateway: gateway });
        for (const name of ["renamed", "again"]) {
            const renamed = { owner: `openedx-mit-integration/${name}` };
            await expect(resource.up(renamed)).resolves.toEqual(["update"]);
        }
        await resource.destroy();

        await expect(calls()).resolves.toContain("network rm tutor_dev_default");
    });

    test("is retained if it was another stack's all along, and only this one was renamed", async () => {
        await docker({
            "network inspect tutor_dev_default": inspect(gateway, { "openedx-mit-integration.owner": "theirs" }),
        });
        const resource = await ManagedResource.up(network, { tutor: "tutor", owner, newGateway: gateway });
        await expect(resource.up({ owner: "renamed" })).resolves.toEqual(["update"]);
        await resource.destroy();

        expect((await calls()).filter((call) => call.startsWith("network rm"))).toStrictEqual([]);
    });

    test("is deleted with the stack that created it, and with it the project's containers; another stack's is retained", async () => {
        const outs = await outputs();
        const removals = {
            "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=tutor_dev": "printf 'one\\ntwo\\n'",
            "rm --force one two": "true",
            "network rm tutor_dev_default": "true",
        };
        for (const labels of [{}, { "openedx-mit-integration.owner": "openedx-mit-integration/other" }]) {
            await docker({ "network inspect": inspect(gateway, labels), ...removals });
            await network.delete("tutor_dev_default", outs);
        }
        await expect(calls()).resolves.toStrictEqual(Array(2).fill("network inspect tutor_dev_default"));

        await docker({ "network inspect": inspect(gateway, { "openedx-mit-integration.owner": owner }), ...removals });
        await network.delete("tutor_dev_default", outs);
        expect((await calls()).slice(-2)).toStrictEqual(["rm --force one two", "network rm tutor_dev_default"]);
    });
});

describe("Tutor's development server", () => {
    const args: TutorServerInputs = { tutor: "tutor", project: "tutor_dev", image: "1", packages: [] };
    const inputs = (more: Partial<TutorServerInputs> = {}) => checked(server, { ...args, ...more });
    const outputs = async (more: Partial<TutorServerOutputs> = {}): Promise<TutorServerOutputs> => ({
        ...(await inputs()),
        container: "c0ffee",
        since: fromBefore.since,
        startedHere: true,
        ...more,
    });
    const running = (container: string) => ({ ps: `echo '${container}'` });
    /** A container that runs only once Tutor has started it. */
    const startedByTutor = async (container: string) => {
        const mark = `${commands.folder}/started`;
        await commands.make("tutor", { "dev start --detach": `touch '${mark}'; echo started` });
        await docker({ ps: `if [ -e '${mark}' ]; then echo '${container}'; fi` });
    };
    beforeEach(async () => {
        jest.spyOn(console, "log").mockReturnValue();
        await commands.make("tutor", { "dev start --detach": "echo started", "dev restart lms": "true" });
    });
    afterEach(() => {
        jest.restoreAllMocks();
    });

    test("is started with its output shown", async () => {
        await startedByTutor("c0ffee");
        const given = await inputs();
        const { id, outs } = await server.create(given);

        expect(id).toBe("tutor_dev");
        expect(outs).toStrictEqual({ ...given, container: "c0ffee", since: expect.any(String), startedHere: true });
        expect(console.log).toHaveBeenCalledWith("started");
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach"]);
    });

    test("gets its packages in the running container, again if that restarts, and is restarted with them", async () => {
        const mark = `${commands.folder}/restarted`;
        await docker({
            ...running("c0ffee"),
            "compose --project-name tutor_dev exec -T lms pip install a==1 b==2": `if [ ! -e '${mark}' ]; then touch '${mark}'; exit 137; fi`,
        });
        await server.create(await inputs({ packages: ["a==1", "b==2"] }));

        expect((await calls()).filter((call) => call.includes("pip install"))).toHaveLength(2);
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach", "dev restart lms"]);
    });

    test("whose container has exited again is an error that says where to look", async () => {
        await docker(running(""));

        await expect(server.create(await inputs())).rejects.toThrow(
            "The LMS container stopped again. See why: tutor dev logs lms",
        );
    });

    test("counts as gone on refresh if it was stopped; another container is left to the next up", async () => {
        const outs = await outputs();
        await docker(running("decaf"));
        await expect(server.read("tutor_dev", outs)).resolves.toMatchObject({ id: "tutor_dev", props: outs });

        await docker(running(""));
        await expect(server.read("tutor_dev", outs)).resolves.toStrictEqual({ id: "" });
    });

    test("is stopped when the stack that started it is deleted, without Tutor, whose folder may be gone", async () => {
        const stop = "compose --project-name tutor_dev stop";
        await startedByTutor("c0ffee");
        const { id, outs } = await server.create(await inputs());
        await docker({ ...running("c0ffee"), [stop]: "true" });
        await server.delete(id, outs);

        await expect(calls()).resolves.toContain(stop);
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach"]);
    });

    test("keeps running when the stack is deleted if it ran before; if it is not running, nothing is stopped", async () => {
        await docker(running("c0ffee"));
        const { id, outs } = await server.create(await inputs());
        await server.delete(id, outs);
        await docker(running(""));
        await server.delete(id, await outputs());

        expect((await calls()).filter((call) => call.startsWith("compose"))).toStrictEqual([]);
    });

    test("counts as started by the stack once the stack had to start it again", async () => {
        await docker(running("c0ffee"));
        const resource = await ManagedResource.up(server, args);
        await docker(running("decaf"));
        await expect(resource.up()).resolves.toEqual(["update"]);
        expect(resource.outputs).toMatchObject({ startedHere: false });

        await startedByTutor("feed");
        await expect(resource.up()).resolves.toEqual(["update"]);
        expect(resource.outputs).toMatchObject({ startedHere: true });
        await docker(running("bead"));
        await expect(resource.up()).resolves.toEqual(["update"]);
        expect(resource.outputs).toMatchObject({ startedHere: true });
    });

    test("is restarted by the next up with another image, other packages, another container or none", async () => {
        const outs = await outputs();
        const changes = async (container: string, news: Partial<TutorServerInputs> = {}) => {
            await docker(running(container));
            return (await server.diff("", outs, await inputs(news))).changes;
        };

        await expect(changes("c0ffee")).resolves.toBe(false);
        await expect(changes("c0ffee", { image: "2" })).resolves.toBe(true);
        await expect(changes("c0ffee", { packages: ["a==1"] })).resolves.toBe(true);
        await expect(changes("")).resolves.toBe(true);
        await expect(changes("decaf")).resolves.toBe(true);
    });

    test("is started once with another image, even though that creates another container", async () => {
        await docker(running("c0ffee"));
        const resource = await ManagedResource.up(server, args);
        const { since } = resource.outputs;
        await docker(running("decaf"));
        await expect(resource.up({ image: "2" })).resolves.toEqual(["update"]);

        expect(resource.outputs.since > since).toBe(true);
        await expect(resource.up()).resolves.toEqual(["same"]);
    });

    test("is restarted if only the path of Tutor changed and the container did, too", async () => {
        await docker(running("c0ffee"));
        const resource = await ManagedResource.up(server, args);
        await docker(running("decaf"));
        await expect(resource.up({ tutor: `${commands.folder}/tutor` })).resolves.toEqual(["update"]);

        expect(resource.outputs).toMatchObject({ container: "decaf" });
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach", "dev start --detach"]);
    });

    test("continues from the state of an earlier version without a change, and is retained when that stack is deleted", async () => {
        await docker(running("c0ffee"));
        const outs = { ...(await inputs()), ...fromBefore };
        await expect(server.diff("tutor_dev", outs, await inputs())).resolves.toStrictEqual({
            changes: false,
            replaces: [],
        });

        // The first refresh stores the container.
        const { props } = await server.read("tutor_dev", outs);
        expect(props).toMatchObject({ container: "c0ffee", since: fromBefore.since });
        await server.delete("tutor_dev", props ?? outs);
        expect((await calls()).filter((call) => call.startsWith("compose"))).toStrictEqual([]);
    });
});

/** A fake Docker and a fake Tutor whose networks and containers are files. */
const cleanUp = cleanUpIn(afterAll);
let dockerFiles: Record<"network" | "container", string>;
const fakeTutorAndDocker = async () => {
    const { folder, make, remove } = await fakeCommands();
    cleanUp(remove);
    dockerFiles = { network: join(folder, "network"), container: join(folder, "container") };
    const { network: its, container } = dockerFiles;
    const compose = { name: "tutor_dev", networks: { default: { name: "tutor_dev_default" } } };
    await writeFile(join(folder, "compose.json"), JSON.stringify(compose, null, 2));
    await make("tutor", {
        "dev dc config": `cat '${join(folder, "compose.json")}'`,
        "dev start": `[ -e '${container}' ] || echo c0ffee >'${container}'`,
        "dev restart": "true",
    });
    const word = (after: string) => `$(echo "$*" | sed 's/.*${after}\\([^ ]*\\).*/\\1/')`;
    const labels = `{"openedx-mit-integration.owner":"%s"}`;
    const made = `[{"Name":"tutor_dev_default","Labels":${labels},"IPAM":{"Config":[{"Gateway":"%s"}]}}]`;
    await make("docker", {
        "network inspect": `cat '${its}' 2>/dev/null || { echo 'Error: network tutor_dev_default not found' >&2; exit 1; }`,
        "network create": `printf '${made}' "${word("owner=")}" "${word("--gateway ")}" >'${its}'`,
        "network rm": `rm '${its}'`,
        ps: `if [ -e '${container}' ]; then cat '${container}'; fi`,
        "rm --force": `rm -f '${container}'`,
        "compose --project-name": `case "$*" in *" stop") rm '${container}' ;; esac`,
    });
    return folder;
};
const tutorCopy = () => join(dockerFiles.network, "..", "tutor");

describeLife("tutor:Network", {
    provider: network,
    args: async () => {
        await fakeTutorAndDocker();
        return { tutor: "tutor", owner, newGateway: "172.30.80.1" };
    },
    inputs: {
        tutor: { to: tutorCopy, does: "update" },
        owner: { to: "openedx-mit-integration/renamed", does: "update" },
        newGateway: { to: "172.30.81.1", does: "update" },
    },
    loseByHand: () => rm(dockerFiles.network),
    look: () => readFile(dockerFiles.network, "utf8").catch(() => undefined),
});

describeLife("tutor:Server", {
    provider: server,
    args: async () => {
        await fakeTutorAndDocker();
        return { tutor: "tutor", project: "tutor_dev", image: "1", packages: [] };
    },
    inputs: {
        tutor: { to: tutorCopy, does: "update" },
        project: { to: "tutor_main_dev", does: "replace" },
        image: { to: "2", does: "update" },
        packages: { to: ["ol-social-auth==0.3.0"], does: "update" },
    },
    loseByHand: () => rm(dockerFiles.container),
    look: () => Promise.resolve(existsSync(dockerFiles.container) ? "It runs." : undefined),
});
