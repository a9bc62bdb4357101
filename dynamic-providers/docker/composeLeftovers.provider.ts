import {
    composeLeftovers,
    type ComposeLeftoversInputs as Inputs,
    type ComposeLeftoversOutputs as Outputs,
} from "./composeLeftovers.ts";
import { defineProvider } from "../crud.ts";
import { removeProjectContainers } from "./leftovers.ts";

/** The operations of `ComposeLeftovers`, through the `docker` command. */
export const provider = defineProvider<Inputs, Outputs>(composeLeftovers, {
    create: (inputs) => Promise.resolve({ id: inputs.project, outs: inputs }),

    read: (_id, props) => Promise.resolve(props),

    update: (_id, _olds, news) => Promise.resolve(news),

    async delete(_id, { project }) {
        const removed = await removeProjectContainers(project);
        if (removed > 0) {
            console.warn(`Removed containers of ${project} that were created outside the stack: ${removed}.`);
        }
    },
});
