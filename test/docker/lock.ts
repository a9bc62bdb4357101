import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import pRetry from "p-retry";

/** How long a hook may wait for the daemon, in milliseconds: as long as the tests that use it may take. */
export const lockTimeout = 1_800_000;

/**
 * Waits until no other process uses the daemon at this address. The lock is a socket name that only one process can listen
 * on, and that the system releases when the process ends.
 *
 * @returns a function that releases the daemon.
 */
export async function takeLock(host: string): Promise<() => void> {
    const name = `\0openedx-mit-test-${createHash("sha256").update(host).digest("hex")}`;
    const server = await pRetry(
        async () => {
            const candidate = createServer().listen(name);
            try {
                await once(candidate, "listening");
            } catch (error) {
                // p-retry doesn't recognize Node.js's own errors under Jest, because they come from outside of Jest's
                // globals.
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
