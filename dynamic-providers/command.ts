import { execa } from "execa";
import { ProviderError } from "./errors.ts";
import { pulumiCommand } from "./pulumiCommand.ts";

/** How a command is run. */
export interface CommandOptions {
    /** Its standard input. That is the way for secrets: arguments can be read by every user of the machine. */
    readonly input?: string;
    /** Whether its output is shown line by line as it comes, for commands that take long. */
    readonly show?: boolean;
    /** The folder in which it runs. Default: this process's. */
    readonly cwd?: string;
    /** Variables on top of this process's environment; `undefined` takes one of that away. */
    readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How a command ended, and what it printed, without white space around it. */
export interface Answer {
    readonly failed: boolean;
    /** `undefined` where it did not run, or was killed. */
    readonly exitCode: number | undefined;
    /** Why it did not run, for instance `ENOENT`. */
    readonly code: string | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

const SHOWN_LINES = 10;

/** Runs a command of this machine and gives how it ended, also where it failed or does not exist. */
export async function answerOf(
    command: string,
    args: readonly string[],
    { input, show = false, cwd, env }: CommandOptions = {},
): Promise<Answer> {
    const { failed, exitCode, code, stdout, stderr } = await execa(command, args, {
        reject: false,
        ...(input === undefined ? { stdin: "ignore" as const } : { input }),
        ...(show && { stdout: showLine, stderr: showLine }),
        ...(cwd !== undefined && { cwd }),
        ...(env !== undefined && { env }),
    });
    return { failed, exitCode, code, stdout: textOf(stdout), stderr: textOf(stderr) };
}

/**
 * Runs a command of this machine.
 *
 * @returns its standard output without white space around it.
 * @throws ProviderError with its exit code and last lines.
 */
export async function runCommand(command: string, args: readonly string[], options?: CommandOptions): Promise<string> {
    const answer = await answerOf(command, args, options);
    if (answer.code === "ENOENT") {
        const remedy = command.endsWith("tutor") ? howToInstallTutor() : "Install it.";
        throw new ProviderError(`Command not found: ${command}. ${remedy}`);
    }
    if (answer.failed) {
        // An argument may be a whole program.
        const [called = ""] = [command, ...args].join(" ").split("\n", 1);
        throw new ProviderError(`${called} failed (exit code ${String(answer.exitCode)}):\n    ${lastLines(answer)}`);
    }
    return answer.stdout;
}

/** The end of what a command said, for a message. */
export function lastLines({ stdout, stderr }: Pick<Answer, "stdout" | "stderr">): string {
    return `${stdout}\n${stderr}`.trim().split("\n").slice(-SHOWN_LINES).join("\n    ");
}

/**
 * What a command answers, among the lines that its plug-ins or a wrapper print besides: the last that can be read.
 *
 * @param lines - of its standard output, or blocks of them.
 * @param read - the answer in a line; `undefined` where it is none.
 */
export function lastAnswer<Read>(lines: readonly string[], read: (line: string) => Read | undefined): Read | undefined {
    return lines.map(read).findLast((answer) => answer !== undefined);
}

/** A text read as JSON; `undefined` where it is none. */
export function readJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** What to do where there is no command `tutor`. */
export function howToInstallTutor(): string {
    return `Install Tutor (https://docs.tutor.edly.io/install.html), or set its path: ${pulumiCommand("config set tutor PATH")}`;
}

/** The engine shows what a provider prints. */
function* showLine(line: unknown): Generator {
    console.log(String(line));
    yield line;
}

/** What a command printed: lines, where each was shown. */
function textOf(output: unknown): string {
    return (Array.isArray(output) ? output.join("\n") : typeof output === "string" ? output : "").trim();
}
