/** `npm start`: brings the sandbox's servers up and integrates them with `pulumi up`. */
import { up } from "../sandbox/sandbox.ts";
import { announceStandIns, runPulumi } from "./pulumi.ts";

await up({
    onProgress: (server, progress) => {
        console.log(`  ${server.title.padEnd(13)} ${progress.padEnd(9)} ${server.baseUrl}`);
    },
});
await announceStandIns();
const exitCode =
    (await runPulumi("stack", "select", "--create", "sandbox")) ||
    (await runPulumi("up", "--stack", "sandbox", "--yes", "--skip-preview"));
if (exitCode === 0) {
    console.log(
        [
            "",
            "The sandbox is integrated. What next:",
            "  npm run pulumi -- preview                      what has drifted or would change",
            "  npm run pulumi -- stack output --show-secrets  the client secrets and the token",
            "  npm run sandbox -- status                      the servers, their addresses and logs",
            "  npm stop                                       take it all away",
        ].join("\n"),
    );
}
process.exitCode = exitCode;
