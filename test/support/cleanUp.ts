import type { afterAll } from "@jest/globals";

/**
 * Tears down what a setup created, in reverse order, even if the setup failed halfway: it only knows what was created,
 * so the setup's own error is the one you see.
 *
 * @param hook - when to clean up: `afterAll` or `afterEach`.
 * @returns a function that the setup calls with the teardown of each thing as soon as that thing exists.
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
