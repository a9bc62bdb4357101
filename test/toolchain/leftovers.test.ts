import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { execa } from "execa";
import pRetry from "p-retry";
import { endLeftovers, newSessionsFolder } from "../../toolchain/leftovers.ts";
import { project } from "../../toolchain/pulumi.ts";
import { isAlive } from "../support/processes.ts";

let clone: string;
const start = (...args: string[]) => execa("node", args, { reject: false });
const started: ReturnType<typeof start>[] = [];

beforeEach(async () => {
    clone = await mkdtemp(join(tmpdir(), "clone-"));
});
afterEach(async () => {
    for (const run of started.splice(0)) {
        run.kill("SIGKILL");
        await run;
    }
    await rm(clone, { recursive: true });
});

/** Starts an idle process with the command line of one of Pulumi's. */
async function startLike(folder: string, program: "run" | "dynamic-provider", ...args: string[]): Promise<number> {
    const cmd = join(folder, "node_modules", "@pulumi", "pulumi", "cmd", program);
    await mkdir(cmd, { recursive: true });
    await writeFile(join(cmd, "index.js"), "setInterval(() => {}, 1000); console.log('ready');");
    const run = start(join(cmd, "index.js"), ...args);
    started.push(run);
    await once(run.stdout, "data");
    return run.pid ?? 0;
}

async function listen(): Promise<{ port: number; close: () => void }> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { port, close: () => server.close() };
}

test("a program and a dynamic provider whose engine is gone end; those of a running command and of other clones stay", async () => {
    const gone = await listen();
    gone.close();
    const engine = await listen();
    const other = join(clone, "other");
    const address = `127.0.0.1:${gone.port}`;
    const left = [
        await startLike(clone, "run", "--monitor", "127.0.0.1:1", "--engine", address, "--sync", "/tmp/x"),
        await startLike(clone, "dynamic-provider", address),
    ];
    const running = [
        await startLike(clone, "run", "--engine", `127.0.0.1:${engine.port}`),
        await startLike(clone, "dynamic-provider", `127.0.0.1:${engine.port}`),
        await startLike(other, "dynamic-provider", address),
    ];

    expect((await endLeftovers(clone)).sort()).toEqual([...left].sort());
    await Promise.all(started.slice(0, 2));
    await expect(Promise.all(running.map(isAlive))).resolves.toEqual([true, true, true]);
    engine.close();
});

test("the sessions of a killed command are removed by the next one; those of a running command stay", async () => {
    /** Starts a command that has sessions, and returns once it runs. */
    const startCommand = async () => {
        const leftovers = JSON.stringify(join(project, "toolchain", "leftovers.ts"));
        const program = `
            import { writeFileSync } from "node:fs";
            const { newSessionsFolder } = await import(${leftovers});
            const folder = await newSessionsFolder(${JSON.stringify(clone)});
            writeFileSync(folder + "/cookies", "session");
            console.log(folder);
            setInterval(() => {}, 1000);`;
        const run = start("--disable-warning=ExperimentalWarning", "--input-type=module", "-e", program);
        started.push(run);
        const [line] = (await once(run.stdout, "data")) as [Buffer];
        return { run, folder: line.toString().trim() };
    };
    const [killed, running] = [await startCommand(), await startCommand()];
    killed.run.kill("SIGKILL");
    await killed.run;

    const own = await newSessionsFolder(clone);

    await expect(readdir(dirname(own))).resolves.toEqual([running.folder, own].map((path) => basename(path)).sort());
    await expect(readdir(running.folder)).resolves.toEqual(["cookies"]);
    expect((await stat(own)).mode & 0o777).toBe(0o700);
});

test("a stand-in plugin ends when its engine is killed", async () => {
    const plugin = join(project, "toolchain", "plugins", "random.ts");
    // The engine is the parent of its plugins; this one prints its plugin's ID and waits.
    const program = `
        const plugin = require("node:child_process").spawn(process.execPath,
            ["--disable-warning=ExperimentalWarning", ${JSON.stringify(plugin)}, "127.0.0.1:1"],
            { stdio: ["ignore", "pipe", "inherit"] });
        plugin.stdout.once("data", () => console.log(plugin.pid));`;
    const engine = start("-e", program);
    started.push(engine);
    const [line] = (await once(engine.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    await expect(isAlive(pid)).resolves.toBe(true);

    engine.kill("SIGKILL");
    await engine;
    await pRetry(
        async () => {
            if (await isAlive(pid)) {
                throw new Error(`The plugin ${pid} outlives its engine.`);
            }
        },
        { retries: 100, factor: 1, minTimeout: 100 },
    );
});
