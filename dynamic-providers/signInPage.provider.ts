import { z } from "zod";
import { connectionSchema, defineProvider } from "./crud.ts";
import { ProviderError, UnreachableError } from "./django-admin/errors.ts";
import { httpClient } from "./django-admin/http.ts";
import { signInPath } from "./django-admin/signIn.ts";
import type { SignInPageInputs as Inputs, SignInPageOutputs as Outputs } from "./signInPage.ts";
import { waitUntil } from "./waiting.ts";

const schema = z.strictObject({
    kind: connectionSchema.shape.kind,
    baseUrl: connectionSchema.shape.baseUrl,
    servedBy: z.string(),
    patienceSeconds: z.number().min(0, "must not be negative"),
});

/** The operations of `SignInPage`, over HTTP. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    defaults: () => ({ patienceSeconds: 900 }),
    replaceOn: ["baseUrl", "kind"],
    local: ["patienceSeconds"],

    async create(inputs) {
        await waitForPage(inputs);
        return { id: inputs.baseUrl, outs: inputs };
    },

    async read(_id, props) {
        try {
            return (await statusOf(props)) === 200 ? props : undefined;
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
        const status = await statusOf(inputs);
        if (status !== 200) {
            throw new ProviderError(
                `${inputs.baseUrl}${signInPath(inputs.kind)} answers with status ${status}, not with the sign-in page. ` +
                    "See the logs of its containers.",
            );
        }
    }, inputs.patienceSeconds);
}

async function statusOf({ kind, baseUrl }: Inputs): Promise<number> {
    const path = signInPath(kind);
    return (await httpClient(baseUrl.replace(/\/+$/, "")).send({ method: "GET", path })).status;
}
