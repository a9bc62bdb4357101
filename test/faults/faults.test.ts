import { expect, test } from "@jest/globals";
import { type CaseResult, isClean, runCases, runOnBothEngines } from "./cases.ts";
import { summaryOf } from "./report.ts";

function expectClean(results: readonly CaseResult[]): void {
    process.stdout.write(`${summaryOf(results)}\n`);
    const bad = results.filter((result) => !isClean([result]));
    expect(bad.map(({ title, verdict, details }) => [title, verdict, ...details])).toEqual([]);
}

// To run all cases: npm run test:faults.
test.each(["mitxonline", "xpro"] as const)(
    "a run that meets a fault ends correctly, at the latest after the next run, or reports what is wrong, and shows no secret, with %s",
    async (application) => {
        const results = await runCases(application, { most: 20 });
        expectClean(results);
        expect(results).toHaveLength(20);
    },
    600_000,
);

test("the real engine ends runs that meet a fault as its model does", async () => {
    const results = await runOnBothEngines("xpro", { commands: ["up"], most: 3 });
    expectClean(results);
    expect(results).toHaveLength(3);
}, 600_000);
