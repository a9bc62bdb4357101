import { causes, stepOf } from "./causes.ts";
import { type Check, findingsOf, type Result } from "./check.ts";

/** Where the table is written; `isTTY` says whether that is a terminal. */
export type Terminal = Pick<NodeJS.WriteStream, "write"> &
    Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns" | "rows">>;

/** The states as words, so nothing depends on color. */
const words: Readonly<Record<Result["state"] | "running", string>> = {
    running: "…",
    passed: "ok",
    warning: "warning",
    failed: "FAILED",
    follows: "not run",
    skipped: "skipped",
};

/**
 * The table of checks, in order. Each line is printed as soon as all lines before it are. On a terminal, the pending
 * checks are listed below, as many as fit.
 */
export class CheckTable {
    readonly #checks: readonly Check[];
    readonly #output: Terminal;
    readonly #results = new Map<string, Result>();
    /** How many checks have their final line, and how many lines are drawn below those. */
    #written = 0;
    #drawn = 0;

    constructor(checks: readonly Check[], output: Terminal) {
        this.#checks = checks;
        this.#output = output;
        this.#draw();
    }

    /** Adds a result. */
    add(result: Result): void {
        this.#results.set(result.name, result);
        this.#draw();
    }

    #draw(): void {
        const { isTTY = false, columns = 80, rows = 24 } = this.#output;
        const end = isTTY ? "\u001B[K\n" : "\n";
        const lines: string[] = [];
        for (let next = this.#next(); next !== undefined; next = this.#next()) {
            lines.push(this.#line(next));
            this.#written++;
        }
        // No wider than the terminal, because a wrapped line counts as two, and one line shorter than it is high.
        const pending = isTTY ? this.#checks.slice(this.#written, this.#written + rows - 1) : [];
        lines.push(...pending.map((check) => this.#line(this.#results.get(check.name) ?? check).slice(0, columns - 1)));
        const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : "";
        this.#output.write(up + lines.map((line) => line + end).join("") + (isTTY ? "\u001B[J" : ""));
        this.#drawn = pending.length;
    }

    /** The result of the first check that has no line yet, if it is there. */
    #next(): Result | undefined {
        return this.#results.get(this.#checks[this.#written]?.name ?? "");
    }

    #line(item: Check | Result): string {
        const state = "state" in item ? item.state : "running";
        const time = "state" in item && state !== "follows" ? `${item.seconds.toFixed(2)} s` : "";
        // Why checks were skipped is listed below the table.
        const rest = "state" in item && state !== "skipped" ? (this.#follows(item) ?? item.note ?? "") : "";
        return `${words[state].padEnd(8)}${time.padStart(8)}  ${item.title}${rest === "" ? "" : ` (${rest})`}`;
    }

    #follows({ follows }: Result): string | undefined {
        const cause = this.#checks.find(({ name }) => name === follows);
        return cause && `needs: ${cause.title}`;
    }
}

/** What is wrong, why, and what to do: one paragraph per finding. */
export function findingsText(results: readonly Result[]): string {
    return findingsOf(results)
        .map(({ cause, evidence }) => {
            const { title, why, isWarning = false } = causes[cause];
            return [
                `${isWarning ? "Warning: " : ""}${title}`,
                `  Seen: ${evidence}`,
                `  Why:  ${plain(why)}`,
                `  Next: ${plain(stepOf(cause))}`,
            ].join("\n");
        })
        .join("\n\n");
}

/** The skipped checks and why; `""` if there are none. */
export function skippedText(results: readonly Result[]): string {
    const skipped = results.filter(({ state }) => state === "skipped");
    const reasons = new Set(skipped.map(({ note = "" }) => note));
    const lines = [...reasons].flatMap((reason) => [
        `  ${reason}:`,
        ...skipped.filter(({ note = "" }) => note === reason).map(({ title }) => `    ${title}`),
    ]);
    return lines.length === 0 ? "" : ["Not checked:", ...lines].join("\n");
}

/** A documentation text without its Markdown. */
function plain(text: string): string {
    return text.replaceAll("`", "");
}
