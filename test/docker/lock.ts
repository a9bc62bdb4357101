import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import pRetry from "p-retry";

/** How long a hook may wait for the daemon, in milliseconds: as long as the tests that have it may take. */
export const lockTimeout = 1_800_000;

/**
 * Waits until no other process has the daemon at this address. The lock is a name that only one can listen on, and that
 * the system takes back at the process's end.
 *
 * @returns what gives the daemon back.
 */
export async function takeLock(host: string): Promise<() => void> {
    const name = `\0openedx-mit-test-${createHash("sha256").update(host).digest("hex")}`;
    const server = await pRetry(
        async () => {
            const candidate = createServer().listen(name);
            try {
                await once(candidate, "listening");
            } catch (error) {
                // Node's own error is none to p-retry where Jest runs this: it comes from outside of Jest's globals.
                throw new Error(`Another test has the Docker daemon at ${host}.`, { cause: error });
            }
            return candidate.unref();
        },
        { retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 200, maxRetryTime: lockTimeout },
    );
    return () => {
        server.close();
    };
}
