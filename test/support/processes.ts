import { execa } from "execa";

/** Whether a process is running. Zombies don't count. */
export async function isAlive(pid: number | undefined): Promise<boolean> {
    const { stdout } = await execa("ps", ["-o", "stat=", "-p", String(pid)], { reject: false });
    return stdout !== "" && !stdout.startsWith("Z");
}

/** Kills a process and all its descendants, even those in their own process groups. */
export async function killTree(pid: number): Promise<void> {
    const { stdout } = await execa("ps", ["-A", "-o", "pid=,ppid="]);
    const processes = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
    const tree = [pid];
    for (const parent of tree) {
        tree.push(...processes.flatMap(([child = 0, of]) => (of === parent ? [child] : [])));
    }
    for (const one of tree) {
        try {
            process.kill(one, "SIGKILL");
        } catch (error) {
            // It exited along with its parent.
            if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
                throw error;
            }
        }
    }
}

/** A process's descendants whose command matches. */
export async function descendants(pid: number, command: RegExp): Promise<number[]> {
    const { stdout } = await execa("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="]);
    const processes = stdout.split("\n").map((line) => {
        const [, child, parent, args = ""] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
        return { child: Number(child), parent: Number(parent), args };
    });
    const tree = [pid];
    for (const parent of tree) {
        tree.push(...processes.filter((one) => one.parent === parent).map(({ child }) => child));
    }
    return processes
        .filter(({ child, args }) => child !== pid && tree.includes(child) && command.test(args))
        .map(({ child }) => child);
}
