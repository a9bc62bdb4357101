import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { descendants } from "../support/processes.ts";

/** What a command took, in seconds. */
export interface Cost {
    /** From start to end. */
    readonly wall: number;
    /** CPU time of the command and all processes that it started and waited for. */
    readonly processor: number;
    /** Peak memory of its dynamic provider, in MiB; 0 if there was none, or if the system does not say. */
    readonly providerMemory: number;
}

/** The median, smallest and largest figure of a repeated measurement. */
export interface Spread {
    readonly median: number;
    readonly least: number;
    readonly most: number;
}

const MEMORY_CHECK_MILLISECONDS = 100;

/**
 * Runs a command and measures it.
 *
 * @throws Error with its output, if it fails.
 */
export async function costOf(
    command: readonly string[],
    { folder, environment }: { readonly folder: string; readonly environment: Readonly<Record<string, string>> },
): Promise<Cost> {
    // The shell knows the CPU time of what it waited for, and prints it on its own stderr.
    const script = 'TIMEFORMAT="%R %U %S"; time "$@" 2>&1';
    const run = execa("bash", ["-c", script, "bash", ...command], { cwd: folder, env: environment, reject: false });
    let providerMemory = 0;
    const look = setInterval(() => {
        void memoryOfProvider(run.pid ?? 0).then((found) => {
            providerMemory = Math.max(providerMemory, found);
        });
    }, MEMORY_CHECK_MILLISECONDS);
    const { stdout, stderr, failed } = await run;
    clearInterval(look);
    if (failed) {
        throw new Error(`${command.join(" ")} fails:\n${stdout}\n${stderr}`);
    }
    const [wall = 0, user = 0, system = 0] = (stderr.split("\n").at(-1) ?? "").split(" ").map(Number);
    return { wall, processor: user + system, providerMemory };
}

async function memoryOfProvider(engine: number): Promise<number> {
    const found = await Promise.all(
        (await descendants(engine, /cmd\/dynamic-provider/)).map(async (pid) => {
            const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
            return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
        }),
    );
    return Math.max(0, ...found);
}

/**
 * Runs several things in turn, over and over, so that other load on the machine affects all of them alike.
 *
 * @returns the results of each, by name.
 */
export async function inTurn<Name extends string, Result>(
    things: Readonly<Record<Name, () => Promise<Result>>>,
    times: number,
): Promise<Record<Name, Result[]>> {
    const names = Object.keys(things) as Name[];
    const results = Object.fromEntries(names.map((name) => [name, [] as Result[]])) as Record<Name, Result[]>;
    for (let time = 0; time < times; time++) {
        for (const name of names) {
            results[name].push(await things[name]());
        }
    }
    return results;
}

/** How many seconds something takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now();
    await work();
    return (performance.now() - start) / 1000;
}

/** The median of some figures, and their spread. */
export function spreadOf(figures: readonly number[]): Spread {
    const sorted = [...figures].sort((one, other) => one - other);
    const at = (index: number) => sorted[index] ?? NaN;
    const middle = (sorted.length - 1) / 2;
    return {
        median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
        least: at(0),
        most: at(sorted.length - 1),
    };
}

/** The ratio of two measurements, round by round: each pair was measured back to back. */
export function ratioOf(ones: readonly number[], others: readonly number[]): Spread {
    return spreadOf(ones.map((one, round) => one / (others[round] ?? NaN)));
}
