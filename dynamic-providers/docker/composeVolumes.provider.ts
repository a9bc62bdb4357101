import { isAnonymous, projectVolumes, releaseVolumes } from "./anonymousVolumes.ts";
import { answerOf } from "../command.ts";
import {
    composeVolumes,
    type ComposeVolumesInputs as Inputs,
    type ComposeVolumesOutputs as Outputs,
} from "./composeVolumes.ts";
import { defineProvider } from "../crud.ts";
import { docker } from "./docker.ts";
import { pulumiCommand } from "../pulumiCommand.ts";

/** The operations of `ComposeVolumes`, through the `docker` and `pulumi` commands. */
export const provider = defineProvider<Inputs, Outputs>(composeVolumes, {
    create: (inputs) => Promise.resolve({ id: inputs.project, outs: inputs }),

    read: (_id, props) => Promise.resolve(props),

    update: (_id, _olds, news) => Promise.resolve(news),

    async delete(_id, { project, owner }) {
        await releaseVolumes(project);
        const volumes = await projectVolumes(project);
        if (volumes.length === 0) {
            return;
        }
        if (await keepsVolumes(owner)) {
            console.warn(
                `The data of ${project} is left in place, and the next ${pulumiCommand("up")} uses it. To delete it: ` +
                    `docker volume rm ${volumes.join(" ")}` +
                    (volumes.some(isAnonymous) ? "\ndocker volume prune would delete some of it too." : ""),
            );
        } else {
            await docker("volume", "rm", ...volumes);
        }
    },
});

/** Reads the current configuration, as the state has only that of the last `up`. If it can't be read, nothing is deleted. */
async function keepsVolumes(owner: string): Promise<boolean> {
    const stack = owner.replace(/^.*\//, "");
    const { failed, code, stdout, stderr } = await answerOf("pulumi", [
        "config",
        "get",
        "keepVolumes",
        "--stack",
        stack,
    ]);
    if (failed && !/configuration key .* not found/.test(stderr)) {
        console.warn(
            `Can't read keepVolumes; keeping the data: ${code ?? stderr}\n` +
                `If you renamed the stack, run ${pulumiCommand("up")} before destroy.`,
        );
    }
    return failed || stdout !== "false";
}
