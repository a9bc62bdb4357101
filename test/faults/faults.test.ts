import { describe, expect, test } from "@jest/globals";
import { runCases, summaryOf } from "./cases.ts";

// All of the cases: npm run test:faults.
describe("a run that meets a fault", () => {
    test.each([
        { application: "mitxonline", every: 61 },
        { application: "xpro", every: 59 },
    ] as const)(
        "ends right, at the latest after the next run, or says what is wrong, with $application",
        async ({ application, every }) => {
            const results = await runCases(application, { every });
            process.stdout.write(`${summaryOf(results)}\n`);
            const wrong = results.filter(({ verdict }) => verdict === "wrong");
            expect(wrong.map(({ title, details }) => [title, ...details])).toEqual([]);
            expect(new Set(results.map(({ verdict }) => verdict))).toContain("right at once");
        },
        600_000,
    );
});
