import pRetry, { AbortError } from "p-retry";
import { ProviderError, SignInError } from "./errors.ts";
import { forgetSilences } from "./openedx/django-admin/silences.ts";

/** Between two attempts: first, and later on. */
const [SHORT_MILLISECONDS, LONG_MILLISECONDS] = [250, 2000];
const REPORT_MILLISECONDS = 30_000;

/**
 * Polls until a check passes. While a server starts, it may refuse connections, stay silent, or answer with errors; a
 * refused sign-in is not retried. Every 30 seconds it prints what is still missing.
 *
 * @param check - throws, with a message for the user, as long as it is too early.
 * @throws the last error from `check`, once the given time is up.
 */
export async function waitUntil(check: () => Promise<void>, patienceSeconds: number): Promise<void> {
    let reported = Date.now();
    await pRetry(
        async () => {
            forgetSilences();
            try {
                await check();
            } catch (error) {
                throw error instanceof SignInError ? new AbortError(error) : error;
            }
        },
        {
            retries: Number.POSITIVE_INFINITY,
            minTimeout: SHORT_MILLISECONDS,
            maxTimeout: LONG_MILLISECONDS,
            maxRetryTime: patienceSeconds * 1000,
            onFailedAttempt({ error }) {
                if (error instanceof ProviderError && Date.now() - reported >= REPORT_MILLISECONDS) {
                    reported = Date.now();
                    console.log(`Waiting, for ${patienceSeconds} s at most: ${error.message}`);
                }
            },
        },
    );
}
