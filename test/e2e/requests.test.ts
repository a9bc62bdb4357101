import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import Table from "cli-table3";
import { execa } from "execa";
import { SESSIONS_FOLDER } from "../../dynamic-providers/openedx/django-admin/savedSessions.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startCountingProxy, type CountingProxy } from "../support/countingProxy.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

let servers: TestServers<"lms" | "mitxonline">;
let proxies: { lms: CountingProxy; mitxonline: CountingProxy };
let stack: TestStack;
const cleanUp = cleanUpIn(afterAll);

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    cleanUp(() => servers.stop());
    proxies = {
        lms: await startCountingProxy(servers.lms),
        mitxonline: await startCountingProxy(servers.mitxonline),
    };
    cleanUp(() => Promise.all(Object.values(proxies).map((proxy) => proxy.stop())));
    stack = await makeStack({
        ...sandboxConfig("mitxonline", servers),
        lmsUrl: proxies.lms.baseUrl,
        applicationAdminUrl: proxies.mitxonline.baseUrl,
    });
    cleanUp(() => stack.remove());
});

test("a run of the engine signs in once per server that it has work on, and to plan only what is new", async () => {
    const table = new Table({ head: ["Run", "LMS", "MIT application"], style: { head: [], border: [] } });
    const run = async (name: string, operation: () => Promise<unknown>) => {
        const before = { lms: proxies.lms.requests.length, mitxonline: proxies.mitxonline.requests.length };
        await operation();
        const made = (server: "lms" | "mitxonline") => {
            const requests = proxies[server].requests.slice(before[server]);
            const signIns = requests.filter(({ method, path }) => method === "POST" && path.includes("login")).length;
            return { requests: requests.length, signIns };
        };
        const [lms, mitxonline] = [made("lms"), made("mitxonline")];
        const words = ({ requests, signIns }: typeof lms) => `${requests} requests, ${signIns} sign-in`;
        table.push([name, words(lms), words(mitxonline)]);
        return { signIns: [lms.signIns, mitxonline.signIns], requests: lms.requests + mitxonline.requests };
    };
    const sessions = await mkdtemp(join(tmpdir(), "sessions-"));
    cleanUp(() => rm(sessions, { recursive: true }));
    const runs = {
        preview: await run("preview", () => stack.preview()),
        up: await run("up", () => stack.up()),
        "up again": await run("up again", () => stack.up()),
        "preview again": await run("preview again", () => stack.preview()),
        refresh: await run("refresh", () => stack.refresh()),
        "up --refresh, planned": await run("up --refresh, planned", () =>
            execa("pulumi", ["up", "--refresh", "--yes", "--stack", "test", "--non-interactive"], {
                cwd: stack.folder,
                env: { [SESSIONS_FOLDER]: sessions },
                stdin: "ignore",
            }),
        ),
        destroy: await run("destroy", () => stack.destroy()),
    };
    process.stdout.write(`${table.toString()}\n`);
    const signIns = Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, run.signIns]));
    expect(signIns).toEqual({
        // The plan checks that new objects don't exist yet on a server that runs. The application doesn't: it has no
        // .env yet.
        preview: [1, 0],
        up: [1, 1],
        "up again": [0, 0],
        "preview again": [0, 0],
        refresh: [1, 1],
        // Two processes, which share their sessions as those of the project's commands do.
        "up --refresh, planned": [1, 1],
        destroy: [1, 1],
    });
    expect(runs.up.requests).toBe(28);
    // One more if the two provider configurations don't start together; otherwise they share a list.
    expect(runs.refresh.requests).toBeLessThanOrEqual(13);
    expect(runs.destroy.requests).toBeLessThanOrEqual(20);
});
