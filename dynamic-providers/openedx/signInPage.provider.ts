import type { AxiosResponse } from "axios";
import { defineProvider } from "../crud.ts";
import { ProviderError, UnreachableError } from "../errors.ts";
import { httpClient } from "./django-admin/http.ts";
import { isSignInPage, signInPath } from "./django-admin/signIn.ts";
import { signInPage, type SignInPageInputs as Inputs, type SignInPageOutputs as Outputs } from "./signInPage.ts";
import { waitUntil } from "../waiting.ts";

/** The operations of `SignInPage`, over HTTP. */
export const provider = defineProvider<Inputs, Outputs>(signInPage, {
    async create(inputs) {
        await waitForPage(inputs);
        return { id: inputs.baseUrl, outs: inputs };
    },

    async read(_id, props) {
        try {
            return isSignInPage(props.kind, await load(props)) ? props : undefined;
        } catch (error) {
            if (error instanceof UnreachableError) {
                return undefined;
            }
            throw error;
        }
    },

    async update(_id, _olds, news) {
        await waitForPage(news);
        return news;
    },

    delete: () => Promise.resolve(),
});

async function waitForPage(inputs: Inputs): Promise<void> {
    await waitUntil(async () => {
        const page = await load(inputs);
        if (!isSignInPage(inputs.kind, page)) {
            throw new ProviderError(
                `${inputs.baseUrl}${signInPath(inputs.kind)} answers with status ${page.status}, not with the sign-in ` +
                    "page. See the logs of its containers.",
            );
        }
    }, inputs.patienceSeconds);
}

function load({ kind, baseUrl }: Inputs): Promise<AxiosResponse<string>> {
    return httpClient(baseUrl.replace(/\/+$/, "")).send({ method: "GET", path: signInPath(kind) });
}
