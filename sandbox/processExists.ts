/** Whether there is a process with this id, of whatever program. */
export function processExists(pid: number): boolean {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        // Another user's may not be signaled.
        return (error as NodeJS.ErrnoException).code !== "ESRCH";
    }
}
