/**
 * Waits for stdin to close, then stops the servers of a state directory and deletes it, if it is still there. Loads what
 * that takes only then, as most tests stop their servers themselves.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";

const [stateDirectory = ""] = process.argv.slice(2);
process.stdin.resume();
console.log("ready");
await once(process.stdin, "close");
if (existsSync(stateDirectory)) {
    const { down } = await import("../../sandbox/sandbox.ts");
    await down({ stateDirectory });
    await rm(stateDirectory, { recursive: true, force: true });
}
