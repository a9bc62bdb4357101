/** The engines that run the commands of the fault runs: the model and the real one. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { execa } from "execa";
import { TIMEOUT_SECONDS } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { forgetSessions } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { EngineRun, type StackState } from "../support/engine.ts";
import { makeStack } from "../support/stack.ts";
import type { Command, ProgramName } from "./commands.ts";
import { type Program, recordProgram } from "./program.ts";

/** The stack's configurations, by the names of the commands' programs. */
export type Configurations = Readonly<Record<ProgramName, Readonly<Record<string, string>>>>;

/** How a command ended. */
export interface Run {
    /** What failed; empty if the exit code is 0. */
    readonly errors: readonly string[];
    /** Everything it printed. */
    readonly printed: string;
}

/** A resource in the state. */
export interface StateResource {
    readonly id: string;
    readonly inputs: object;
    readonly outputs: object;
    readonly isPartial: boolean;
}

/** A stack, and what runs commands on it. */
export interface Engine {
    /** Runs a command on the stack as it is. */
    readonly run: (command: Pick<Command, "program" | "runs">) => Promise<Run>;
    /** Saves the stack's state; the returned function restores it. */
    readonly save: () => Promise<() => Promise<void>>;
    /** Returns to the state before the first run, with random values unlike those of any earlier stack. */
    readonly beginAnew: () => Promise<void>;
    /** The resources of the dynamic providers, decrypted, by `<type> <name>`. */
    readonly resources: () => Promise<ReadonlyMap<string, StateResource>>;
    /** The part of the state that anybody can read. */
    readonly readableState: () => Promise<string>;
    /** The stack's random values, each with the resource that generated it, `<type> <name>`. */
    readonly random: () => Promise<ReadonlyMap<string, string>>;
    readonly remove: () => Promise<void>;
}

/** The model of the engine: the provider modules in this process, called by `test/support/engine.ts`. */
export async function modelEngine(configurations: Configurations): Promise<Engine> {
    const programs: Readonly<Record<ProgramName, Program>> = {
        usual: await recordProgram({ ...configurations.usual, platform: "linux" }),
        changed: await recordProgram({ ...configurations.changed, platform: "linux" }),
        adopting: await recordProgram({ ...configurations.adopting, platform: "linux" }),
    };
    let state: StackState = new Map();
    let salt = 0;
    const program = (name: ProgramName) => programs[name].withSalt(String(salt));
    return {
        async run({ program: name, runs }) {
            // Each run is a separate process.
            forgetSessions();
            const { resources, providerOf } = program(name);
            const engine = new EngineRun(providerOf, state);
            const [outcome, lines] = await recordConsole(() =>
                runs === "destroy" ? engine.destroy() : engine.up(resources, { refresh: runs === "up --refresh" }),
            );
            state = outcome.state;
            // Pulumi prints the stack traces of some errors.
            return {
                errors: outcome.errors,
                printed: [...lines, ...outcome.thrown.map(stacksOf)].join("\n"),
            };
        },
        save() {
            const [savedState, savedSalt] = [state, salt];
            return Promise.resolve(() => {
                [state, salt] = [savedState, savedSalt];
                return Promise.resolve();
            });
        },
        beginAnew() {
            state = new Map();
            anew++;
            salt = anew;
            return Promise.resolve();
        },
        resources: () => Promise.resolve(new Map([...state].filter(([key]) => !key.startsWith("Random")))),
        readableState() {
            const { encrypted } = program("usual");
            const readable = [...state].map(([key, { id, inputs, outputs }]) => {
                const isReadable = ([name]: [string, unknown]) => encrypted.get(key)?.has(name) !== true;
                return { key, id, of: [inputs, outputs].map((of) => Object.entries(of).filter(isReadable)) };
            });
            return Promise.resolve(JSON.stringify(readable));
        },
        random: () => Promise.resolve(program("usual").random),
        remove: () => Promise.resolve(),
    };
}

/** The stack traces of an error and its causes. */
function stacksOf(error: unknown): string {
    return error instanceof Error ? `${error.stack ?? error.message}\n${stacksOf(error.cause)}` : "";
}

/** Counts the stacks of this process, so that each gets its own values. */
let anew = 0;

/** Captures what a function prints, and keeps it off the terminal. */
async function recordConsole<Result>(of: () => Promise<Result>): Promise<[result: Result, lines: string[]]> {
    const lines: string[] = [];
    const record = (...words: unknown[]) => {
        lines.push(words.map((word) => (typeof word === "string" ? word : inspect(word))).join(" "));
    };
    const former = { ...console };
    Object.assign(console, { log: record, info: record, warn: record, error: record, debug: record });
    try {
        return [await of(), lines];
    } finally {
        Object.assign(console, former);
    }
}

interface Deployment {
    readonly deployment: {
        readonly resources?: readonly {
            readonly urn: string;
            readonly id?: string;
            readonly inputs?: object;
            readonly outputs?: object;
            readonly initErrors?: readonly string[];
        }[];
    };
}

/** Pulumi itself, on a stack in its own folder. */
export async function realEngine(configurations: Configurations): Promise<Engine> {
    const stack = await makeStack({});
    const environment = await pulumiEnvironment();
    const env = { ...environment, PULUMI_BACKEND_URL: `file://${join(stack.folder, "state")}?metadata=skip` };
    const pulumi = (...args: string[]) =>
        execa("pulumi", [...args, "--stack", "test"], {
            cwd: stack.folder,
            env: { ...env, [TIMEOUT_SECONDS]: process.env[TIMEOUT_SECONDS] },
            reject: false,
            all: true,
        });
    const settingsFile = join(stack.folder, "Pulumi.test.yaml");
    const settings = {} as Record<ProgramName, string>;
    for (const name of Object.keys(configurations) as ProgramName[]) {
        await stack.configure(configurations[name]);
        settings[name] = await readFile(settingsFile, "utf8");
    }
    const stateFile = join(stack.folder, "state", ".pulumi", "stacks", "openedx-mit-integration", "test.json");
    const empty = await readFile(stateFile, "utf8");
    const known = { state: "", exported: "" };
    /** The state, decrypted; every command of Pulumi takes its time. */
    const exported = async () => {
        const state = await readFile(stateFile, "utf8");
        if (state !== known.state) {
            const { stdout } = await pulumi("stack", "export", "--show-secrets");
            Object.assign(known, { state, exported: stdout });
        }
        return known.exported;
    };
    const resources = async () => {
        const stdout = await exported();
        return ((JSON.parse(stdout) as Deployment).deployment.resources ?? []).map((resource) => {
            const [type = "", name = ""] = resource.urn.split("::").slice(-2);
            const [, short = ""] = /:(\w+)$/.exec(type) ?? [];
            return { key: `${short} ${name}`, type, name, ...resource };
        });
    };
    return {
        async run({ program, runs }) {
            await writeFile(settingsFile, settings[program]);
            const { all, exitCode } = await pulumi(...runs.split(" "), "--yes", "--skip-preview");
            return { errors: exitCode === 0 ? [] : [all], printed: all };
        },
        async save() {
            const state = await readFile(stateFile, "utf8");
            return () => writeFile(stateFile, state);
        },
        beginAnew: () => writeFile(stateFile, empty),
        resources: async () =>
            new Map(
                (await resources())
                    .filter(({ type }) => type.includes("pulumi-nodejs:dynamic"))
                    .map(({ key, id = "", inputs, outputs, initErrors }) => [
                        key,
                        { id, inputs: plain(inputs), outputs: plain(outputs), isPartial: initErrors !== undefined },
                    ]),
            ),
        readableState: () => readFile(stateFile, "utf8"),
        random: async () =>
            new Map(
                (await resources())
                    .filter(({ key }) => key.startsWith("Random"))
                    .map(({ key, outputs }) => [String((plain(outputs) as { result?: string }).result), key]),
            ),
        async remove() {
            await stack.remove();
            await rm(stack.folder, { recursive: true, force: true });
        },
    };
}

/** Properties without the secret wrappers and without the text of the provider. */
function plain(properties: object = {}): object {
    return JSON.parse(JSON.stringify(properties), (key, value: unknown) => {
        if (key === "__provider") {
            return undefined;
        }
        const { plaintext } = (value ?? {}) as { plaintext?: unknown };
        return typeof plaintext === "string" ? (JSON.parse(plaintext) as unknown) : value;
    }) as object;
}
