import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { down, reset, status, up } from "../../sandbox/sandbox.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { isAlive } from "../support/processes.ts";
import { type TestServers, freePorts, startServers } from "../support/sandbox.ts";

const cli = path.join(import.meta.dirname, "..", "..", "sandbox", "cli.ts");

let running: TestServers<"lms">;
let options: { stateDirectory: string; servers: readonly ["lms"] };

async function start() {
    running = await startServers(["lms"]);
    options = { stateDirectory: running.stateDirectory, servers: ["lms"] };
}

async function lmsStatus() {
    const [lms] = await status(options);
    if (!lms) throw new Error("The LMS is missing from the status.");
    return lms;
}

describe("the sandbox, while its servers run,", () => {
    beforeAll(start);
    afterAll(() => running.stop());

    test("keeps a server's data private to the user", async () => {
        expect((await stat(running.lms.stateDirectory)).mode & 0o777).toBe(0o700);
    });

    test("leaves a running server alone", async () => {
        const { pid } = await lmsStatus();
        const progress: string[] = [];
        const again = await up({ ...options, onProgress: (_server, step) => progress.push(step) });
        expect(progress).toEqual(["running"]);
        expect(again.lms).toEqual(running.lms);
        expect((await lmsStatus()).pid).toBe(pid);
    });

    test("is shown as a table on the command line", async () => {
        const { stdout } = await execa(process.execPath, [cli, "status", "--state", running.stateDirectory]);
        expect(stdout).toMatch(
            new RegExp(`lms +│ running +│ ${running.lms.baseUrl} +│ ${(await lmsStatus()).pid ?? ""}`),
        );
        expect(stdout).toMatch(/xpro +│ stopped/);
    });
});

describe("the sandbox", () => {
    beforeEach(start);
    afterEach(() => running.stop());

    test("shows a server that is up with its URL and process, and a server that is down as stopped", async () => {
        const { state, baseUrl, pid } = await lmsStatus();
        expect({ state, baseUrl }).toEqual({ state: "running", baseUrl: running.lms.baseUrl });
        expect(await isAlive(pid)).toBe(true);

        await down(options);
        expect(await isAlive(pid)).toBe(false);
        expect(await lmsStatus()).toMatchObject({ state: "stopped" });
        expect(await lmsStatus()).not.toHaveProperty("pid");
    });

    test("moves a server to another port on request", async () => {
        const { lms } = await freePorts();
        const moved = await up({ ...options, ports: { lms } });
        expect(moved.lms.baseUrl).toBe(`http://local.openedx.io:${lms}`);
        expect(await lmsStatus()).toMatchObject({ state: "running", port: lms });
    });

    test("retains a server's data across down and up, and removes it on reset", async () => {
        const siteCount = async () => (await (await AdminBrowser.signIn(running.lms)).list("sites/site")).length;
        const before = await siteCount();
        const browser = await AdminBrowser.signIn(running.lms);
        await browser.add("sites/site", { domain: "kept.example", name: "kept" });

        const ports = { lms: running.lms.port };
        await down(options);
        await up({ ...options, ports });
        expect(await siteCount()).toBe(before + 1);
        await reset({ ...options, ports });
        expect(await siteCount()).toBe(before);
    });

    test("kills a server that hangs", async () => {
        const { pid = 0 } = await lmsStatus();
        process.kill(pid, "SIGSTOP");
        expect(await lmsStatus()).toMatchObject({ state: "not answering" });
        await down(options);
        expect(await isAlive(pid)).toBe(false);
    });

    test("says which port is taken and how to choose another", async () => {
        await down(options);
        const { lms } = await freePorts();
        const stranger = createServer().listen(lms, "127.0.0.1");
        await once(stranger, "listening");
        await expect(up({ ...options, ports: { lms } })).rejects.toThrow(
            `Open edX LMS can't start: another program uses port ${lms}. ` +
                "Stop that, or choose another port: npm run sandbox -- up --port lms=<port>",
        );
        stranger.close();
    });

    test("shows the end of the log of a server that dies while it starts", async () => {
        await down(options);
        await writeFile(path.join(running.lms.stateDirectory, "db.sqlite3"), "no database ".repeat(1000));
        const start = up({ ...options, ports: { lms: running.lms.port } });
        await expect(start).rejects.toThrow(
            /^Open edX LMS ended while it started. The end of .*server\.log:[^]*file is not a database/,
        );
        expect(await lmsStatus()).toMatchObject({ state: "stopped" });
    });

    test("does not touch another program that got the process id of a server that died", async () => {
        const processFile = path.join(running.lms.stateDirectory, "process.json");
        const record = await readFile(processFile, "utf8");
        await down(options);
        const stranger = execa(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {
            detached: true,
            reject: false,
        });
        await writeFile(processFile, JSON.stringify({ ...(JSON.parse(record) as object), pid: stranger.pid }));

        expect(await lmsStatus()).toMatchObject({ state: "stopped" });
        await down(options);
        expect(await isAlive(stranger.pid)).toBe(true);
        stranger.kill();
        await stranger;
    });
});

describe("the sandbox's command line", () => {
    test.each([
        [["start"], "Give one command: up, down, status, reset."],
        [["up", "--server", "lsm"], "Unknown server: lsm. Choose from lms, mitxonline, xpro."],
        [["up", "--port", "lms=http"], "--port lms=http: write <name>=<port>"],
        [["up", "--all"], "Unknown option '--all'"],
    ])("refuses %j and says what it accepts", async (args, message) => {
        const { exitCode, stderr } = await execa(process.execPath, [cli, ...args], { reject: false });
        expect(exitCode).toBe(2);
        expect(stderr).toContain(message);
        expect(stderr).toContain("--help");
    });
});
