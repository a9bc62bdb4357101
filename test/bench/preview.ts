/** What a `preview` of the stack `dev` costs, with the real Docker, Compose and Tutor. */
import { delimiter, join } from "node:path";
import { pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { prepareDocker } from "../docker/environment.ts";
import { makeStack } from "../support/stack.ts";
import { costOf, inTurn } from "./measure.ts";
import { secondsRow, type Tell } from "./page.ts";
import { emptyProgram, stackOf } from "./programs.ts";

/** Measures it against the slowest of the commands that it asks. */
export async function comparePreview(tell: Tell, rounds: number): Promise<void> {
    const what = "`preview` of `dev`, beyond that of an empty program";
    const row = { what, against: "the slowest single question to Tutor, Compose and Docker", goal: "1.3" };
    if ((process.env["TEST_DOCKER_HOST"] ?? "") === "") {
        tell({ ...row, measured: "not measured without Docker: `TEST_DOCKER_HOST`" });
        return;
    }
    const docker = await prepareDocker({ checksPorts: false });
    const empty = await stackOf(emptyProgram(40));
    try {
        const tutor = await docker.tutorRoot("22");
        await tutor.tutor("plugins", "disable", "mfe", "indigo");
        const checkout = await docker.checkout("mitxonline");
        Object.assign(process.env, tutor.env);
        const stack = await makeStack({
            ...{ lmsFrom: "tutor", applicationFrom: "compose", platform: "linux", lmsLaunch: "true" },
            application: "mitxonline",
            envFile: join(checkout, ".env"),
        });
        try {
            const own = await pulumiEnvironment();
            const environment = {
                ...own,
                ...tutor.env,
                PATH: [own["PATH"], tutor.env["PATH"]].join(delimiter),
                PULUMI_BACKEND_URL: `file://${stack.folder}/state?metadata=skip`,
            };
            const seconds = async (folder: string, ...command: string[]) =>
                (await costOf(command, { folder, environment })).wall;
            const preview = ["pulumi", "preview", "--stack", "test", "--non-interactive"];
            const costs = await inTurn(
                {
                    dev: () => seconds(stack.folder, ...preview),
                    empty: async () => (await empty.run("preview")).wall,
                    tutor: () => seconds(checkout, "tutor", "config", "printvalue", "LMS_HOST"),
                    compose: () => seconds(checkout, "docker", "compose", "config", "--no-interpolate"),
                    docker: () => seconds(checkout, "docker", "ps", "--all"),
                },
                rounds,
            );
            const beyond = costs.dev.map((dev, round) => dev - (costs.empty[round] ?? NaN));
            const slowest = costs.dev.map((_, round) =>
                Math.max(...[costs.tutor, costs.compose, costs.docker].map((figures) => figures[round] ?? 0)),
            );
            tell(secondsRow(row, beyond, slowest));
        } finally {
            await stack.remove();
        }
    } finally {
        await empty.remove();
        await docker.release();
    }
}
