/** What killed engines and commands of this clone left behind. */
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { processExists } from "../sandbox/processExists.ts";

/**
 * Ends programs and dynamic providers whose engine is gone. Pulumi's own processes don't notice that it was killed, and stay
 * forever. Only this clone's are ended, and none whose engine still listens.
 *
 * @param project - the clone's folder.
 * @returns the ids of the ended processes.
 */
export async function endLeftovers(project: string): Promise<number[]> {
    if (process.platform === "win32") {
        return [];
    }
    const { stdout } = await execa("ps", ["-A", "-ww", "-o", "pid=,args="]);
    const processes = stdout.split("\n").flatMap((line) => {
        const [, pid, command = ""] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
        const engine = command.includes(join(project, "node_modules", "@pulumi", "pulumi", "cmd")) && engineOf(command);
        return pid !== undefined && engine ? [{ pid: Number(pid), engine }] : [];
    });
    const ended: number[] = [];
    for (const { pid, engine } of processes) {
        if (!(await isListening(engine))) {
            end(pid);
            ended.push(pid);
        }
    }
    return ended;
}

/**
 * Creates the folder for the sessions of this command, which only the user can read, and removes the folders of commands
 * that were killed.
 *
 * @param project - the clone's folder.
 */
export async function newSessionsFolder(project: string): Promise<string> {
    const folder = join(project, ".toolchain", "sessions");
    await mkdir(folder, { recursive: true });
    for (const name of await readdir(folder)) {
        // Its command's process id comes first.
        if (!processExists(Number.parseInt(name))) {
            await rm(join(folder, name), { recursive: true, force: true });
        }
    }
    return mkdtemp(join(folder, `${process.pid}-`));
}

/** The engine's port. Pulumi passes its address to programs as `--engine`, and to dynamic providers as the last argument. */
function engineOf(command: string): number | undefined {
    const port =
        /\/cmd\/run\/.* --engine[ =]127\.0\.0\.1:(\d+)/.exec(command)?.[1] ??
        /\/cmd\/dynamic-provider\/.* 127\.0\.0\.1:(\d+)$/.exec(command)?.[1];
    return port === undefined ? undefined : Number(port);
}

async function isListening(port: number): Promise<boolean> {
    const socket = connect(port, "127.0.0.1");
    try {
        await once(socket, "connect");
        return true;
    } catch {
        return false;
    } finally {
        socket.destroy();
    }
}

function end(pid: number): void {
    try {
        process.kill(pid, "SIGKILL");
    } catch (error) {
        // It exited on its own in the meantime.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
            throw error;
        }
    }
}
