/**
 * Starts and stops the sandbox: an Open edX LMS and the MIT applications, as small Django servers on loopback.
 *
 * The servers are detached: they outlive the command that started them. Each has its own folder in the state directory
 * with `process.json`, `server.log`, its database and, for an MIT application, its `.env`.
 */
import { execa } from "execa";
import axios from "axios";
import pRetry, { AbortError } from "p-retry";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { processExists } from "./processExists.ts";

const project = path.dirname(import.meta.dirname);

export type ServerName = "lms" | "mitxonline" | "xpro";
export type PortName = ServerName | "mitxonline-apisix";
export type Ports = Record<PortName, number>;

interface Definition {
    title: string;
    /** The host in the server's URLs. It need not resolve: the server listens on 127.0.0.1. */
    host: string;
    program: string;
    arguments: string[];
    /** The port that each option of the program sets. */
    listen: Record<string, PortName>;
    ready: { path: string; statuses: number[] };
    signIn: "openedx" | "django";
    admin: { username: string; email: string; password: string };
}

const definitions: Record<ServerName, Definition> = {
    lms: {
        title: "Open edX LMS",
        host: "local.openedx.io",
        program: "sandbox/lms/serve.py",
        arguments: [],
        listen: { "--listen": "lms" },
        ready: { path: "/api/user/v1/account/login_session/", statuses: [200] },
        signIn: "openedx",
        admin: { username: "edx", email: "edx@example.org", password: "edx" },
    },
    mitxonline: {
        title: "MITx Online",
        host: "mitxonline.odl.local",
        program: "sandbox/mit-application/serve.py",
        arguments: ["--flavor", "mitxonline"],
        listen: { "--listen": "mitxonline", "--apisix-listen": "mitxonline-apisix" },
        // Until there is an `.env`, a page with status 503 lists the missing settings.
        ready: { path: "/admin/login/", statuses: [200, 503] },
        signIn: "django",
        admin: { username: "admin", email: "admin@odl.local", password: "admin" },
    },
    xpro: {
        title: "MIT xPro",
        host: "xpro.odl.local",
        program: "sandbox/mit-application/serve.py",
        arguments: ["--flavor", "xpro"],
        listen: { "--listen": "xpro" },
        ready: { path: "/admin/login/", statuses: [200, 503] },
        signIn: "django",
        admin: { username: "admin", email: "admin@odl.local", password: "admin" },
    },
};

/** The sandbox's servers, in display order. */
export const serverNames = Object.keys(definitions) as ServerName[];

/** The hosts of all servers, which they must resolve to call each other. */
const hosts = Object.values(definitions)
    .map(({ host }) => host)
    .join(" ");

/** The configurable ports with their defaults. */
export const defaultPorts: Ports = { lms: 18000, mitxonline: 18013, "mitxonline-apisix": 19080, xpro: 18053 };

/** What a client needs to know about a server, running or not. */
export interface Server {
    name: ServerName;
    title: string;
    /** Without a trailing slash, for example `http://local.openedx.io:18000`. */
    baseUrl: string;
    host: string;
    port: number;
    /** How an administrator signs in: with Open edX's JSON API or with the Django admin's form. */
    signIn: "openedx" | "django";
    username: string;
    email: string;
    password: string;
    /** The folder with the server's log, database and `.env`. */
    stateDirectory: string;
    logFile: string;
}

export interface MitApplication extends Server {
    /** The `.env` that the application reads; it need not exist. */
    envFile: string;
}

export interface Servers {
    lms: Server;
    mitxonline: MitApplication & {
        /** The same application behind its API gateway. */
        apisixBaseUrl: string;
    };
    xpro: MitApplication;
}

export interface ServerStatus extends Server {
    state: "running" | "not answering" | "stopped";
    /** Absent if the server is stopped. */
    pid?: number;
}

export type Progress = "running" | "starting" | "started" | "stopping" | "stopped" | "removed";

export interface SandboxOptions<Name extends ServerName = ServerName> {
    /** Default: `.sandbox` in the project; created with mode 0700. */
    stateDirectory?: string;
    /** Default: the port the server is running on, otherwise `defaultPorts`. */
    ports?: Partial<Ports>;
    /** Default: all. */
    servers?: readonly Name[];
    /** Extra environment for the servers it starts: the switches in `sandbox/lms/README.md` and its sibling. */
    environment?: Readonly<Record<string, string>>;
    /** Called at each step. */
    onProgress?: (server: Server, progress: Progress) => void;
}

/** A process as recorded in `process.json`. */
interface RecordedProcess {
    pid: number;
    /** Program and arguments as `ps` shows them. */
    command: string;
    ports: Ports;
}

const startTimeout = 120_000;
const stopTimeout = 5_000;
const patience = (milliseconds: number) => ({
    retries: Number.POSITIVE_INFINITY,
    factor: 1,
    minTimeout: 200,
    maxRetryTime: milliseconds,
});

/**
 * Starts the servers that are not running, in parallel, and waits until all respond. Restarts a server that runs on
 * another port than the requested one.
 *
 * @throws Error if a port is taken, a server dies during startup (with the last lines of its log), or does not respond
 * within two minutes. The other servers stay up.
 */
export async function up<Name extends ServerName = ServerName>(
    options: SandboxOptions<Name> = {},
): Promise<Pick<Servers, Name>> {
    const started = await forEachServer(options, start);
    return Object.fromEntries(started.map((server) => [server.name, server])) as unknown as Pick<Servers, Name>;
}

/** Stops the servers with SIGTERM, then with SIGKILL after five seconds. Keeps their state. */
export async function down(options: SandboxOptions = {}): Promise<void> {
    await forEachServer(options, stop);
}

/** Which servers are running, and where. */
export async function status(options: SandboxOptions = {}): Promise<ServerStatus[]> {
    return forEachServer(options, async (name) => {
        const running = await runningProcess(name, options);
        const server = describe(name, options, running);
        if (!running) return { ...server, state: "stopped" };
        return { ...server, state: (await answers(server)) ? "running" : "not answering", pid: running.pid };
    });
}

/** Stops the servers, deletes all their state and starts them again. */
export async function reset<Name extends ServerName = ServerName>(
    options: SandboxOptions<Name> = {},
): Promise<Pick<Servers, Name>> {
    await forEachServer(options, async (name) => {
        const server = await stop(name, options);
        await rm(server.stateDirectory, { recursive: true, force: true });
        options.onProgress?.(server, "removed");
    });
    return up(options);
}

async function start(name: ServerName, options: SandboxOptions): Promise<Server> {
    const running = await runningProcess(name, options);
    const ports: Ports = { ...defaultPorts, ...running?.ports, ...options.ports };
    const staysUp = running && portsOf(name).every((port) => running.ports[port] === ports[port]);
    if (!staysUp) await stop(name, options);

    const server = describe(name, { ...options, ports });
    options.onProgress?.(server, staysUp ? "running" : "starting");
    await waitUntilReady(server, staysUp ? running : await launch(server, ports, options.environment));
    if (!staysUp) options.onProgress?.(server, "started");
    return server;
}

async function launch(
    server: Server,
    ports: Ports,
    environment: SandboxOptions["environment"],
): Promise<RecordedProcess> {
    const definition = definitions[server.name];
    for (const port of portsOf(server.name)) await assertPortIsFree(server, port, ports[port]);
    const python = path.join(project, ".toolchain", "venv", server.name, "bin", "python");
    await access(python).catch(() => {
        throw new Error(`${server.title} can't start: ${python} is missing. Install it: node toolchain/setup.mjs`);
    });
    const command = [
        path.join(project, definition.program),
        ...definition.arguments,
        ...Object.entries(definition.listen).flatMap(([flag, port]) => [flag, `127.0.0.1:${ports[port]}`]),
        "--state",
        server.stateDirectory,
    ];

    await mkdir(server.stateDirectory, { recursive: true, mode: 0o700 });
    const log = await open(server.logFile, "a", 0o600);
    const child = spawn(python, command, {
        cwd: project,
        detached: true,
        env: { ...process.env, PYTHONUNBUFFERED: "1", SANDBOX_HOSTS: hosts, ...environment },
        // The log's file descriptor itself, so that logging continues after the command that started the server has
        // ended.
        stdio: ["ignore", log.fd, log.fd],
    });
    await once(child, "spawn").finally(() => log.close());
    child.unref();

    // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- a spawned process has one
    const started: RecordedProcess = { pid: child.pid!, command: command.join(" "), ports };
    try {
        await writeFile(processFile(server), JSON.stringify(started, null, 4) + "\n", { flag: "wx" });
    } catch (error) {
        // Without its record, nothing could stop it. Two concurrent commands both get here, and the first one wins.
        signalGroup(started.pid, "SIGKILL");
        throw new Error(`${server.title} can't start: ${(error as Error).message}. Does another command start it?`, {
            cause: error,
        });
    }
    return started;
}

const portsOf = (name: ServerName) => Object.values(definitions[name].listen);

function describe(name: ServerName, options: SandboxOptions, running?: RecordedProcess): Server {
    const { title, host, signIn, admin } = definitions[name];
    const ports: Ports = { ...defaultPorts, ...options.ports, ...running?.ports };
    const stateDirectory = path.resolve(options.stateDirectory ?? path.join(project, ".sandbox"), name);
    return {
        name,
        title,
        baseUrl: `http://${host}:${ports[name]}`,
        host,
        port: ports[name],
        signIn,
        ...admin,
        stateDirectory,
        logFile: path.join(stateDirectory, "server.log"),
        ...(signIn === "django" && { envFile: path.join(stateDirectory, ".env") }),
        ...(name === "mitxonline" && { apisixBaseUrl: `http://${host}:${ports["mitxonline-apisix"]}` }),
    };
}

const processFile = (server: Server) => path.join(server.stateDirectory, "process.json");

/** A server's recorded process, if it is still running and the pid has not been reused by another one. */
async function runningProcess(name: ServerName, options: SandboxOptions): Promise<RecordedProcess | undefined> {
    const file = processFile(describe(name, options));
    const recorded = await readFile(file, "utf8").then(
        (text) => JSON.parse(text) as RecordedProcess,
        () => undefined,
    );
    return recorded && (await isRunning(recorded)) ? recorded : undefined;
}

const isRunning = async (process: RecordedProcess) =>
    (await commandsOfGroup(process.pid)).some((command) => command.includes(process.command));

/** The command lines of the processes in a process group. Each server leads its own group, with its pid as the id. */
async function commandsOfGroup(id: number): Promise<string[]> {
    const { stdout } = await execa("ps", ["-A", "-ww", "-o", "pgid=,stat=,command="]);
    return stdout.split("\n").flatMap((line) => {
        const [, group, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
        return Number(group) === id && !state?.startsWith("Z") && command ? [command] : [];
    });
}

async function waitUntilReady(server: Server, { pid }: RecordedProcess): Promise<void> {
    await pRetry(async () => {
        if (await answers(server)) return;
        // Cheaper than `isRunning`: the process was running a moment ago.
        const isAlive = processExists(pid);
        const problem = isAlive ? `did not answer within ${startTimeout / 1000} seconds` : "ended while it started";
        const lines = (await readFile(server.logFile, "utf8")).trimEnd().split("\n").slice(-15);
        const message = [`${server.title} ${problem}. The end of ${server.logFile}:`, ...lines].join("\n    ");
        throw isAlive ? new Error(message) : new AbortError(message);
    }, patience(startTimeout));
}

async function answers(server: Server): Promise<boolean> {
    const { path, statuses } = definitions[server.name].ready;
    return axios
        .get(`http://127.0.0.1:${server.port}${path}`, {
            headers: { Host: `${server.host}:${server.port}` },
            maxRedirects: 0,
            proxy: false,
            timeout: 5_000,
            validateStatus: (status) => statuses.includes(status),
        })
        .then(
            () => true,
            () => false,
        );
}

async function assertPortIsFree(server: Server, name: PortName, port: number): Promise<void> {
    const probe = createServer().listen(port, "127.0.0.1");
    await once(probe, "listening").catch((error: unknown) => {
        const { code, message } = error as NodeJS.ErrnoException;
        throw new Error(
            `${server.title} can't start: ` +
                (code === "EADDRINUSE" ? `another program uses port ${port}. Stop that, or` : `${message}. Please`) +
                ` choose another port: npm run sandbox -- up --port ${name}=<port>`,
            { cause: error },
        );
    });
    probe.close();
    await once(probe, "close");
}

async function stop(name: ServerName, options: SandboxOptions): Promise<Server> {
    const running = await runningProcess(name, options);
    const server = describe(name, options, running);
    if (running) {
        options.onProgress?.(server, "stopping");
        const hasEnded = () =>
            pRetry(async () => {
                if ((await commandsOfGroup(running.pid)).length === 0) return;
                throw new Error(`${server.title} (process ${running.pid}) can't be stopped.`);
            }, patience(stopTimeout));
        signalGroup(running.pid, "SIGTERM");
        await hasEnded().catch(() => {
            signalGroup(running.pid, "SIGKILL");
            return hasEnded();
        });
        options.onProgress?.(server, "stopped");
    }
    await rm(processFile(server), { force: true });
    return server;
}

function signalGroup(id: number, signal: NodeJS.Signals): void {
    try {
        process.kill(-id, signal);
    } catch (error) {
        // It has exited on its own in the meantime.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}

/** Runs a task for all selected servers concurrently, each to its end, then throws all errors together. */
async function forEachServer<Result>(
    options: SandboxOptions,
    task: (name: ServerName, options: SandboxOptions) => Promise<Result>,
): Promise<Result[]> {
    const names = serverNames.filter((name) => (options.servers ?? serverNames).includes(name));
    const results = await Promise.allSettled(names.map((name) => task(name, options)));
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
    if (errors.length > 0) throw new AggregateError(errors, errors.map((error) => error.message).join("\n\n"));
    return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}
