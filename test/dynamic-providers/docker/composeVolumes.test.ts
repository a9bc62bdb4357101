import { afterAll, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/docker/composeVolumes.provider.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { commandsOfEachTest, fakeCommands } from "../../support/fakeCommands.ts";
import { describeLife, nothing } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

const inProject = "--filter label=com.docker.compose.project=mitxpro";
const noContainers = { "ps --all": "true" };
const volumes = {
    ...noContainers,
    [`volume ls --quiet ${inProject}`]: "printf 'mitxpro_db_data\\nmitxpro_media\\n'",
    "volume ls": "printf 'mitxpro_db_data\\nmitxpro_media\\ntheirs\\n'",
    "volume inspect mitxpro_db_data mitxpro_media": "echo '[]'",
    "volume rm mitxpro_db_data mitxpro_media": "true",
};

const commands = commandsOfEachTest();

const remove = async () => {
    const inputs = await checked(provider, { project: "mitxpro", owner: "openedx-mit-integration/dev" });
    const { id, outs } = await provider.create(inputs);
    await expect(provider.read(id, outs)).resolves.toMatchObject({ id, props: outs });
    await provider.delete(id, outs);
    return (await commands.calls("docker")).filter((call) => call.startsWith("volume rm"));
};
const question = "config get keepVolumes --stack dev";

test.each([
    ["is true", "echo true"],
    ["is not set", "echo \"error: configuration key 'keepVolumes' not found for stack 'dev'\" >&2; exit 255"],
])(
    "a project's volumes are retained if keepVolumes %s, and named with the command that removes them",
    async (_, answer) => {
        await commands.make("docker", volumes);
        await commands.make("pulumi", { [question]: answer });

        await expect(remove()).resolves.toStrictEqual([]);
        expect(console.warn).toHaveBeenCalledTimes(1);
        expect(console.warn).toHaveBeenCalledWith(
            "The data of mitxpro is left in place, and the next pulumi up uses it. To delete it: " +
                "docker volume rm mitxpro_db_data mitxpro_media",
        );
    },
);

test("they are removed if keepVolumes is false now, whatever it was at the last up", async () => {
    await commands.make("docker", volumes);
    await commands.make("pulumi", { [question]: "echo false" });

    await expect(remove()).resolves.toStrictEqual(["volume rm mitxpro_db_data mitxpro_media"]);
    expect(console.warn).not.toHaveBeenCalled();
});

test("they are retained if the configuration can't be read, and the reason is reported", async () => {
    await commands.make("docker", volumes);
    await commands.make("pulumi", { [question]: "echo 'error: no stack' >&2; exit 255" });

    await expect(remove()).resolves.toStrictEqual([]);
    expect(console.warn).toHaveBeenCalledWith(
        expect.stringMatching(/^Can't read keepVolumes; keeping the data.*error: no stack/s),
    );
});

test("the containers that hold them are removed first, because Docker removes no volume in use", async () => {
    const holders = `ps --all --quiet --no-trunc ${inProject} --filter label=openedx-mit-integration.holder`;
    await commands.make("docker", { [holders]: "echo h01der", ...volumes, "rm --force h01der": "true" });
    await commands.make("pulumi", { [question]: "echo false" });
    await remove();

    const calls = await commands.calls("docker");
    expect(calls.indexOf("rm --force h01der")).toBeGreaterThan(-1);
    expect(calls.indexOf("rm --force h01der")).toBeLessThan(calls.findIndex((call) => call.startsWith("volume rm")));
});

test("without volumes, nothing is asked or reported", async () => {
    await commands.make("docker", { ...noContainers, "volume ls": "true" });

    await expect(remove()).resolves.toStrictEqual([]);
    await expect(commands.calls("pulumi")).resolves.toStrictEqual([]);
    expect(console.warn).not.toHaveBeenCalled();
});

const cleanUp = cleanUpIn(afterAll);

describeLife("docker:ComposeVolumes", {
    provider,
    args: async () => {
        const { make, remove: removeCommands } = await fakeCommands();
        cleanUp(removeCommands);
        await make("docker", { ps: "true", "volume ls": "true" });
        return { project: "mitxpro", owner: "openedx-mit-integration/dev" };
    },
    inputs: {
        project: { to: "mitxonline", does: "replace" },
        owner: { to: "openedx-mit-integration/renamed", does: "update" },
    },
    look: () => Promise.resolve(nothing),
    destroyed: nothing,
});
