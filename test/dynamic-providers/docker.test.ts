import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
    findNetwork,
    removeLeftContainer,
    removeLeftNetwork,
    runningContainer,
    subnetOf,
} from "../../dynamic-providers/docker.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
});
afterEach(() => commands.remove());

/** What Docker says of a network. */
const network = (labels: Record<string, string> | null, config: object[] | null) =>
    networkAnswer("app_default", labels, config);
const missing = (what: string) => `echo 'Error response from daemon: ${what} not found' >&2; exit 1`;

test("the subnet of a gateway has 256 addresses", () => {
    expect(subnetOf("172.30.80.1")).toBe("172.30.80.0/24");
    expect(subnetOf("10.1.2.254")).toBe("10.1.2.0/24");
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

    test("that does not exist is none; a daemon that does not answer is an error", async () => {
        await commands.make("docker", { "network inspect": missing("network app_default") });
        await expect(findNetwork("app_default")).resolves.toBeUndefined();

        await commands.make("docker", { "network inspect": "echo 'Cannot connect to the daemon' >&2; exit 1" });
        await expect(findNetwork("app_default")).rejects.toThrow("Cannot connect to the daemon");
    });
});

describe("a service's container", () => {
    const filters =
        "--filter label=com.docker.compose.project=app --filter label=com.docker.compose.service=web " +
        "--filter label=com.docker.compose.oneoff=False --filter status=running";

    test("is the one that runs, or none", async () => {
        await commands.make("docker", { [`ps --all --quiet --no-trunc ${filters}`]: "echo c0ffee" });
        await expect(runningContainer("app", "web")).resolves.toBe("c0ffee");

        await commands.make("docker", { ps: "true" });
        await expect(runningContainer("app", "web")).resolves.toBe("");
    });
});

describe("what is in the way of one that is made anew", () => {
    const kinds = [
        {
            kind: "container",
            remove: removeLeftContainer,
            ofProject: (its: string) => ({ "container inspect": `echo '${its}'`, "rm --force app": "true" }),
            absent: { "container inspect": missing("No such container: app") },
            removals: ["rm --force app"],
        },
        {
            kind: "network",
            remove: removeLeftNetwork,
            ofProject: (its: string) => ({
                "network inspect": network(its === "" ? {} : { "com.docker.compose.project": its }, null),
                "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=mitxonline": "echo c0ffee",
                "rm --force c0ffee": "true",
                "network rm app": "true",
            }),
            absent: { "network inspect": missing("network app") },
            removals: ["rm --force c0ffee", "network rm app"],
        },
    ];
    const removalsOf = async () => (await commands.calls("docker")).filter((call) => /^(network )?rm /.test(call));

    test.each(kinds)("is taken away: a $kind of the project", async ({ remove, ofProject, removals }) => {
        await commands.make("docker", ofProject("mitxonline"));
        await remove("app", "mitxonline");

        await expect(removalsOf()).resolves.toEqual(removals);
    });

    test.each(kinds)("stays where it is of another project or of none: a $kind", async (given) => {
        for (const its of ["another", ""]) {
            await commands.make("docker", given.ofProject(its));

            await expect(given.remove("app", "mitxonline")).rejects.toThrow(
                `There is a ${given.kind} app already, and not of the Compose project mitxonline. ` +
                    `Take it away: docker ${given.kind} rm app`,
            );
        }
        await expect(removalsOf()).resolves.toEqual([]);
    });

    test.each(kinds)("is nothing where there is no $kind", async ({ remove, absent }) => {
        await commands.make("docker", absent);

        await expect(remove("app", "mitxonline")).resolves.toBeUndefined();
    });
});
