import pRetry, { AbortError } from "p-retry";
import { RefusedError } from "./django-admin/errors.ts";

const POLL_MILLISECONDS = 2000;

/**
 * Asks until the answer is there. While a server starts it may refuse connections and answer with errors; a refused
 * sign-in is not repeated.
 *
 * @param check - throws, with what to tell the user, as long as it is too early.
 * @throws what `check` threw last, after the given time.
 */
export async function waitUntil(check: () => Promise<void>, patienceSeconds: number): Promise<void> {
    await pRetry(
        async () => {
            try {
                await check();
            } catch (error) {
                throw error instanceof RefusedError ? new AbortError(error) : error;
            }
        },
        {
            retries: Number.POSITIVE_INFINITY,
            factor: 1,
            minTimeout: POLL_MILLISECONDS,
            maxRetryTime: patienceSeconds * 1000,
        },
    );
}
