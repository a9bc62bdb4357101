import { runCommand } from "../command.ts";
import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { composeExec, docker, runningContainer } from "../docker/docker.ts";
import { tutorServer, type TutorServerInputs as Inputs, type TutorServerOutputs as Outputs } from "./tutorServer.ts";

/** The service of Tutor's Compose project that is the LMS. */
const LMS = "lms";

/** The operations of `TutorServer`, by the commands `tutor` and `docker`. */
export const provider = defineProvider<Inputs, Outputs>(tutorServer, {
    async isOutdated({ project, container }) {
        const running = await runningContainer(project, LMS);
        return running === "" || (container !== undefined && container !== running);
    },

    create: async (inputs) => ({ id: inputs.project, outs: await start(inputs, false) }),

    async read(_id, props) {
        const container = await runningContainer(props.project, LMS);
        // Another container than the last time is for `up` to see to: it may lack the packages.
        return container === "" ? undefined : { container, ...props };
    },

    update: (_id, { isStartedHere = false }, news) => start(news, isStartedHere),

    async delete(_id, { project, isStartedHere }) {
        if (isStartedHere === true && (await runningContainer(project, LMS)) !== "") {
            // By Compose, as Tutor's folder may be gone.
            await docker("compose", "--project-name", project, "stop");
        }
    },
});

/** Starts the server; one that does not run is the stack's to stop from then on. */
async function start(inputs: Inputs, wasStartedHere: boolean): Promise<Outputs> {
    const { tutor, project, packages } = inputs;
    const isStartedHere = wasStartedHere || (await runningContainer(project, LMS)) === "";
    await runCommand(tutor, ["dev", "start", "--detach"], { show: true });
    if (packages.length > 0) {
        await composeExec(project, LMS, ["pip", "install", ...packages], { show: true });
        await runCommand(tutor, ["dev", "restart", LMS], { show: true });
    }
    const container = await runningContainer(project, LMS);
    if (container === "") {
        throw new ProviderError(`The LMS container stopped again. See why: ${tutor} dev logs ${LMS}`);
    }
    return { ...inputs, container, since: new Date().toISOString(), isStartedHere };
}
