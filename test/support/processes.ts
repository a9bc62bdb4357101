import { execa } from "execa";

/** Whether a process runs. One that has ended but that its parent has not asked about yet does not. */
export async function isAlive(pid: number | undefined): Promise<boolean> {
    const { stdout } = await execa("ps", ["-o", "stat=", "-p", String(pid)], { reject: false });
    return stdout !== "" && !stdout.startsWith("Z");
}
