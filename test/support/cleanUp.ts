import type { afterAll } from "@jest/globals";

/**
 * Takes down what a set-up made, the last first, also where the set-up failed half way: only what it made is known here, so
 * its own error is the one that is seen.
 *
 * @param hook - when: `afterAll`, or `afterEach`.
 * @returns what the set-up tells how to take a thing down, as soon as that is there.
 */
export function cleanUpIn(hook: typeof afterAll): (takeDown: () => unknown) => void {
    const made: (() => unknown)[] = [];
    hook(async () => {
        const errors: unknown[] = [];
        for (const takeDown of made.splice(0).reverse()) {
            try {
                await takeDown();
            } catch (error) {
                errors.push(error);
            }
        }
        if (errors.length > 0) {
            throw new AggregateError(errors, errors.map(String).join("\n"));
        }
    });
    return (takeDown) => {
        made.push(takeDown);
    };
}
