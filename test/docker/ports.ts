import { once } from "node:events";
import { createServer } from "node:net";

/** The ports that the containers of all profiles publish: the LMS, MITx Online and xPro. */
const published = [8000, 8011, 8012, 8013, 8016, 8051, 8052, 8053];

/** @throws Error naming the ports that the tests with Docker need and another process uses. */
export async function expectFreePorts(ports: readonly number[] = published): Promise<void> {
    const free = await Promise.all(ports.map(isFree));
    const taken = ports.filter((_, index) => free[index] === false);
    if (taken.length > 0) {
        throw new Error(
            `The tests with Docker need ports that are in use on this machine: ${taken.join(", ")}. Stop what has them, or ` +
                "run .ci/run as root on Linux: there the tests have a network of their own.",
        );
    }
}

async function isFree(port: number): Promise<boolean> {
    const server = createServer().listen(port, "0.0.0.0");
    try {
        await once(server, "listening");
        return true;
    } catch {
        return false;
    } finally {
        server.close();
    }
}
