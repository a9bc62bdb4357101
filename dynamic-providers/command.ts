import { execa, ExecaError } from "execa";
import { ProviderError } from "./django-admin/errors.ts";

/** How a command is run. */
export interface CommandOptions {
    /** Its standard input. That is the way for secrets: arguments can be read by every user of the machine. */
    readonly input?: string;
    /** Whether its output is shown line by line as it comes, for commands that take long. */
    readonly show?: boolean;
}

const SHOWN_LINES = 10;

/**
 * Runs a command of this machine.
 *
 * @returns its standard output without white space around it.
 * @throws ProviderError with its exit code and last lines.
 */
export async function runCommand(
    command: string,
    args: readonly string[],
    { input, show = false }: CommandOptions = {},
): Promise<string> {
    try {
        const { stdout } = await execa(command, args, {
            ...(input === undefined ? { stdin: "ignore" as const } : { input }),
            ...(show && { stdout: showLine, stderr: showLine }),
        });
        return stdout.trim();
    } catch (error) {
        throw error instanceof ExecaError ? commandError(command, args, error) : error;
    }
}

/** The engine shows what a provider prints. */
function* showLine(line: unknown): Generator {
    console.log(String(line));
    yield line;
}

function commandError(
    command: string,
    args: readonly string[],
    error: Pick<ExecaError, "code" | "exitCode"> & { readonly stdout?: unknown; readonly stderr?: unknown },
): ProviderError {
    if (error.code === "ENOENT") {
        const remedy = command.endsWith("tutor")
            ? "Install Tutor, or set its path: pulumi config set tutor PATH"
            : "Install it.";
        return new ProviderError(`The command ${command} is not there. ${remedy}`);
    }
    const lines = [error.stdout, error.stderr].flat().join("\n").trim().split("\n").slice(-SHOWN_LINES).join("\n    ");
    // An argument may be a whole program.
    const [called = ""] = [command, ...args].join(" ").split("\n", 1);
    return new ProviderError(`${called} failed (exit code ${String(error.exitCode)}):\n    ${lines}`);
}
