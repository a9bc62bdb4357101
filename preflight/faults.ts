import * as pulumi from "@pulumi/pulumi";

/** A problem on this machine and its remedy. All of them are reported together, before anything is changed. */
export class Fault extends Error {
    /**
     * @param what - the problem, e.g. `docker can't be run`.
     * @param remedy - what to do, e.g. `start Docker`.
     */
    constructor(what: string, remedy: string) {
        super(`  ${what}\n    ${remedy}`);
    }
}

/**
 * Waits for checks that run in parallel.
 *
 * @throws pulumi.RunError with every fault they found.
 */
export async function allOf<const Checks extends readonly unknown[]>(
    checks: Checks,
): Promise<{ -readonly [Index in keyof Checks]: Awaited<Checks[Index]> }> {
    const results = await Promise.allSettled(checks);
    const reasons = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as Error);
    const unexpected = reasons.find((reason) => !(reason instanceof Fault));
    if (unexpected !== undefined) {
        throw unexpected;
    }
    if (reasons.length > 0) {
        // Two checks may hit the same problem.
        const faults = [...new Set(reasons.map(({ message }) => message))];
        const counted = faults.length === 1 ? "a problem" : `${faults.length} problems`;
        throw new pulumi.RunError([`Found ${counted} on this machine; nothing was changed.`, ...faults].join("\n\n"));
    }
    return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
        -readonly [Index in keyof Checks]: Awaited<Checks[Index]>;
    };
}
