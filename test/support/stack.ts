import { cp, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineEvent, LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { execa } from "execa";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { descendants, killTree } from "./processes.ts";

/** A stack of this project on the real engine, with a state of its own. */
export interface TestStack {
    readonly stack: Stack;
    /** Everything that the engine printed or reported so far. */
    readonly transcript: () => string;
    /** Sets configuration keys; passwords and secrets as secrets. */
    configure(config: Readonly<Record<string, string>>): Promise<void>;
    /** `pulumi up`: how many resources there were of each operation. */
    up(): Promise<Changes>;
    /** `pulumi up --refresh`. */
    upRefreshing(): Promise<Changes>;
    /** `pulumi up --replace` for every resource whose URN fits one of the patterns. */
    replace(...urns: readonly string[]): Promise<Changes>;
    /**
     * `pulumi up` or `pulumi destroy`, killed as soon as it prints the pattern, and its lock removed. Default: with all its
     * processes.
     */
    killedAt(command: "up" | "destroy", pattern: RegExp, how?: Kill): Promise<void>;
    /**
     * Starts `pulumi up` or `pulumi destroy`, and goes on as soon as it prints the pattern, or ends.
     *
     * @returns how the run ends.
     */
    begin(command: "up" | "destroy", pattern: RegExp): Promise<{ readonly ended: Promise<Ended> }>;
    /**
     * `pulumi up`, killed like that as soon as it has made a resource, again and again until there is nothing left to make.
     *
     * @returns how often it was killed.
     */
    upKilledAfterEach(): Promise<number>;
    /** `pulumi preview`: how many resources there would be of each operation. */
    preview(): Promise<Changes>;
    /** `pulumi refresh`. */
    refresh(): Promise<Changes>;
    /** `pulumi destroy`. */
    destroy(): Promise<Changes>;
    /** The state as `pulumi stack export` shows it: with secrets encrypted. */
    state(): Promise<string>;
    /** The folder with the stack's settings. */
    readonly folder: string;
    /** Removes the state. */
    remove(): Promise<void>;
}

/** What of a run is killed, and how. */
export interface Kill {
    /** `provider`: the process with the dynamic providers. Default: `everything`. */
    readonly what?: "everything" | "engine" | "provider";
    /** Default: SIGKILL. */
    readonly signal?: "SIGKILL" | "SIGTERM" | "SIGHUP";
}

/** How a run ended: 0 where all went well, and all that it printed. */
export interface Ended {
    readonly exitCode: number | undefined;
    readonly output: string;
}

/** Counts by operation, those of resources that stay the same left out. */
export type Changes = Readonly<Record<string, number>>;

/**
 * Makes an empty stack.
 *
 * @param program - the file of its program, from the project's folder.
 * @param name - the stack's name.
 */
export async function makeStack(
    config: Readonly<Record<string, string>>,
    program = "index.ts",
    name = "test",
): Promise<TestStack> {
    const folder = await mkdtemp(join(tmpdir(), "stack-"));
    // The program is this project's; settings and state are not.
    await cp(join(project, "Pulumi.yaml"), join(folder, "Pulumi.yaml"));
    await symlink(join(project, program), join(folder, "index.ts"));
    for (const part of ["package.json", "node_modules"]) {
        await symlink(join(project, part), join(folder, part));
    }
    await mkdir(join(folder, "state"));
    const environment = {
        ...(await pulumiEnvironment()),
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}?metadata=skip`,
    };
    // The Automation API asks the CLI for its version with the process's own environment.
    Object.assign(process.env, environment);
    const stack = await LocalWorkspace.createOrSelectStack(
        { stackName: name, workDir: folder },
        { envVars: environment },
    );

    const printed: string[] = [];
    const options = {
        onOutput: (text: string) => printed.push(text),
        onError: (text: string) => printed.push(text),
        onEvent: (event: EngineEvent) => {
            // What only `--debug` shows is left out: in it Pulumi's own SDK names the answers of plug-ins as they are.
            if ((event.diagnosticEvent?.severity as string | undefined) !== "debug") {
                printed.push(JSON.stringify(event));
            }
        },
    };
    /** Runs Pulumi until it prints the pattern, and kills it then; tells whether it did. */
    const runUntil = async (command: "up" | "destroy", pattern: RegExp, how: Kill = {}): Promise<boolean> => {
        const { what = "everything", signal = "SIGKILL" } = how;
        const run = execa("pulumi", [command, "--stack", name, "--yes", "--skip-preview"], {
            cwd: folder,
            env: environment,
            reject: false,
        });
        let output = "";
        let killed: Promise<void> | undefined;
        run.stdout.on("data", (chunk: Buffer) => {
            output += chunk.toString();
            if (pattern.test(output) && run.pid !== undefined) {
                killed ??= kill(run.pid, what, signal);
            }
        });
        const { exitCode } = await run;
        await killed;
        if (killed === undefined && exitCode !== 0) {
            throw new Error(output);
        }
        if (killed === undefined) {
            return false;
        }
        if (exitCode === 0) {
            throw new Error(`A run that was killed ends well:\n${output}`);
        }
        await stack.cancel();
        return true;
    };
    const begin: TestStack["begin"] = async (command, pattern) => {
        const run = execa("pulumi", [command, "--stack", name, "--yes", "--skip-preview"], {
            cwd: folder,
            env: environment,
            reject: false,
            all: true,
        });
        const ended = run.then(({ exitCode, all }) => ({ exitCode, output: all }));
        await new Promise<void>((resolve) => {
            let output = "";
            run.all.on("data", (chunk: Buffer) => {
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
        stack,
        transcript: () => printed.join(""),
        configure: (values) =>
            stack.setAllConfig(
                Object.fromEntries(
                    Object.entries(values).map(([key, value]) => [key, { value, secret: /Password|Secret/.test(key) }]),
                ),
            ),
        up: async () => changes((await stack.up(options)).summary.resourceChanges),
        upRefreshing: async () => changes((await stack.up({ ...options, refresh: true })).summary.resourceChanges),
        replace: async (...urns) =>
            changes((await stack.up({ ...options, replace: [...urns] })).summary.resourceChanges),
        killedAt: async (command, pattern, how) => {
            if (!(await runUntil(command, pattern, how))) {
                throw new Error(`The run was not killed, as it never printed ${String(pattern)}.`);
            }
        },
        upKilledAfterEach: async () => {
            let kills = 0;
            // Components are no resources of a provider: nothing is made for them.
            while (await runUntil("up", / \+ +(?!pulumi:|openedx-mit:)\S+ \S+ created/)) {
                kills++;
            }
            return kills;
        },
        preview: async () => changes((await stack.preview(options)).changeSummary),
        refresh: async () => changes((await stack.refresh(options)).summary.resourceChanges),
        destroy: async () => changes((await stack.destroy(options)).summary.resourceChanges),
        state: async () => {
            const { stdout } = await execa("pulumi", ["stack", "export", "--stack", name], {
                cwd: folder,
                env: environment,
            });
            return stdout;
        },
        folder,
        remove: () => rm(folder, { recursive: true, force: true }),
    };
    await test.configure(config);
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

function changes(counts: Readonly<Record<string, number>> = {}): Changes {
    return Object.fromEntries(Object.entries(counts).filter(([operation]) => operation !== "same"));
}
