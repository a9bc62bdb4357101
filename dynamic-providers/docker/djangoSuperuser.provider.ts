import { readFileSync } from "node:fs";
import { z } from "zod";
import { holdVolumes } from "./anonymousVolumes.ts";
import { lastAnswer, readJson } from "../command.ts";
import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { forgetRefusals } from "../openedx/django-admin/session.ts";
import { composeExec, runningContainer } from "./docker.ts";
import { pulumiCommand } from "../pulumiCommand.ts";
import {
    djangoSuperuser,
    type DjangoSuperuserInputs as Inputs,
    type DjangoSuperuserOutputs as Outputs,
} from "./djangoSuperuser.ts";

/** The answer from the program in the container. */
const answer = z.object({
    /** `created` by this stack, `adopted` as it should be, in `conflict` (another password), or `missing`. */
    state: z.enum(["created", "adopted", "conflict", "missing"]),
    /** An existing user's flags that were off before. */
    former: z.record(z.string(), z.boolean()).optional(),
});
type Answer = z.infer<typeof answer>;

/** The operations of `DjangoSuperuser`, through `docker compose exec`. */
export const provider = defineProvider<Inputs, Outputs>(djangoSuperuser, {
    async create(inputs) {
        const outs = outputs(inputs, await ensure(inputs));
        await forgetRefusals();
        return { id: inputs.username, outs };
    },

    async read(_id, props) {
        // Without a container there is nobody to ask, and nothing to repair until it runs again.
        if ((await runningContainer(props.project, props.service)) === "") {
            return props;
        }
        const { state } = await ask("look", props);
        return state === "created" || state === "adopted" ? props : undefined;
    },

    async update(_id, olds, news) {
        const outs = outputs(news, olds.createdHere ? await ask("reset", news) : await ensure(news), olds.former);
        await forgetRefusals();
        return outs;
    },

    async delete(_id, props) {
        // The containers are deleted next. Version 0.1.0 left it to Docker to remove their anonymous volumes, including
        // databases.
        await holdVolumes(props.project);
        const task = props.createdHere ? "remove" : props.former === undefined ? undefined : "restore";
        if (task !== undefined && (await runningContainer(props.project, props.service)) !== "") {
            await ask(task, props);
        }
    },
});

/** The flags from before the first change win. */
function outputs(inputs: Inputs, { state, former }: Answer, before: Outputs["former"] = {}): Outputs {
    const flags = { ...former, ...before };
    return {
        ...inputs,
        createdHere: state === "created",
        ...(state === "adopted" && Object.keys(flags).length > 0 && { former: flags }),
    };
}

async function ensure(inputs: Inputs): Promise<Answer> {
    const answer = await ask("ensure", inputs);
    if (answer.state === "conflict") {
        throw new ProviderError(
            `${inputs.service} already has a user "${inputs.username}" who is not a superuser or has another password. ` +
                `Set the right password (${pulumiCommand("config set --secret lmsPassword")} or applicationPassword), ` +
                "or an unused user name, and the stack creates that user: " +
                `${pulumiCommand("config set lmsUsername NAME")} or applicationUsername.`,
        );
    }
    return answer;
}

/** Runs `superuser.py` in the server's Django; the password goes in through standard input. */
async function ask(task: "ensure" | "look" | "reset" | "remove" | "restore", props: Inputs | Outputs): Promise<Answer> {
    const { project, service, manage, username, email, password, owner } = props;
    const program = readFileSync(new URL("superuser.py", import.meta.url), "utf8");
    const former = "former" in props ? props.former : {};
    const input = JSON.stringify({ task, username, email, password, owner, former });
    const output = await composeExec(project, service, [...manage, "shell", "-c", program], { input });
    // Settings may print lines of their own, and so may anything that shuts down with the process afterwards.
    const said = lastAnswer(output.split("\n"), (line) => answer.safeParse(readJson(line)).data);
    if (said === undefined) {
        throw new ProviderError(
            `Django in the container of ${service} (${project}) did not say whether it has the user "${username}".`,
        );
    }
    return said;
}
