import { execa } from "execa";
import getPort, { portNumbers } from "get-port";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Ports, type ServerName, type Servers, defaultPorts, up } from "../../sandbox/sandbox.ts";

export type TestServers<Name extends ServerName> = Pick<Servers, Name> & {
    stateDirectory: string;
    /** Stops the servers and removes their state. */
    stop: () => Promise<void>;
};

/**
 * Starts servers of the caller's own: on free ports, with a temporary state directory, so that they disturb neither the
 * sandbox of this project nor other tests. They end with the test process at the latest, whatever ends that.
 *
 * @param prepare - fills the state directory before the servers start.
 */
export async function startServers<const Name extends ServerName>(
    servers: readonly Name[],
    prepare?: (stateDirectory: string, ports: Ports) => Promise<void>,
): Promise<TestServers<Name>> {
    const stateDirectory = await mkdtemp(path.join(tmpdir(), "sandbox-"));
    // A process of its own that outlives this one: it stops the servers as soon as its standard input ends.
    const guard = execa(process.execPath, [path.join(import.meta.dirname, "stopServers.ts"), stateDirectory], {
        detached: true,
        stdin: "pipe",
    });
    // Wait for it to be there, so that no server is ever without it; if it fails, `guard` rejects.
    await Promise.race([once(guard.stdout, "data"), guard]);
    const stop = async () => {
        guard.stdin.end();
        await guard;
    };
    try {
        const ports = await freePorts();
        await prepare?.(stateDirectory, ports);
        const started = await up({ servers, stateDirectory, ports });
        return { ...started, stateDirectory, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

/**
 * A free port for each server. They lie below the range from which the system takes ports for outgoing connections, and
 * apart for each jest worker, so that nobody takes one before its server does.
 */
export async function freePorts(): Promise<Ports> {
    const first = 20_000 + 100 * Number(process.env["JEST_WORKER_ID"] ?? 0);
    const ports: Partial<Ports> = {};
    for (const name of Object.keys(defaultPorts) as (keyof Ports)[]) {
        ports[name] = await getPort({ host: "127.0.0.1", port: portNumbers(first, first + 99) });
    }
    return ports as Ports;
}
