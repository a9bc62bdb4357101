import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { descendants, killTree } from "./processes.ts";
import { initStack } from "./stackFiles.ts";

/** A stack of this project on the real engine, with its own state. */
export interface TestStack {
    /** Everything that the engine has printed or reported so far. */
    readonly transcript: () => string;
    /** Sets configuration keys; passwords and secrets as secrets. */
    configure(config: Readonly<Record<string, string>>): Promise<void>;
    /** Runs `pulumi up`; returns the number of resources per operation. */
    up(): Promise<Changes>;
    /** `pulumi up --refresh`; counts what the refresh found changed as `refresh`. */
    upRefreshing(): Promise<Changes>;
    /** Runs `pulumi up --replace` for every resource whose URN matches one of the patterns. */
    replace(...urns: readonly string[]): Promise<Changes>;
    /**
     * Runs `pulumi up` or `pulumi destroy`, kills it as soon as it prints the pattern, and removes its lock. Default:
     * kills all its processes.
     */
    killedAt(command: "up" | "destroy", pattern: RegExp, how?: Kill): Promise<void>;
    /**
     * Starts `pulumi up` or `pulumi destroy`, and returns as soon as it prints the pattern or ends.
     *
     * @returns how the run ends.
     */
    begin(command: "up" | "destroy", pattern: RegExp): Promise<{ readonly ended: Promise<Ended> }>;
    /**
     * Runs `pulumi up` or `pulumi destroy` and kills it the same way as soon as it has created or deleted a resource, over
     * and over until there is nothing left to do. Random values don't count.
     *
     * @returns how many times it was killed.
     */
    killedAfterEach(command: "up" | "destroy"): Promise<number>;
    /** Runs `pulumi preview`; returns the number of resources per planned operation. */
    preview(...args: readonly string[]): Promise<Changes>;
    /** `pulumi preview --refresh`; counts what the refresh found changed as `refresh`: both in one run. */
    previewRefreshing(): Promise<Changes>;
    /** `pulumi refresh`. */
    refresh(): Promise<Changes>;
    /** `pulumi destroy`. */
    destroy(): Promise<Changes>;
    /** `pulumi destroy --refresh`; counts what the refresh found changed as `refresh`. */
    destroyRefreshing(): Promise<Changes>;
    /** The stack's outputs by name, including secret ones. */
    outputs(): Promise<Readonly<Record<string, unknown>>>;
    /** The state as `pulumi stack export` shows it: with secrets encrypted. */
    state(): Promise<string>;
    /** Replaces the state with one like that. */
    restore(state: string): Promise<void>;
    /** The folder with the stack's settings. */
    readonly folder: string;
    /** Deletes the state. */
    remove(): Promise<void>;
}

/** Which part of a run to kill, and how. */
export interface Kill {
    /** `provider`: the process that runs the dynamic providers. Default: `everything`. */
    readonly what?: "everything" | "engine" | "provider";
    /** Default: SIGKILL. */
    readonly signal?: "SIGKILL" | "SIGTERM" | "SIGHUP";
}

/** How a run ended: exit code 0 if all went well, and everything it printed. */
export interface Ended {
    readonly exitCode: number | undefined;
    readonly output: string;
}

/** Counts by operation, without resources that stay the same. */
export type Changes = Readonly<Record<string, number>>;

/**
 * Creates an empty stack.
 *
 * @param program - the file of its program, relative to the project.
 * @param name - the stack's name.
 */
export async function makeStack(
    config: Readonly<Record<string, string>>,
    program = "index.ts",
    name = "test",
): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "stack-"));
    // The program is this project's; settings and state are separate.
    await cp(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await symlink(join(project, program), join(folder, "index.ts"));
    for (const part of ["package.json", "node_modules"]) {
        await symlink(join(project, part), join(folder, part));
    }
    const states = join(folder, "state");
    await mkdir(states);
    const usual = await pulumiEnvironment();
    const environment = {
        ...usual,
        PULUMI_BACKEND_URL: `file://${states}?metadata=skip`,
        // Enables `--event-log`.
        PULUMI_DEBUG_COMMANDS: "true",
    };
    // For this project's commands that a test calls.
    Object.assign(process.env, environment);
    const pulumi = (...args: string[]) =>
        execa("pulumi", [...args, "--stack", name, "--non-interactive"], {
            cwd: folder,
            env: environment,
            stdin: "ignore",
            reject: false,
            all: true,
        });
    const ask = async (...args: string[]) => {
        const { failed, all, stdout } = await pulumi(...args);
        if (failed) {
            throw new Error(`pulumi ${args.slice(0, 2).join(" ")}: ${all}`);
        }
        return stdout;
    };
    /** What commands that only read have printed since the last run, by their arguments. */
    const known = new Map<string, Promise<string>>();
    const read = (...args: string[]) => {
        const answer = known.get(args.join(" ")) ?? ask(...args);
        known.set(args.join(" "), answer);
        return answer;
    };
    const start = (...args: string[]) => {
        known.clear();
        return pulumi(...args);
    };

    const passphraseFile = usual["PULUMI_CONFIG_PASSPHRASE_FILE"] ?? "";
    const configure = await initStack(name, { folder, states, passphraseFile });
    await configure(config);

    const printed: string[] = [];
    const eventLog = join(folder, "events.jsonl");
    // For each run, the Automation API calls the CLI three more times to get outputs and history: most of a test's
    // time.
    const run = async (...args: string[]): Promise<Changes> => {
        const { failed, all } = await start(...args, "--event-log", eventLog);
        // Skips what only `--debug` shows: there, Pulumi's own SDK prints the responses of plugins as they are.
        const events = (await readFile(eventLog, "utf8").catch(() => ""))
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as EngineEvent)
            .filter(({ diagnosticEvent }) => (diagnosticEvent?.severity as string | undefined) !== "debug");
        await rm(eventLog, { force: true });
        printed.push(all, ...events.map((event) => JSON.stringify(event)));
        if (failed) {
            throw new Error(`pulumi ${args.join(" ")} fails:\n${all}`);
        }
        const counts = events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
        if (counts === undefined) {
            throw new Error(`pulumi ${args.join(" ")} does not say what it did:\n${all}`);
        }
        // The engine counts these only for `pulumi refresh`.
        const drifted = events.filter(({ resOutputsEvent }) => {
            const { op, old, new: found } = resOutputsEvent?.metadata ?? {};
            return op === "refresh" && !isDeepStrictEqual(old?.outputs, found?.outputs);
        });
        const changes = { ...counts.resourceChanges, ...(args.includes("--refresh") && { refresh: drifted.length }) };
        return Object.fromEntries(
            Object.entries(changes).filter(([operation, count]) => operation !== "same" && count > 0),
        );
    };
    const change = (...args: string[]) => run(...args, "--yes", "--skip-preview");
    /** Runs Pulumi until it prints the pattern, then kills it; returns whether it did before the run had finished. */
    const runUntil = async (command: "up" | "destroy", pattern: RegExp, how: Kill = {}): Promise<boolean> => {
        const { what = "everything", signal = "SIGKILL" } = how;
        const started = start(command, "--yes", "--skip-preview");
        let output = "";
        let killed: Promise<void> | undefined;
        started.stdout.on("data", (chunk: Buffer) => {
            output += chunk.toString();
            if (pattern.test(output) && started.pid !== undefined) {
                killed ??= kill(started.pid, what, signal);
            }
        });
        const { exitCode } = await started;
        await killed;
        if (killed === undefined && exitCode !== 0) {
            throw new Error(output);
        }
        if (exitCode === 0) {
            return false;
        }
        // As `pulumi cancel` does.
        await rm(join(states, ".pulumi", "locks"), { recursive: true, force: true });
        return true;
    };
    const begin: TestStack["begin"] = async (command, pattern) => {
        const started = start(command, "--yes", "--skip-preview");
        const ended = started.then(({ exitCode, all }) => ({ exitCode, output: all }));
        await new Promise<void>((resolve) => {
            let output = "";
            started.all.on("data", (chunk: Buffer) => {
                output += chunk.toString();
                if (pattern.test(output)) {
                    resolve();
                }
            });
            void ended.finally(resolve);
        });
        return { ended };
    };
    const test: TestStack = {
        begin,
        transcript: () => printed.join(""),
        configure,
        up: () => change("up"),
        upRefreshing: () => change("up", "--refresh"),
        replace: (...urns) => change("up", ...urns.flatMap((urn) => ["--replace", urn])),
        killedAt: async (command, pattern, how) => {
            if (!(await runUntil(command, pattern, how))) {
                throw new Error(
                    `The run was not killed: it never printed ${String(pattern)}, or had finished by then.`,
                );
            }
        },
        killedAfterEach: async (command) => {
            let kills = 0;
            // Components and random values don't count: nothing is created for them outside of the state.
            while (await runUntil(command, / [+-] +(?!pulumi:|openedx-mit:|random:)\S+ \S+ (created|deleted)/)) {
                kills++;
            }
            return kills;
        },
        preview: (...args) => run("preview", ...args),
        previewRefreshing: () => run("preview", "--refresh"),
        refresh: () => change("refresh"),
        destroy: () => change("destroy"),
        destroyRefreshing: () => change("destroy", "--refresh"),
        outputs: async () =>
            JSON.parse(await read("stack", "output", "--json", "--show-secrets")) as Record<string, unknown>,
        state: () => read("stack", "export"),
        restore: async (state) => {
            const file = join(folder, "restored.json");
            await writeFile(file, state);
            known.clear();
            await ask("stack", "import", "--file", file);
        },
        folder,
        remove: () => rm(folder, { recursive: true, force: true }),
    };
    return test;
}

async function kill(engine: number, what: NonNullable<Kill["what"]>, signal: NodeJS.Signals): Promise<void> {
    if (what === "everything") {
        await killTree(engine);
    } else if (what === "engine") {
        process.kill(engine, signal);
    } else {
        for (const provider of await descendants(engine, /cmd\/dynamic-provider/)) {
            process.kill(provider, signal);
        }
    }
}
