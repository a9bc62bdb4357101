import { join } from "node:path";
import { project } from "../../toolchain/pulumi.ts";

/** The folder for everything that is expensive to create. */
export const cache = join(project, ".toolchain", "test-docker");

/** Runs a slow step, and prints its title, then how many seconds it took. */
export async function step<Result>(title: string, work: () => Promise<Result>): Promise<Result> {
    process.stderr.write(`… ${title}\n`);
    const start = Date.now();
    const result = await work();
    process.stderr.write(`✓ ${title}: ${Math.round((Date.now() - start) / 1000)} s\n`);
    return result;
}
