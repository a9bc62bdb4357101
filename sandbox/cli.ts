/** `npm run sandbox -- up|down|status|reset`: see `help` below. */
import Table from "cli-table3";
import path from "node:path";
import { parseArgs } from "node:util";
import { type SandboxOptions, type ServerName, defaultPorts, down, reset, serverNames, status, up } from "./sandbox.ts";

const help = `
Usage: npm run sandbox -- <command> [options]

An Open edX LMS and two MIT applications on this machine, for trying and testing the integration.

Commands:
  up       Start the servers that aren't running, and wait until they respond
  down     Stop the servers; their data stays
  status   Show the servers
  reset    Stop the servers, delete their data, and start them again

Options:
  -s, --server <name>       Only this server: ${serverNames.join(", ")}; may be repeated
  -p, --port <name>=<port>  Another port than the default, for up and reset; may be repeated:
                            ${Object.entries(defaultPorts)
                                .map(([name, port]) => `${name}=${port}`)
                                .join(", ")}
      --state <directory>   The folder of the servers' state (default: .sandbox in the project)
  -h, --help                Show this help
`.trim();

class UsageError extends Error {}

const commands: Record<string, (options: SandboxOptions) => Promise<void>> = {
    async up(options) {
        await up(options);
        await printSignIns(options);
    },
    down,
    async status(options) {
        const table = new Table({
            head: ["Server", "State", "URL", "PID", "Log"],
            style: { head: [], border: [], compact: true },
        });
        for (const { name, state, baseUrl, pid, logFile } of await status(options)) {
            table.push([name, state, baseUrl, pid ?? "", path.relative("", logFile)]);
        }
        console.log(table.toString());
    },
    async reset(options) {
        await reset(options);
        await printSignIns(options);
    },
};

async function printSignIns(options: SandboxOptions): Promise<void> {
    const servers = await status(options);
    console.log(`\nIn a browser, with \`127.0.0.1 ${servers.map(({ host }) => host).join(" ")}\` in the hosts file:`);
    for (const { title, baseUrl, signIn, username, email, password } of servers) {
        console.log(`  ${title}: ${baseUrl}/ (${signIn === "openedx" ? email : username}, password ${password})`);
    }
}

function parseServers(names: string[]): ServerName[] {
    return names.map((name) => {
        const known = serverNames.find((server) => server === name);
        if (!known) throw new UsageError(`Unknown server: ${name}. Choose from ${serverNames.join(", ")}.`);
        return known;
    });
}

function parsePorts(assignments: string[]): Record<string, number> {
    return Object.fromEntries(
        assignments.map((assignment) => {
            const [, name = "", port] = /^([^=]*)=(\d{1,5})$/.exec(assignment) ?? [];
            if (!(name in defaultPorts) || Number(port) < 1 || Number(port) > 65535) {
                const names = Object.keys(defaultPorts).join(", ");
                throw new UsageError(`--port ${assignment}: write <name>=<port>, the name being one of ${names}.`);
            }
            return [name, Number(port)];
        }),
    );
}

function parse() {
    try {
        return parseArgs({
            allowPositionals: true,
            options: {
                server: { type: "string", short: "s", multiple: true },
                port: { type: "string", short: "p", multiple: true },
                state: { type: "string" },
                help: { type: "boolean", short: "h" },
            },
        });
    } catch (error) {
        throw new UsageError((error as Error).message);
    }
}

async function main(): Promise<void> {
    const { values, positionals } = parse();
    if (values.help) {
        console.log(help);
        return;
    }
    const [name = "", ...rest] = positionals;
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command || rest.length > 0) {
        throw new UsageError(`Give one command: ${Object.keys(commands).join(", ")}.`);
    }
    const begin = performance.now();
    await command({
        ...(values.state && { stateDirectory: values.state }),
        ...(values.server && { servers: parseServers(values.server) }),
        ports: parsePorts(values.port ?? []),
        onProgress(server, progress) {
            const seconds = ((performance.now() - begin) / 1000).toFixed(1);
            console.error(` ${server.title.padEnd(14)}${progress.padEnd(10)}${seconds.padStart(5)}s`);
        },
    });
}

try {
    await main();
} catch (error) {
    console.error((error as Error).message);
    if (error instanceof UsageError) console.error("See npm run sandbox -- --help");
    process.exitCode = error instanceof UsageError ? 2 : 1;
}
