import { expect, test } from "@jest/globals";
import type { Result } from "../../verify/check.ts";
import { CheckTable, skippedText, type Terminal } from "../../verify/table.ts";

const ESCAPE = "\u001B";
const PARTS = new RegExp(`${ESCAPE}\\[\\d*[AKJ]|\\n|[^\\n${ESCAPE}]+`, "g");

const checks = ["one", "two", "three", "four", "five"].map((name) => ({
    name,
    title: name,
    run: () => Promise.reject(new Error("is not run")),
}));

function result(name: string, more: Partial<Result> = {}): Result {
    return { name, title: name, state: "passed", findings: [], seconds: 1, ...more };
}

/** A terminal as far as the table uses one: what is on the screen, and what has left it at the top. */
function terminal(rows: number, columns: number): Terminal & { readonly text: () => string[] } {
    const lines = [""];
    let row = 0;
    const write = (text: string) => {
        for (const [part] of text.matchAll(PARTS)) {
            if (part === "\n") {
                row++;
                lines[row] ??= "";
            } else if (part.startsWith(ESCAPE) && part.endsWith("A")) {
                // The cursor does not leave the screen.
                row = Math.max(row - Number(part.slice(2, -1)), lines.length - rows, 0);
            } else if (part === `${ESCAPE}[J`) {
                lines.splice(row + 1);
                lines[row] = "";
            } else if (!part.startsWith(ESCAPE)) {
                expect(part.length).toBeLessThanOrEqual(columns);
                lines[row] = part;
            }
        }
        return true;
    };
    return { isTTY: true, rows, columns, write, text: () => lines.filter((line) => line !== "") };
}

/** The state and the title on each line. */
const words = (lines: readonly string[]) => lines.map((line) => line.replace(/ +(\d+\.\d+ s)? +(\w+).*/, " $2"));

test("a terminal shows each check once, pending ones below, even if it is lower than the table", () => {
    const screen = terminal(4, 40);
    const table = new CheckTable(checks, screen);
    expect(words(screen.text())).toEqual(["… one", "… two", "… three"]);

    table.add(result("two"));
    expect(words(screen.text())).toEqual(["… one", "ok two", "… three"]);

    table.add(result("one", { state: "skipped", note: "no container" }));
    expect(words(screen.text())).toEqual(["skipped one", "ok two", "… three", "… four", "… five"]);

    for (const name of ["five", "three", "four"]) table.add(result(name, { state: "failed" }));
    expect(words(screen.text())).toEqual(["skipped one", "ok two", "FAILED three", "FAILED four", "FAILED five"]);
});

test("output that is no terminal gets a line for each check, in their order, without control characters", () => {
    const written: string[] = [];
    const table = new CheckTable(checks.slice(0, 2), { write: (text: string) => written.push(text) > 0 });
    table.add(result("two", { state: "follows", follows: "one" }));
    table.add(result("one", { state: "failed" }));
    expect(written.join("")).toBe("FAILED    1.00 s  one\nnot run           two (needs: one)\n");
});

test("checks that were skipped are listed by their reason", () => {
    const skipped = (name: string, note: string) => result(name, { state: "skipped", note });
    expect(skippedText([result("one"), skipped("two", "no container"), skipped("three", "no container")])).toBe(
        "Not checked:\n  no container:\n    two\n    three",
    );
    expect(skippedText([result("one")])).toBe("");
});
