import { z } from "zod";
import { runCommand } from "./command.ts";
import { defineProvider } from "./crud.ts";
import { ProviderError } from "./django-admin/errors.ts";
import { composeExec, runningContainer } from "./docker.ts";
import { ignoringFound, sinceWhen } from "./found.ts";
import type { TutorServerInputs as Inputs, TutorServerOutputs as Outputs } from "./tutorServer.ts";

/** The service of Tutor's Compose project that is the LMS. */
const LMS = "lms";

const schema = z.strictObject({
    tutor: z.string().min(1, "must not be empty"),
    project: z.string().min(1, "must not be empty"),
    found: z.string(),
    since: z.string(),
    image: z.string(),
    packages: z.array(z.string()).readonly(),
});

/** The operations of `TutorServer`, by the commands `tutor` and `docker`. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    defaults: sinceWhen,
    equal: ignoringFound,
    replaceOn: ["project"],
    local: ["tutor"],

    create: async (inputs) => ({ id: inputs.project, outs: await start(inputs) }),

    async read(_id, props) {
        return (await runningContainer(props.project, LMS)) === "" ? undefined : props;
    },

    update: (_id, _olds, news) => start(news),

    delete: () => Promise.resolve(),
});

async function start(inputs: Inputs): Promise<Outputs> {
    const { tutor, project, packages } = inputs;
    await runCommand(tutor, ["dev", "start", "--detach"], { show: true });
    if (packages.length > 0) {
        await composeExec(project, LMS, ["pip", "install", ...packages], { show: true });
        await runCommand(tutor, ["dev", "restart", LMS], { show: true });
    }
    if ((await runningContainer(project, LMS)) === "") {
        throw new ProviderError(`The container of the LMS has ended again. See why: ${tutor} dev logs ${LMS}`);
    }
    return inputs;
}
