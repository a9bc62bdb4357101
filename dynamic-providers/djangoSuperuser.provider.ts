import { readFileSync } from "node:fs";
import { z } from "zod";
import { defineProvider } from "./crud.ts";
import { ProviderError } from "./django-admin/errors.ts";
import { forgetRefusals } from "./django-admin/session.ts";
import { composeExec, runningContainer } from "./docker.ts";
import type { DjangoSuperuserInputs as Inputs, DjangoSuperuserOutputs as Outputs } from "./djangoSuperuser.ts";

const schema = z.strictObject({
    project: z.string().min(1, "must not be empty"),
    service: z.string().min(1, "must not be empty"),
    manage: z.array(z.string()).min(1, "must not be empty").readonly(),
    username: z.string().min(1, "must not be empty"),
    email: z.email("must be an e-mail address"),
    password: z.string().min(1, "must not be empty"),
    owner: z.string().min(1, "must not be empty"),
});

/** What the program in the container answers. */
const answer = z.object({
    /** `made` here, `found` as it should be, `stranger` with another password, or `missing`. */
    state: z.enum(["made", "found", "stranger", "missing"]),
});
type State = z.infer<typeof answer>["state"];

/** The operations of `DjangoSuperuser`, by `docker compose exec`. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    replaceOn: ["project", "service", "username"],
    local: ["manage"],

    async create(inputs) {
        const state = await ensure(inputs);
        await forgetRefusals();
        return { id: inputs.username, outs: { ...inputs, isMadeHere: state === "made" } };
    },

    async read(_id, props) {
        // Without a container there is nobody to ask, and nothing to repair before it runs again.
        if ((await runningContainer(props.project, props.service)) === "") {
            return props;
        }
        const state = await ask("look", props);
        return state === "made" || state === "found" ? props : undefined;
    },

    async update(_id, olds, news) {
        const state = olds.isMadeHere ? await ask("reset", news) : await ensure(news);
        await forgetRefusals();
        return { ...news, isMadeHere: state === "made" };
    },

    async delete(_id, props) {
        if (props.isMadeHere && (await runningContainer(props.project, props.service)) !== "") {
            await ask("remove", props);
        }
    },
});

async function ensure(inputs: Inputs): Promise<State> {
    const state = await ask("ensure", inputs);
    if (state === "stranger") {
        throw new ProviderError(
            `${inputs.service} has a user "${inputs.username}" already, who is no superuser or has another password. ` +
                "Tell this stack the right one (pulumi config set --secret lmsPassword or applicationPassword), or let it " +
                "make a user of its own: pulumi config set lmsUsername or applicationUsername to a name that is free.",
        );
    }
    return state;
}

/** Runs `superuser.py` in the server's Django; the password goes in by standard input. */
async function ask(task: "ensure" | "look" | "reset" | "remove", inputs: Inputs): Promise<State> {
    const { project, service, manage, username, email, password, owner } = inputs;
    const program = readFileSync(new URL("superuser.py", import.meta.url), "utf8");
    const input = JSON.stringify({ task, username, email, password, owner });
    const output = await composeExec(project, service, [...manage, "shell", "-c", program], { input });
    // Settings may print lines of their own before.
    return answer.parse(JSON.parse(output.split("\n").at(-1) ?? "")).state;
}
