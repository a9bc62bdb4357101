import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { project } from "../../toolchain/pulumi.ts";
import { type Counted, markdownOf, realEngineOf } from "./report.ts";

/** The document, partly written by people, partly by the fault runs. */
export const RELIABILITY = join(project, "docs", "reliability.md");

const TABLE = /(<!-- the fault runs write this -->\n)[^]*(\n<!-- until here -->)/;

/** Puts the table of fault runs into the documentation. */
export async function writeReliability(results: readonly Counted[]): Promise<void> {
    const text = await readFile(RELIABILITY, "utf8");
    await writeFile(
        RELIABILITY,
        text.replace(TABLE, (_all, begin: string, end: string) => begin + "\n" + markdownOf(results) + "\n" + end),
    );
}

const REAL_ENGINE = /(<!-- the runs on Pulumi itself write this -->\n)[^]*(\n<!-- until there -->)/;

/** Puts the results of the cases on the real engine into the documentation. */
export async function writeRealEngine(results: readonly Counted[]): Promise<void> {
    const text = await readFile(RELIABILITY, "utf8");
    await writeFile(
        RELIABILITY,
        text.replace(REAL_ENGINE, (_all, begin: string, end: string) => `${begin}\n${realEngineOf(results)}\n${end}`),
    );
}
