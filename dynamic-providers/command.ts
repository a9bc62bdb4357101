import { ProviderError } from "./errors.ts";
import { pulumiCommand } from "./pulumiCommand.ts";

/** How to run a command. */
export interface CommandOptions {
    /** Standard input. Pass secrets here: every user of the machine can read arguments. */
    readonly input?: string;
    /** Whether to show the output line by line as it arrives, for long-running commands. */
    readonly show?: boolean;
    /** The working directory. Default: this process's. */
    readonly cwd?: string;
    /** Variables on top of this process's environment; `undefined` unsets one. */
    readonly env?: Readonly<Record<string, string | undefined>>;
}

/** How a command ended and what it printed, trimmed. */
export interface Answer {
    readonly failed: boolean;
    /** `undefined` if it did not run or was killed. */
    readonly exitCode: number | undefined;
    /** Why it did not run, for instance `ENOENT`. */
    readonly code: string | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

const SHOWN_LINES = 10;

/** Runs a local command and reports how it ended, even if it failed or does not exist. */
export async function answerOf(
    command: string,
    args: readonly string[],
    { input, show = false, cwd, env }: CommandOptions = {},
): Promise<Answer> {
    // Lazy import: most runs start no command.
    const { execa } = await import("execa");
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
 * Runs a local command.
 *
 * @returns its standard output, trimmed.
 * @throws ProviderError with the exit code and the last lines of output.
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

/** The last lines of a command's output, for a message. */
export function lastLines({ stdout, stderr }: Pick<Answer, "stdout" | "stderr">): string {
    return `${stdout}\n${stderr}`.trim().split("\n").slice(-SHOWN_LINES).join("\n    ");
}

/**
 * A command's answer, among the other lines that its plugins or a wrapper print: the last one that can be read.
 *
 * @param lines - of its standard output, or blocks of them.
 * @param read - returns the answer in a line, or `undefined` if there is none.
 */
export function lastAnswer<Read>(lines: readonly string[], read: (line: string) => Read | undefined): Read | undefined {
    return lines.map(read).findLast((answer) => answer !== undefined);
}

/** A string parsed as JSON; `undefined` if it is not JSON. */
export function readJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

/** What to do if there is no `tutor` command. */
export function howToInstallTutor(): string {
    return `Install Tutor (https://docs.tutor.edly.io/install.html), or set its path: ${pulumiCommand("config set tutor PATH")}`;
}

/** The engine shows what a provider prints. */
function* showLine(line: unknown): Generator {
    console.log(String(line));
    yield line;
}

/** What a command printed: an array of lines if each was shown. */
function textOf(output: unknown): string {
    return (Array.isArray(output) ? output.join("\n") : typeof output === "string" ? output : "").trim();
}
