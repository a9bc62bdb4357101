/** `npm run pulumi -- ARGUMENT...`: the Pulumi CLI with the project's environment. */
import { announceStandIns, runPulumi } from "./pulumi.ts";

await announceStandIns();
process.exitCode = await runPulumi(...process.argv.slice(2));
