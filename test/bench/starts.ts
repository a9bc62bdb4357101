/** What it costs to start: the program alone, and `npm start` with everything cached. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { defaultPorts } from "../../sandbox/sandbox.ts";
import { project, projectName, pulumiEnvironment } from "../../toolchain/pulumi.ts";
import type { TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { costOf, inTurn, secondsOf, spreadOf } from "./measure.ts";
import { secondsRow, type Tell, times } from "./page.ts";
import { emptyProgram } from "./programs.ts";

/** How long loading and registering used to take: the first measurement on the same machine. */
const FORMER_SECONDS = 0.45;

/**
 * Measures the program without an engine, beyond a program that only loads Pulumi's SDK and registers as many resources.
 *
 * @param resources - how many the program registers.
 */
export async function measureProgramStart(
    servers: TestServers<"lms" | "mitxonline">,
    resources: number,
    tell: Tell,
    rounds: number,
): Promise<void> {
    const configuration = Object.entries(sandboxConfig("mitxonline", servers)).map(([key, value]) => [
        `${projectName}:${key}`,
        value,
    ]);
    const start = async (program: string) => {
        const script = `
            const pulumi = require("@pulumi/pulumi");
            require("@pulumi/random");
            pulumi.runtime.setAllConfig(${JSON.stringify(Object.fromEntries(configuration))});
            pulumi.runtime.setMocks({ call: () => ({}), newResource: ({ name, inputs }) => ({ id: name, state: { ...inputs, result: name } }) },
                "${projectName}", "test");
            const before = process.cpuUsage();
            (async () => {
                ${program}
                const { user, system } = process.cpuUsage(before);
                console.log((user + system) / 1e6);
                // Without an engine the SDK's promises stay open, and it would complain.
                process.removeAllListeners("exit").exit();
            })();`;
        const options = [
            "--disable-warning=ExperimentalWarning",
            "--require",
            "@openedx-mit/dynamic-providers/quickStart",
        ];
        const { stdout } = await execa("node", [...options, "-e", script], { cwd: project });
        return Number(stdout.split("\n").at(-1));
    };
    const programs = {
        own: () => start('await import("./index.ts");'),
        empty: () => start(emptyProgram(resources)),
    };
    await programs.own();
    const costs = await inTurn(programs, rounds);
    const seconds = costs.own.map((own, round) => own - (costs.empty[round] ?? NaN));
    tell({
        what: `program start beyond that of an empty program: ${spreadOf(seconds).median.toFixed(2)} s of processor time`,
        against: `${FORMER_SECONDS} s, as it was`,
        goal: "0.33",
        measured: times(spreadOf(seconds.map((figure) => figure / FORMER_SECONDS))),
    });
}

/** Measures `npm start` in a clone with everything cached, against a plain `pulumi up` in it. */
export async function measureNpmStart(tell: Tell, rounds: number): Promise<void> {
    const what = "`npm start` with everything cached";
    const row = { what, against: "an `up` without changes of the same stack", goal: "1.5" };
    if (!(await arePortsFree())) {
        tell({ ...row, measured: "not measured: the sandbox's ports are in use" });
        return;
    }
    const folder = await copyOfProject();
    const npm = (...args: string[]) =>
        execa("npm", args, { cwd: folder, env: { TEST_DOCKER_HOST: "" }, stdin: "ignore", all: true });
    try {
        await npm("start");
        const environment = {
            ...(await pulumiEnvironment()),
            PULUMI_HOME: join(folder, ".toolchain", "pulumi"),
            PULUMI_CONFIG_PASSPHRASE_FILE: join(folder, ".pulumi-passphrase"),
            // The environment of this process still has the backend of a stack measured earlier.
            PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
        };
        const call = ["pulumi", "up", "--stack", "sandbox", "--yes", "--skip-preview", "--non-interactive"];
        const { start, up } = await inTurn(
            {
                start: () => secondsOf(() => npm("start")),
                up: async () => (await costOf(call, { folder, environment })).wall,
            },
            rounds,
        );
        tell(secondsRow(row, start, up));
    } finally {
        await npm("stop");
        await rm(folder, { recursive: true, force: true });
    }
}

/** A clone that shares this one's packages and tools. */
async function copyOfProject(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "bench-"));
    const { stdout } = await execa("git", ["ls-files"], { cwd: project });
    for (const file of stdout.split("\n")) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await cp(join(project, file), join(folder, file));
    }
    await mkdir(join(folder, "node_modules"));
    for (const name of await readdir(join(project, "node_modules"))) {
        await symlink(join(project, "node_modules", name), join(folder, "node_modules", name));
    }
    await mkdir(join(folder, ".toolchain", "pulumi", "plugins"), { recursive: true });
    for (const part of ["pulumi/versions", "venv"]) {
        await symlink(join(project, ".toolchain", part), join(folder, ".toolchain", part));
    }
    return folder;
}

async function arePortsFree(): Promise<boolean> {
    for (const port of Object.values(defaultPorts)) {
        const server = createServer().listen(port, "127.0.0.1");
        try {
            await once(server, "listening");
        } catch {
            return false;
        } finally {
            server.close();
        }
    }
    return true;
}
