/**
 * `npm run test:faults`: injects one fault at every request of every command, for every profile, and prints a table of
 * how the runs ended.
 *
 * Select cases with `--application NAME`, `--kind TITLE`, `--command TITLE`, `--case TITLE` (all repeatable),
 * `--part K/N`, `--most N`, `--seconds N` (per application). `--all` injects LMS faults into the runs of every profile
 * instead of one. `--real-engine` has Pulumi itself run the commands, and compares with the model of it. `--save FILE`
 * appends the results to a file, one JSON line each; `--continue` skips the cases that the file already has with a good
 * result. `--write` puts the table of this run, or with `--from FILE` (repeatable; the last result of a case counts) of
 * saved runs, into `docs/reliability.md`; with `--real-engine`, the line about the cases that Pulumi ran.
 */
import { appendFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { type ApplicationName, applicationNames } from "../../config/profiles.ts";
import { type CaseResult, isClean, runCases, runOnBothEngines } from "./cases.ts";
import { summaryOf } from "./report.ts";
import { writeRealEngine, writeReliability } from "./reliability.ts";

const { values } = parseArgs({
    options: {
        application: { type: "string", multiple: true, default: [...applicationNames] },
        kind: { type: "string", multiple: true },
        command: { type: "string", multiple: true },
        case: { type: "string", multiple: true },
        all: { type: "boolean", default: false },
        part: { type: "string", default: "1/1" },
        most: { type: "string" },
        seconds: { type: "string" },
        "real-engine": { type: "boolean", default: false },
        save: { type: "string" },
        continue: { type: "boolean", default: false },
        from: { type: "string", multiple: true },
        write: { type: "boolean", default: false },
        verbose: { type: "boolean", default: false },
    },
});
const started = Date.now();
const [k = 1, n = 1] = values.part.split("/").map(Number);
/** The results in files, by title; the last result of a case counts. */
async function readResults(files: readonly string[]): Promise<Map<string, CaseResult>> {
    const results = new Map<string, CaseResult>();
    for (const file of files) {
        for (const line of (await readFile(file, "utf8")).trim().split("\n")) {
            const result = JSON.parse(line) as CaseResult;
            results.set(result.title, result);
        }
    }
    return results;
}

const done = await readResults(values.from ?? (values.continue && values.save !== undefined ? [values.save] : []));
const results = [...done.values()].filter((result) => values.from !== undefined || isClean([result]));
for (const application of values.from === undefined ? (values.application as ApplicationName[]) : []) {
    const run = values["real-engine"] ? runOnBothEngines : runCases;
    const ofOne = await run(application, {
        all: values.all,
        part: [k, n],
        done: new Set(results.map(({ title }) => title)),
        ...(values.most !== undefined && { most: Number(values.most) }),
        ...(values.seconds !== undefined && { seconds: Number(values.seconds) }),
        ...(values.kind && { kinds: values.kind }),
        ...(values.command && { commands: values.command }),
        ...(values.case && { titles: values.case }),
        onResult: (result) => {
            if (values.save !== undefined) {
                appendFileSync(values.save, `${JSON.stringify(result)}\n`, { mode: 0o600 });
            }
            const isBad = result.verdict === "wrong" || result.verdict === "not injected";
            if (isBad || values.verbose) {
                console.log(`${isBad ? result.verdict.toUpperCase() : result.verdict}: ${result.title}`);
                console.log(result.details.map((detail) => `    ${detail}`).join("\n"));
            }
        },
    });
    results.push(...ofOne);
}
console.log(summaryOf(results));
console.log(`${Math.round((Date.now() - started) / 1000)} seconds`);
if (values.write) {
    await (values["real-engine"] ? writeRealEngine : writeReliability)(results);
}
process.exitCode = isClean(results) ? 0 : 1;
