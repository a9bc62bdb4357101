import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { adminSession } from "./django-admin/session.ts";
import { FORM, LIST } from "./oauth2ProviderConfig.provider.ts";
import {
    offeredBackend,
    type OfferedBackendInputs as Inputs,
    type OfferedBackendOutputs as Outputs,
} from "./offeredBackend.ts";
import { pulumiCommand } from "../pulumiCommand.ts";
import { waitUntil } from "../waiting.ts";

/** The operations of `OfferedBackend`, through the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>(offeredBackend, {
    async create(inputs) {
        await waitUntilOffered(inputs);
        return { id: inputs.backendName, outs: inputs };
    },

    read: async (_id, props) => ((await isOffered(props)) ? props : undefined),

    async update(_id, _olds, news) {
        await waitUntilOffered(news);
        return news;
    },

    delete: () => Promise.resolve(),
});

async function isOffered({ connection, backendName }: Inputs): Promise<boolean> {
    const form = await adminSession(connection).newForm(`${LIST}add/`, FORM);
    return form.options("backend_name").has(backendName);
}

async function waitUntilOffered(inputs: Inputs): Promise<void> {
    await waitUntil(async () => {
        if (!(await isOffered(inputs))) {
            throw new ProviderError(
                `${inputs.connection.baseUrl} does not offer the backend ${inputs.backendName}: its settings, or the ` +
                    "package ol-social-auth, are not live. For Tutor: tutor images build openedx-dev, " +
                    `then tutor dev start --detach, then ${pulumiCommand("up")}.`,
            );
        }
    }, inputs.patienceSeconds);
}
