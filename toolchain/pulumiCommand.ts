/** `npm run pulumi -- ARGUMENT...`: the Pulumi CLI with the project's environment. */
import { announceStandIns } from "./pulumi.ts";
import { runPulumi } from "./runPulumi.ts";

await announceStandIns();
process.exitCode = await runPulumi(...process.argv.slice(2));
