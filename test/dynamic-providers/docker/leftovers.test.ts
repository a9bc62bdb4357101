import { describe, expect, test } from "@jest/globals";
import { removeLeftoverContainer, removeLeftoverNetwork } from "../../../dynamic-providers/docker/leftovers.ts";
import { commandsOfEachTest, missingAnswer, networkAnswer } from "../../support/fakeCommands.ts";

const commands = commandsOfEachTest();

/** Docker's description of a network. */
const network = (labels: Record<string, string> | null, config: object[] | null) =>
    networkAnswer("app_default", labels, config);
describe("a leftover in the way of a new resource", () => {
    const kinds = [
        {
            kind: "container",
            remove: removeLeftoverContainer,
            ofProject: (its: string) => ({
                "container inspect --format": `echo '${its}'`,
                "container inspect app": "echo '[]'",
                "rm --force app": "true",
            }),
            absent: { "container inspect": missingAnswer("No such container: app") },
            removals: ["rm --force app"],
        },
        {
            kind: "network",
            remove: removeLeftoverNetwork,
            ofProject: (its: string) => ({
                "network inspect": network(its === "" ? {} : { "com.docker.compose.project": its }, null),
                "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=mitxonline": "echo c0ffee",
                "container inspect c0ffee": "echo '[]'",
                "rm --force c0ffee": "true",
                "network rm app": "true",
            }),
            absent: { "network inspect": missingAnswer("network app") },
            removals: ["rm --force c0ffee", "network rm app"],
        },
    ];
    const removalsOf = async () => (await commands.calls("docker")).filter((call) => /^(network )?rm /.test(call));

    test.each(kinds)("is removed: a $kind of the project", async ({ remove, ofProject, removals }) => {
        await commands.make("docker", ofProject("mitxonline"));
        await remove("app", "mitxonline");

        await expect(removalsOf()).resolves.toEqual(removals);
    });

    test.each(kinds)("stays if it belongs to another project or to none: a $kind", async (given) => {
        for (const its of ["another", ""]) {
            await commands.make("docker", given.ofProject(its));

            await expect(given.remove("app", "mitxonline")).rejects.toThrow(
                `A ${given.kind} named app already exists and does not belong to the Compose project mitxonline. ` +
                    `Remove it: docker ${given.kind} rm app`,
            );
        }
        await expect(removalsOf()).resolves.toEqual([]);
    });

    test.each(kinds)("is nothing if there is no $kind", async ({ remove, absent }) => {
        await commands.make("docker", absent);

        await expect(remove("app", "mitxonline")).resolves.toBeUndefined();
    });
});
