import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, jest } from "@jest/globals";

/** Fake commands in a folder at the front of the PATH. */
export interface FakeCommands {
    readonly folder: string;
    /**
     * Adds a command.
     *
     * @param answers - shell code by argument prefix. The command fails for any other arguments.
     */
    readonly make: (command: string, answers: Readonly<Record<string, string>>) => Promise<void>;
    /** The arguments of each call of a command so far. */
    readonly calls: (command: string) => Promise<string[]>;
    readonly remove: () => Promise<void>;
}

/** Fake commands for each test of a file: new before it, removed after it. Silences warnings. */
export function commandsOfEachTest(): Omit<FakeCommands, "remove"> {
    let commands: FakeCommands;
    beforeEach(async () => {
        commands = await fakeCommands();
        jest.spyOn(console, "warn").mockReturnValue();
    });
    afterEach(async () => {
        jest.restoreAllMocks();
        await commands.remove();
    });
    return {
        get folder() {
            return commands.folder;
        },
        make: (command, answers) => commands.make(command, answers),
        calls: (command) => commands.calls(command),
    };
}

/** Shell code that answers like Docker if it does not have something: `network x`. */
export function missingAnswer(what: string): string {
    return `echo 'Error response from daemon: ${what} not found' >&2; exit 1`;
}

/** Shell code that answers like `docker network inspect`. */
export function networkAnswer(
    name: string,
    labels: Readonly<Record<string, string>> | null,
    config: readonly object[] | null,
): string {
    return `echo '${JSON.stringify([{ Name: name, Labels: labels, IPAM: { Config: config } }])}'`;
}

/** Lets this process call commands that a test makes up. */
export async function fakeCommands(): Promise<FakeCommands> {
    const folder = await mkdtemp(join(tmpdir(), "commands-"));
    const path = process.env["PATH"] ?? "";
    process.env["PATH"] = `${folder}${delimiter}${path}`;
    const log = (command: string) => join(folder, `${command}.log`);
    return {
        folder,
        async make(command, answers) {
            const cases = Object.entries(answers).map(([start, action]) => `'${start}'*) ${action} ;;`);
            const script = [
                "#!/bin/sh",
                `echo "$*" >>'${log(command)}'`,
                'case "$*" in',
                ...cases,
                `*) echo "Nobody expected: ${command} $*" >&2; exit 64 ;;`,
                "esac",
                "",
            ];
            await writeFile(join(folder, command), script.join("\n"), { mode: 0o755 });
        },
        calls: async (command) =>
            existsSync(log(command)) ? (await readFile(log(command), "utf8")).trimEnd().split("\n") : [],
        async remove() {
            process.env["PATH"] = path;
            await rm(folder, { recursive: true });
        },
    };
}
