import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { provider as network } from "../../dynamic-providers/tutorNetwork.provider.ts";
import type { TutorNetworkInputs } from "../../dynamic-providers/tutorNetwork.ts";
import { provider as server } from "../../dynamic-providers/tutorServer.provider.ts";
import type { TutorServerInputs } from "../../dynamic-providers/tutorServer.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";
import { checked } from "../support/providers.ts";

const owner = "openedx-mit-integration/dev";
/** When the first run was. */
const earlier = { since: "2026-11-24T15:00:00.000Z" };

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

    const inputs = (more: Partial<TutorNetworkInputs> = {}, olds: Partial<TutorNetworkInputs> = {}) =>
        checked(network, { tutor: "tutor", owner, found: "", wanted: gateway, ...more }, olds);
    const outputs = async () => ({
        ...(await inputs(earlier)),
        project: "tutor_dev",
        name: "tutor_dev_default",
        gateway,
    });
    const inspect = (its: string, labels: Record<string, string> = {}) =>
        networkAnswer("tutor_dev_default", labels, [{ Gateway: its }]);
    const missing = "echo 'Error: network tutor_dev_default not found' >&2; exit 1";
    /** A network that is there only after it was made. */
    const made = () => {
        const mark = `${commands.folder}/made`;
        return {
            "network inspect tutor_dev_default": `if [ -e '${mark}' ]; then ${inspect(gateway)}; else ${missing}; fi`,
            "network create": `touch '${mark}'`,
        };
    };

    test("is used as it is where it is there, whatever its gateway", async () => {
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

    test("is made as Compose would, with the gateway that is wanted, where it is not there", async () => {
        await docker(made());

        await expect(network.create(await inputs())).resolves.toMatchObject({ outs: { gateway } });
        await expect(calls()).resolves.toContain(
            "network create --label com.docker.compose.project=tutor_dev --label com.docker.compose.network=default " +
                `--label openedx-mit-integration.owner=${owner} --subnet 172.30.80.0/24 --gateway ${gateway} tutor_dev_default`,
        );
    });

    test("is made as Docker likes where no gateway is wanted", async () => {
        await docker(made());
        await network.create(await inputs({ wanted: "" }));

        const [creation = ""] = (await calls()).filter((call) => call.startsWith("network create"));
        expect(creation).toMatch(/ tutor_dev_default$/);
        expect(creation).not.toContain("--gateway");
    });

    test("is looked after by the next up where it was made anew or removed by hand, and not as long as it is there", async () => {
        const first = await inputs(earlier);
        const outs = { ...(await outputs()), ...first };
        const second = await inputs({ found: gateway }, first);
        const changes = async (news: TutorNetworkInputs) => (await network.diff("", outs, news)).changes;

        // What the first run made is found by the second.
        await expect(changes(second)).resolves.toBe(false);
        await expect(changes(await inputs({ found: gateway }, second))).resolves.toBe(false);
        await expect(changes(await inputs({ found: "172.18.0.1" }, second))).resolves.toBe(true);
        await expect(changes(await inputs({ found: "" }, second))).resolves.toBe(true);
    });

    test("that was made anew by hand is used; one that was removed is made again", async () => {
        await docker({ "network inspect": inspect("172.18.0.1") });
        await expect(network.update("", await outputs(), await inputs())).resolves.toMatchObject({
            outs: { gateway: "172.18.0.1" },
        });

        await docker(made());
        await expect(network.update("", await outputs(), await inputs())).resolves.toMatchObject({ outs: { gateway } });
    });

    test("is gone for a refresh where it is not there", async () => {
        const outs = await outputs();
        await docker({ "network inspect": inspect("172.18.0.1") });
        await expect(network.read("tutor_dev_default", outs)).resolves.toMatchObject({
            props: { gateway: "172.18.0.1" },
        });

        await docker({ "network inspect": missing });
        await expect(network.read("tutor_dev_default", outs)).resolves.toStrictEqual({ id: "" });
    });

    test("goes with the stack that made it, and with it the project's containers; another's stays", async () => {
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
    const inputs = (more: Partial<TutorServerInputs> = {}, olds: Partial<TutorServerInputs> = {}) =>
        checked(server, { tutor: "tutor", project: "tutor_dev", found: "", image: "1", packages: [], ...more }, olds);
    const running = (container: string) => ({ ps: `echo '${container}'` });
    beforeEach(async () => {
        jest.spyOn(console, "log").mockReturnValue();
        await commands.make("tutor", { "dev start --detach": "echo started", "dev restart lms": "true" });
    });
    afterEach(() => {
        jest.restoreAllMocks();
    });

    test("is started, its output shown", async () => {
        await docker(running("c0ffee"));
        const given = await inputs();

        await expect(server.create(given)).resolves.toStrictEqual({ id: "tutor_dev", outs: given });
        expect(console.log).toHaveBeenCalledWith("started");
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach"]);
    });

    test("gets its packages in the container that runs, again where that restarts, and is restarted with them", async () => {
        const mark = `${commands.folder}/restarted`;
        await docker({
            ...running("c0ffee"),
            "compose --project-name tutor_dev exec -T lms pip install a==1 b==2": `if [ ! -e '${mark}' ]; then touch '${mark}'; exit 137; fi`,
        });
        await server.create(await inputs({ packages: ["a==1", "b==2"] }));

        expect((await calls()).filter((call) => call.includes("pip install"))).toHaveLength(2);
        await expect(commands.calls("tutor")).resolves.toStrictEqual(["dev start --detach", "dev restart lms"]);
    });

    test("whose container has ended again is an error that says where to look", async () => {
        await docker(running(""));

        await expect(server.create(await inputs())).rejects.toThrow(
            "The container of the LMS has ended again. See why: tutor dev logs lms",
        );
    });

    test("is gone for a refresh where it was stopped, and stays when the stack goes", async () => {
        const outs = await inputs({ found: "c0ffee" });
        await docker(running("decaf"));
        await expect(server.read("tutor_dev", outs)).resolves.toMatchObject({ id: "tutor_dev", props: outs });

        await docker(running(""));
        await expect(server.read("tutor_dev", outs)).resolves.toStrictEqual({ id: "" });
        await server.delete("tutor_dev", outs);
        await expect(commands.calls("tutor")).resolves.toStrictEqual([]);
    });

    test("is started anew by the next up with another image, other packages, or another container or none", async () => {
        const first = await inputs(earlier);
        const second = await inputs({ found: "c0ffee" }, first);
        const changes = async (news: Partial<TutorServerInputs>) =>
            (await server.diff("", first, await inputs({ found: "c0ffee", ...news }, second))).changes;

        await expect(changes({})).resolves.toBe(false);
        for (const news of [{ image: "2" }, { packages: ["a==1"] }, { found: "" }, { found: "decaf" }]) {
            await expect(changes(news)).resolves.toBe(true);
        }
    });
});
