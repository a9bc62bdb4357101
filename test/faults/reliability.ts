import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { project } from "../../toolchain/pulumi.ts";
import { type Counted, markdownOf } from "./report.ts";

/** What is written by hand and by the fault runs. */
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
