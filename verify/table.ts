import { causes, stepOf } from "./causes.ts";
import { type Check, findingsOf, type Result } from "./check.ts";

/** The states in words, so that nothing depends on color. */
const words: Readonly<Record<Result["state"] | "running", string>> = {
    running: "…",
    passed: "ok",
    warning: "warning",
    failed: "FAILED",
    follows: "follows",
    skipped: "skipped",
};

/** The table of checks, in their order: live on a terminal, else a line for each as soon as those before it are there. */
export class CheckTable {
    readonly #checks: readonly Check[];
    readonly #output: NodeJS.WriteStream;
    readonly #results = new Map<string, Result>();
    readonly #width: number;
    #written = 0;

    constructor(checks: readonly Check[], output: NodeJS.WriteStream) {
        this.#checks = checks;
        this.#output = output;
        this.#width = Math.max(...checks.map(({ title }) => title.length));
        if (output.isTTY) {
            this.#draw();
        }
    }

    /** Shows a result. */
    add(result: Result): void {
        this.#results.set(result.name, result);
        if (this.#output.isTTY) {
            // Up to the first line again.
            this.#output.write(`\u001B[${this.#checks.length}A`);
            this.#draw();
            return;
        }
        for (let next = this.#next(); next !== undefined; next = this.#next()) {
            this.#output.write(`${this.#line(next)}\n`);
            this.#written++;
        }
    }

    /** The result of the first check that has no line yet. */
    #next(): Result | undefined {
        return this.#results.get(this.#checks[this.#written]?.name ?? "");
    }

    #draw(): void {
        for (const check of this.#checks) {
            // No longer than the terminal is wide, as a broken line is two; what stood there before is erased.
            const line = this.#line(this.#results.get(check.name) ?? check).slice(0, (this.#output.columns || 80) - 1);
            this.#output.write(`${line}\u001B[K\n`);
        }
    }

    #line(item: Check | Result): string {
        const state = "state" in item ? item.state : "running";
        const time = "state" in item && state !== "follows" ? `${item.seconds.toFixed(2)} s` : "";
        const rest = "state" in item ? (this.#follows(item) ?? item.note ?? "") : "";
        return `${words[state].padEnd(8)}${item.title.padEnd(this.#width)}${time.padStart(9)}  ${rest}`.trimEnd();
    }

    #follows({ follows }: Result): string | undefined {
        const cause = this.#checks.find(({ name }) => name === follows);
        return cause && `from: ${cause.title}`;
    }
}

/** What is wrong, why, and what to do: a paragraph for each finding. */
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

/** A text of the documentation without its marks. */
function plain(text: string): string {
    return text.replaceAll("`", "");
}
