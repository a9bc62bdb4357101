import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { down, up } from "../../sandbox/sandbox.ts";
import { endLeftovers } from "../../toolchain/leftovers.ts";
import { project } from "../../toolchain/pulumi.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { type Kill, makeStack, type TestStack } from "../support/stack.ts";

let servers: TestServers<"lms" | "mitxonline">;
let config: Readonly<Record<string, string>>;
let stack: TestStack;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    // A dozen runs sign in more often than the LMS allows within five minutes.
    process.env["SANDBOX_RATELIMIT"] = "0";
    servers = await startServers(["lms", "mitxonline"]);
    cleanUp(() => servers.stop());
    config = sandboxConfig("mitxonline", servers);
    stack = await makeStack(config);
    cleanUp(() => stack.remove());
});

/** Stops and restarts the servers, as a reboot does. */
async function restart(): Promise<void> {
    const { lms, mitxonline, stateDirectory } = servers;
    const options = {
        stateDirectory,
        servers: ["lms", "mitxonline"] as const,
        ports: {
            lms: lms.port,
            mitxonline: mitxonline.port,
            "mitxonline-apisix": Number(new URL(mitxonline.apisixBaseUrl).port),
        },
    };
    await down(options);
    await up(options);
}

/** How many of the stack's objects exist in Open edX; only enabled provider configurations count. */
async function inventory() {
    const lms = await AdminBrowser.signIn(servers.lms);
    const configurations = await lms.list("third_party_auth/oauth2providerconfig");
    return {
        applications: (await lms.list("oauth2_provider/application")).length,
        tokens: (await lms.list("oauth2_provider/accesstoken")).length,
        workers: (await lms.list("auth/user", "username=mitserviceworker")).length,
        configurations: configurations.filter((row) => row["enabled"] === "True").length,
        newRows: (await history()) - before,
    };
}

/** How many rows of provider configurations exist, including former ones. */
async function history(): Promise<number> {
    const lms = await AdminBrowser.signIn(servers.lms);
    return (await lms.list("third_party_auth/oauth2providerconfig", "show_history=1")).length;
}

let before: number;
beforeEach(async () => {
    before = await history();
});

const made = { applications: 1, tokens: 1, workers: 1, configurations: 2, newRows: 2 };
// One row per site disables its configuration.
const gone = { applications: 0, tokens: 0, workers: 0, configurations: 0, newRows: 4 };

async function expectFinishedUp(moment: RegExp, how: Kill): Promise<void> {
    await stack.killedAt("up", moment, how);
    // As the project's commands do before each run.
    await endLeftovers(project);
    await stack.up();
    await expect(inventory()).resolves.toEqual(made);
    const mitxonline = await AdminBrowser.signIn(servers.mitxonline);
    await expect(mitxonline.list("oauth2_provider/application")).resolves.toHaveLength(1);
}

/** Deletes everything; the state that the last `up` left is that of the servers. */
async function expectDestroyed(): Promise<void> {
    await expect(stack.destroyRefreshing()).resolves.toEqual({ delete: expect.any(Number) });
    await expect(inventory()).resolves.toEqual(gone);
}

// The last test below kills everything, after each step.
test.each<[pattern: RegExp, how: Kill]>([
    [/DjangoUser service-worker creating/, { what: "engine" }],
    [/DjangoUser service-worker creating/, { what: "engine", signal: "SIGHUP" }],
    [/OAuth2ProviderConfig .* creating/, { what: "engine", signal: "SIGTERM" }],
])(
    "an up that is killed at %s (%j) is finished by the next one, without duplicates or orphans",
    async (moment, how) => {
        await expectFinishedUp(moment, how);

        await expectDestroyed();
    },
);

test.each<[up: RegExp, how: Kill, destroy: RegExp, how: Kill]>([
    [/random.* created/, {}, /AccessToken service-worker-token deleting/, {}],
    [/edx-oauth-app creating/, { what: "provider" }, /OAuth2ProviderConfig .* deleting/, { what: "provider" }],
    [/OAuth2ProviderConfig .* creating/, { what: "provider" }, /edx-oauth-app deleting/, { what: "engine" }],
])(
    "an up that is killed at %s (%j), and then a destroy that is killed at %s (%j), are finished by the next one",
    async (up, howUp, destroy, howDestroy) => {
        await expectFinishedUp(up, howUp);
        await expect(stack.previewRefreshing()).resolves.toEqual({});

        await stack.killedAt("destroy", destroy, howDestroy);
        await endLeftovers(project);
        await stack.destroy();
        await expect(inventory()).resolves.toEqual(gone);
    },
);

test("a second up on the same state says that it is locked, and disturbs nothing", async () => {
    const first = await stack.begin("up", /random.* created/);
    const second = await (await stack.begin("up", /locked/)).ended;
    expect(second.output).toContain("the stack is currently locked by 1 lock(s)");
    expect(second.exitCode).not.toBe(0);
    await expect(first.ended).resolves.toMatchObject({ exitCode: 0 });
    await expect(inventory()).resolves.toEqual(made);
    await expectDestroyed();
});

test("of two stacks that are set up on the same servers at the same time, at most one succeeds; what they created is deleted with them", async () => {
    const other = await makeStack(config, "index.ts", "other");
    const runs = await Promise.all([stack, other].map((one) => one.begin("up", /random.* created/)));
    const ends = await Promise.all(runs.map(({ ended }) => ended));
    const failed = ends.filter(({ exitCode }) => exitCode !== 0);
    expect(failed).not.toEqual([]);
    for (const { output } of failed) {
        expect(output).toMatch(/already exists and was not created by this stack|is managed by another stack/);
    }
    await other.destroy();
    await stack.destroy();
    await other.remove();
    const { applications, tokens, workers, configurations } = gone;
    await expect(inventory()).resolves.toMatchObject({ applications, tokens, workers, configurations });
});

test("servers that restart in the middle of up and of destroy cause an error or no harm, and the next run makes it right", async () => {
    const runs = [
        ["up", /DjangoUser service-worker creating/, made],
        ["destroy", /AccessToken service-worker-token deleting/, gone],
    ] as const;
    for (const [command, moment, end] of runs) {
        const run = await stack.begin(command, moment);
        await restart();
        const { exitCode, output } = await run.ended;
        expect(exitCode === 0 || /error: .*(no answer|broke off)/.test(output) || output).toBe(true);
        await stack[command]();
        await expect(inventory()).resolves.toEqual(end);
    }
});

test("an up and a destroy that are killed after each step are finished, without duplicates or orphans", async () => {
    await expect(stack.killedAfterEach("up")).resolves.toBeGreaterThan(5);
    await endLeftovers(project);
    await expect(inventory()).resolves.toEqual(made);
    await expect(stack.refresh()).resolves.toEqual({});
    await expect(stack.killedAfterEach("destroy")).resolves.toBeGreaterThan(5);
    await endLeftovers(project);
    await expect(inventory()).resolves.toEqual(gone);
    // Some twenty runs, and Pulumi has to start for each.
}, 600_000);
