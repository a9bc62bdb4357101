/** Waits for stdin to close, then stops the servers of a state directory and deletes it. */
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { down } from "../../sandbox/sandbox.ts";

const [stateDirectory = ""] = process.argv.slice(2);
process.stdin.resume();
console.log("ready");
await once(process.stdin, "close");
await down({ stateDirectory });
await rm(stateDirectory, { recursive: true, force: true });
