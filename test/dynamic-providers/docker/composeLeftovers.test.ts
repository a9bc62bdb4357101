import { afterAll, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/docker/composeLeftovers.provider.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { commandsOfEachTest, fakeCommands } from "../../support/fakeCommands.ts";
import { describeLife, nothing } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

const list = "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=mitxonline";

const commands = commandsOfEachTest();

const remove = async () => {
    const inputs = await checked(provider, { project: "mitxonline" });
    const { id, outs } = await provider.create(inputs);
    await provider.delete(id, outs);
};

test("containers started manually in a project are removed with it, and reported", async () => {
    const inspect = "container inspect c0ffee decaf";
    await commands.make("docker", {
        [list]: "echo c0ffee; echo decaf",
        [inspect]: "echo '[]'",
        "rm --force c0ffee decaf": "true",
    });
    await remove();

    await expect(commands.calls("docker")).resolves.toEqual([list, inspect, "rm --force c0ffee decaf"]);
    expect(console.warn).toHaveBeenCalledWith(
        "Removed containers of mitxonline that were created outside the stack: 2.",
    );
});

test("without containers started manually, nothing is done or reported", async () => {
    await commands.make("docker", { [list]: "true" });
    await remove();

    await expect(commands.calls("docker")).resolves.toEqual([list]);
    expect(console.warn).not.toHaveBeenCalled();
});

const cleanUp = cleanUpIn(afterAll);

describeLife("docker:ComposeLeftovers", {
    provider,
    args: async () => {
        const { make, remove: removeCommands } = await fakeCommands();
        cleanUp(removeCommands);
        await make("docker", { ps: "true" });
        return { project: "mitxonline" };
    },
    inputs: { project: { to: "mitxpro", does: "replace" } },
    look: () => Promise.resolve(nothing),
    destroyed: nothing,
});
