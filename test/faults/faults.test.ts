import { expect, test } from "@jest/globals";
import { type CaseResult, isClean, runCases, runOnBothEngines } from "./cases.ts";
import { summaryOf } from "./report.ts";

function expectClean(results: readonly CaseResult[]): void {
    process.stdout.write(`${summaryOf(results)}\n`);
    const bad = results.filter((result) => !isClean([result]));
    expect(bad.map(({ title, verdict, details }) => [title, verdict, ...details])).toEqual([]);
}

const ran = new Map<string, Promise<CaseResult[]>>();

/** The results of a profile's first cases on the model of the engine; each runs once. To run all cases: npm run test:faults. */
function onModel(application: "mitxonline" | "xpro"): Promise<CaseResult[]> {
    const results = ran.get(application) ?? runCases(application, { most: 20 });
    ran.set(application, results);
    return results;
}

test.each(["mitxonline", "xpro"] as const)(
    "a run that meets a fault ends correctly, at the latest after the next run, or reports what is wrong, and shows no secret, with %s",
    async (application) => {
        const results = await onModel(application);
        expectClean(results);
        expect(results).toHaveLength(20);
    },
    600_000,
);

test("the real engine ends runs that meet a fault as its model does", async () => {
    const model = await onModel("xpro");
    const titles = model.filter(({ command }) => command === "up").map(({ title }) => title);
    const results = await runOnBothEngines("xpro", { commands: ["up"], titles, most: 3 }, model);
    expectClean(results);
    expect(results).toHaveLength(3);
}, 600_000);
