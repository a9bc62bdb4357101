import { runCommand } from "../command.ts";
import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { composeExec, docker, runningContainer } from "../docker/docker.ts";
import { tutorServer, type TutorServerInputs as Inputs, type TutorServerOutputs as Outputs } from "./tutorServer.ts";

/** The LMS's service in Tutor's Compose project. */
const LMS = "lms";

/** The operations of `TutorServer`, through the `tutor` and `docker` commands. */
export const provider = defineProvider<Inputs, Outputs>(tutorServer, {
    async isOutdated({ project, container }) {
        const running = await runningContainer(project, LMS);
        return running === "" || (container !== undefined && container !== running);
    },

    create: async (inputs) => ({ id: inputs.project, outs: await start(inputs, false) }),

    async read(_id, props) {
        const container = await runningContainer(props.project, LMS);
        // If the container is a different one, `up` deals with it: it may lack the packages.
        return container === "" ? undefined : { container, ...props };
    },

    update: (_id, { startedHere = false }, news) => start(news, startedHere),

    async delete(_id, { project, startedHere }) {
        if (startedHere === true && (await runningContainer(project, LMS)) !== "") {
            // With Compose, as Tutor's project root may be gone.
            await docker("compose", "--project-name", project, "stop");
        }
    },
});

/** Starts the server; if it was not running, the stack stops it on delete from then on. */
async function start(inputs: Inputs, wasStarted: boolean): Promise<Outputs> {
    const { tutor, project, packages } = inputs;
    const startedHere = wasStarted || (await runningContainer(project, LMS)) === "";
    await runCommand(tutor, ["dev", "start", "--detach"], { show: true });
    if (packages.length > 0) {
        await composeExec(project, LMS, ["pip", "install", ...packages], { show: true });
        await runCommand(tutor, ["dev", "restart", LMS], { show: true });
    }
    const container = await runningContainer(project, LMS);
    if (container === "") {
        throw new ProviderError(`The LMS container stopped again. See why: ${tutor} dev logs ${LMS}`);
    }
    return { ...inputs, container, since: new Date().toISOString(), startedHere };
}
