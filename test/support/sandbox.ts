import { execa } from "execa";
import getPort, { portNumbers } from "get-port";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
    type Ports,
    type Server,
    type ServerName,
    type Servers,
    defaultPorts,
    down,
    up,
} from "../../sandbox/sandbox.ts";
import { manage } from "./manage.ts";
import { provideDatabase } from "./migrated.ts";

export type TestServers<Name extends ServerName> = Pick<Servers, Name> & {
    stateDirectory: string;
    /** Stops the servers and deletes their state. */
    stop: () => Promise<void>;
};

/**
 * Starts servers for the caller alone: on free ports, with a temporary state directory, so that they interfere neither
 * with this project's sandbox nor with other tests. They stop with the test process at the latest, however it ends.
 *
 * @param options - `environment` is added to the servers' environment: the switches in the READMEs of `sandbox/lms` and
 * `sandbox/mit-application`. `prepare` fills the state directory before the servers start.
 */
export async function startServers<const Name extends ServerName>(
    servers: readonly Name[],
    options: {
        readonly environment?: Readonly<Record<string, string>>;
        readonly prepare?: (stateDirectory: string, ports: Ports) => Promise<void>;
    } = {},
): Promise<TestServers<Name>> {
    const stateDirectory = await mkdtemp(path.join(tmpdir(), "sandbox-"));
    // A separate process that outlives this one: when its stdin closes, it stops the servers that still run.
    const guard = execa(process.execPath, [path.join(import.meta.dirname, "stopServers.ts"), stateDirectory], {
        detached: true,
        stdin: "pipe",
    });
    // Wait until it is up, so that no server ever runs without it; if it fails, `guard` rejects.
    await Promise.race([once(guard.stdout, "data"), guard]);
    const stop = async () => {
        try {
            await down({ stateDirectory });
            await rm(stateDirectory, { recursive: true, force: true });
        } finally {
            guard.stdin.end();
            await guard;
        }
    };
    try {
        const { prepare } = options;
        // Django's own hashes, but with few iterations: otherwise signing tests in would be most of a server's work.
        const environment = { SANDBOX_FAST_HASHES: "1", ...options.environment };
        const ports = await freePorts();
        await prepare?.(stateDirectory, ports);
        await Promise.all(servers.map((name) => provideDatabase(name, stateDirectory)));
        const started = await up({ servers, stateDirectory, ports, environment });
        return { ...started, stateDirectory, stop };
    } catch (error) {
        await stop();
        throw error;
    }
}

/**
 * Runs Python in a server's Django, like an operator's script: what it saves bypasses form validation.
 *
 * @returns the last line the program prints, parsed as JSON; `undefined` if it prints nothing.
 */
export async function runScript(server: Server, program: string): Promise<unknown> {
    const stdout = await manage(server.name, server.stateDirectory, "shell", "--no-imports", "--command", program);
    const last = stdout.split("\n").at(-1) ?? "";
    return last === "" ? undefined : (JSON.parse(last) as unknown);
}

/**
 * A free port for each server. The ports are below the ephemeral range, and each process (Jest workers, tests of other
 * clones) has its own range, so nothing takes a port before its server does.
 */
export async function freePorts(): Promise<Ports> {
    const first = 20_000 + 100 * (process.pid % 120);
    const ports: Partial<Ports> = {};
    for (const name of Object.keys(defaultPorts) as (keyof Ports)[]) {
        ports[name] = await getPort({ host: "127.0.0.1", port: portNumbers(first, first + 99) });
    }
    return ports as Ports;
}
