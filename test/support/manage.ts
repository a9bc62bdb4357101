import { join } from "node:path";
import { execa } from "execa";
import type { ServerName } from "../../sandbox/sandbox.ts";
import { project } from "../../toolchain/pulumi.ts";

/**
 * Runs a sandbox server's `manage.py`.
 *
 * @param state - the server's own folder.
 * @returns what it prints.
 */
export async function manage(name: ServerName, state: string, ...args: readonly string[]): Promise<string> {
    const python = join(project, ".toolchain", "venv", name, "bin", "python");
    const program = join(project, "sandbox", name === "lms" ? "lms" : "mit-application", "manage.py");
    const env = {
        // As the tests' servers have it.
        SANDBOX_FAST_HASHES: "1",
        ...(name === "lms"
            ? { LMS_SANDBOX_STATE: state }
            : { MIT_SANDBOX_STATE: state, MIT_SANDBOX_FLAVOR: name, MIT_SANDBOX_FROM_ENVIRONMENT: "" }),
    };
    const { stdout } = await execa(python, [program, ...args], { env });
    return stdout;
}
