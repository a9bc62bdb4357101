import Table from "cli-table3";
import type { Verdict } from "./bench.ts";
import type { CaseResult } from "./cases.ts";
import { commands } from "./commands.ts";
import { kinds } from "./kinds.ts";

/** The parts of a result that count. */
export type Counted = Pick<CaseResult, "application" | "command" | "kind" | "verdict">;

const shown: readonly Verdict[] = [
    "correct at once",
    "correct after the next run",
    "error reported",
    "wrong",
    "not injected",
];

const count = (of: readonly Counted[], verdict: Verdict) => of.filter((one) => one.verdict === verdict).length;

/**
 * Rows of kinds and columns of commands, each `injected: correct at once / correct after the next run / error reported / wrong`,
 * plus the totals.
 */
function rowsOf(results: readonly Counted[]): string[][] {
    const cell = (of: readonly Counted[]) => {
        const injected = of.length - count(of, "not injected");
        const counts = shown.slice(0, 4).map((verdict) => count(of, verdict));
        return of.length === 0 ? "" : `${injected}: ${counts.join(" / ")}`;
    };
    const row = (title: string, of: readonly Counted[]) => [
        title,
        ...commands.map(({ title: command }) => cell(of.filter((one) => one.command === command))),
        cell(of),
    ];
    return [
        ...kinds.map(({ title }) =>
            row(
                title,
                results.filter(({ kind }) => kind === title),
            ),
        ),
        row("All", results),
    ];
}

const head = ["Fault", ...commands.map(({ title }) => title), "All"];

const verdictsOf = (results: readonly Counted[]) =>
    shown.map((verdict) => `${count(results, verdict)} ${verdict}`).join(", ");

const totals = (results: readonly Counted[]) => `${results.length} faults: ${verdictsOf(results)}`;

/** A table of kinds by commands, plus the totals. */
export function summaryOf(results: readonly Counted[]): string {
    const table = new Table({ head, style: { head: [], border: [] } });
    table.push(...rowsOf(results));
    return [
        "Each cell: faults injected: correct at once / correct after the next run / error reported / wrong",
        table.toString(),
        totals(results),
    ].join("\n");
}

/** The same as Markdown, for `docs/reliability.md`. */
export function markdownOf(results: readonly Counted[]): string {
    const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
    const applications = [...new Set(results.map(({ application }) => application))].map(
        (name) => `${name} ${results.filter(({ application }) => application === name).length}`,
    );
    return [
        line(head),
        line(head.map(() => "---")),
        ...rowsOf(results).map(line),
        "",
        `${totals(results)}. By profile: ${applications.join(", ")}.`,
    ].join("\n");
}

/** How many cases the real engine ran, and how many of them ended as in the model: the others are wrong. */
export function realEngineOf(results: readonly Counted[]): string {
    const agreeing = results.length - count(results, "wrong");
    const of = (key: "kind" | "command") => new Set(results.map((result) => result[key])).size;
    return (
        `Pulumi itself ran ${results.length} of the cases, of ${of("kind")} kinds and ${of("command")} commands. It ended ` +
        `${agreeing} as the model does: ${verdictsOf(results)}.`
    );
}
