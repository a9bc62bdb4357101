/**
 * `npm run test:faults`: one fault at every request of every command, for every profile, and a table of how the runs ended.
 * Options: `--application NAME` (more than once), `--every N` (each N-th case only), `--kind TITLE`, `--command TITLE`.
 */
import { parseArgs } from "node:util";
import { type ApplicationName, applicationNames } from "../../config/profiles.ts";
import { isClean, runCases, summaryOf } from "./cases.ts";

const { values } = parseArgs({
    options: {
        application: { type: "string", multiple: true, default: [...applicationNames] },
        every: { type: "string", default: "1" },
        kind: { type: "string", multiple: true },
        command: { type: "string", multiple: true },
    },
});
const started = Date.now();
const results = [];
for (const application of values.application as ApplicationName[]) {
    results.push(
        ...(await runCases(application, {
            every: Number(values.every),
            ...(values.kind && { kinds: values.kind }),
            ...(values.command && { commands: values.command }),
            onResult: ({ verdict, title, details }) => {
                if (verdict === "wrong") {
                    console.log(`WRONG ${title}\n    ${details.join("\n    ")}`);
                } else if (process.env["VERBOSE"]) {
                    console.log(`${verdict}: ${title}\n    ${details.join("\n    ")}`);
                }
            },
        })),
    );
}
console.log(summaryOf(results));
console.log(`${Math.round((Date.now() - started) / 1000)} seconds`);
process.exitCode = isClean(results) ? 0 : 1;
