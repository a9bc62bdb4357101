/** `npm stop`: removes what `npm start` created: first the stack, then the servers and their state. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { down, up } from "../sandbox/sandbox.ts";
import { project } from "./pulumi.ts";
import { runPulumi } from "./runPulumi.ts";

if (existsSync(join(project, ".pulumi", "stacks", "openedx-mit-integration", "sandbox.json"))) {
    // Objects can only be deleted from running servers.
    await up();
    process.exitCode =
        (await runPulumi("destroy", "--stack", "sandbox", "--yes", "--skip-preview")) ||
        // The stack's settings file is part of the repository.
        (await runPulumi("stack", "rm", "sandbox", "--yes", "--preserve-config"));
}
await down();
if (process.exitCode === undefined || process.exitCode === 0) {
    await rm(join(project, ".sandbox"), { recursive: true, force: true });
    console.log("The sandbox was removed: stack, servers and their state.");
}
