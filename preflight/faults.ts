import * as pulumi from "@pulumi/pulumi";

/** What is wrong on this machine, and what to do. Told together with all others, before anything is done. */
export class Fault extends Error {
    /**
     * @param what - for instance `docker can't be run`.
     * @param remedy - what to do, for instance `start Docker`.
     */
    constructor(what: string, remedy: string) {
        super(`  ${what}\n    ${remedy}`);
    }
}

/**
 * Waits for checks that run at the same time.
 *
 * @throws pulumi.RunError with every fault that they found.
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
        // Two checks may stumble over the same.
        const faults = [...new Set(reasons.map(({ message }) => message))];
        const counted = faults.length === 1 ? "a problem" : `${faults.length} problems`;
        throw new pulumi.RunError([`Found ${counted} on this machine; nothing was changed.`, ...faults].join("\n\n"));
    }
    return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
        -readonly [Index in keyof Checks]: Awaited<Checks[Index]>;
    };
}
