import pRetry, { AbortError } from "p-retry";
import { ProviderError, SignInError } from "./errors.ts";
import { forgetSilences } from "./openedx/django-admin/silences.ts";

const POLL_MILLISECONDS = 2000;
const TELL_MILLISECONDS = 30_000;

/**
 * Asks until the answer is there. While a server starts it may refuse connections, stay silent and answer with errors; a
 * refused sign-in is not repeated. Every half minute it prints what is still in the way.
 *
 * @param check - throws, with what to tell the user, as long as it is too early.
 * @throws what `check` threw last, after the given time.
 */
export async function waitUntil(check: () => Promise<void>, patienceSeconds: number): Promise<void> {
    let told = Date.now();
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
            factor: 1,
            minTimeout: POLL_MILLISECONDS,
            maxRetryTime: patienceSeconds * 1000,
            onFailedAttempt({ error }) {
                if (error instanceof ProviderError && Date.now() - told >= TELL_MILLISECONDS) {
                    told = Date.now();
                    console.log(`Waiting, for ${patienceSeconds} s at most: ${error.message}`);
                }
            },
        },
    );
}
