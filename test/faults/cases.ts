import Table from "cli-table3";
import type { ApplicationName } from "../../config/profiles.ts";
import { makeBench, type Result, type Verdict } from "./bench.ts";
import { commands } from "./commands.ts";
import { kinds } from "./kinds.ts";

/** What came of one case. */
export interface CaseResult extends Result {
    readonly application: ApplicationName;
    readonly command: string;
    readonly kind: string;
    /** The case in words. */
    readonly title: string;
}

/** Which cases to run. */
export interface CaseOptions {
    /** Each N-th case only, of those in a fixed order. Default: 1. */
    readonly every?: number;
    /** Titles. Default: all. */
    readonly kinds?: readonly string[];
    readonly commands?: readonly string[];
    readonly onResult?: (result: CaseResult) => void;
}

/** Runs the cases of one profile. */
export async function runCases(application: ApplicationName, options: CaseOptions = {}): Promise<CaseResult[]> {
    const warn = console.warn;
    // Warnings of the providers are for the user of a stack.
    console.warn = () => undefined;
    const bench = await makeBench(application);
    const results: CaseResult[] = [];
    try {
        const cases = commands
            .filter(({ title }) => options.commands?.includes(title) ?? true)
            .flatMap((command) =>
                bench
                    .requestsOf(command)
                    .flatMap((request) =>
                        kinds
                            .filter(({ title }) => options.kinds?.includes(title) ?? true)
                            .map((kind) => ({ command, request, kind })),
                    ),
            );
        for (const one of cases.filter((_case, index) => index % (options.every ?? 1) === 0)) {
            const { command, request, kind } = one;
            const title = `${application}, ${command.title}: ${kind.title} at ${request.server} ${request.name}, ${request.occurrence}.`;
            const result = {
                ...(await bench.try(one)),
                application,
                command: command.title,
                kind: kind.title,
                title,
            };
            results.push(result);
            options.onResult?.(result);
        }
        return results;
    } finally {
        console.warn = warn;
        await bench.stop();
    }
}

/** Whether every run that met a fault ended right, or said what is wrong. */
export function isClean(results: readonly CaseResult[]): boolean {
    return results.length > 0 && results.every(({ verdict }) => verdict !== "wrong");
}

const shown: readonly Verdict[] = ["right at once", "right after the next run", "error and told", "wrong"];

/** A table of kinds by commands, each `injected: at once / after the next run / told / wrong`, and the totals. */
export function summaryOf(results: readonly CaseResult[]): string {
    const injected = results.filter(({ verdict }) => verdict !== "not met");
    const count = (of: readonly CaseResult[], verdict: Verdict) => of.filter((one) => one.verdict === verdict).length;
    const cell = (of: readonly CaseResult[]) =>
        of.length === 0 ? "" : `${of.length}: ${shown.map((verdict) => count(of, verdict)).join(" / ")}`;
    const table = new Table({
        head: ["Fault", ...commands.map(({ title }) => title), "All"],
        style: { head: [], border: [] },
    });
    for (const { title: kind } of kinds) {
        const of = injected.filter((one) => one.kind === kind);
        table.push([
            kind,
            ...commands.map(({ title }) => cell(of.filter(({ command }) => command === title))),
            cell(of),
        ]);
    }
    table.push([
        "All",
        ...commands.map(({ title }) => cell(injected.filter(({ command }) => command === title))),
        cell(injected),
    ]);
    const totals = shown.map((verdict) => `${count(injected, verdict)} ${verdict}`).join(", ");
    return [
        "Each cell: faults injected: right at once / right after the next run / error and told / wrong",
        table.toString(),
        `${injected.length} faults: ${totals}`,
    ].join("\n");
}
