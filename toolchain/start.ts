/** `npm start`: starts the sandbox's servers and integrates them with `pulumi up`. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { up } from "../sandbox/sandbox.ts";
import { announceStandIns, askPulumi, project, projectName } from "./pulumi.ts";
import { runPulumi } from "./runPulumi.ts";

const servers = await up({
    onProgress: (server, progress) => {
        console.error(`  ${server.title.padEnd(13)} ${progress.padEnd(9)} ${server.baseUrl}`);
    },
});
const hosts = Object.values(servers).map(({ host }) => host);
await announceStandIns();
const integrate = () => runPulumi("up", "--stack", "sandbox", "--yes", "--skip-preview");
let exitCode: number;
if (existsSync(join(project, ".pulumi", "stacks", projectName, "sandbox.json"))) {
    const [ended, selected] = await Promise.all([integrate(), askPulumi("stack", "select", "sandbox")]);
    exitCode = ended || Number(selected.failed);
    process.stderr.write(selected.stderr);
} else {
    exitCode = (await runPulumi("stack", "select", "--create", "sandbox")) || (await integrate());
}
if (exitCode === 0) {
    console.log(`
The sandbox is integrated. What next:
  npm run pulumi -- stack output signInUrl       where to sign in (stack output signInFirst: what to do before)
  npm run pulumi -- preview --refresh            what has drifted or would change
  npm run pulumi -- up --refresh                 repair it
  npm run pulumi -- stack output --show-secrets  the client secrets and the token
  npm run sandbox -- status                      the servers, their addresses and logs
  npm stop                                       remove it all
A browser needs this line in the hosts file:
  127.0.0.1 ${hosts.join(" ")}
Does it work? If not, this says why and what to do:
  npm run verify`);
}
process.exitCode = exitCode;
