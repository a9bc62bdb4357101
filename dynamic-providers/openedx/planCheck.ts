import { get as getByHttp } from "node:http";
import { get as getByHttps } from "node:https";
import { z } from "zod";
import { answerOf, readJson } from "../command.ts";
import { AlreadyExistsError, ProviderError, RefusedError } from "../errors.ts";
import type { Plan } from "../resourceType.ts";
import type { Connection } from "./connection.ts";
import { timeoutMilliseconds } from "./django-admin/http.ts";
import { lookup } from "./django-admin/lookup.ts";
import { signInPath } from "./django-admin/signIn.ts";

/*
 * A plan reports what `create` would refuse, before anything changes, if the server is up already. If it is not, `create`
 * reports it.
 */

/** Whether each server answers, by its address. */
const answering = new Map<string, Promise<boolean>>();

/**
 * Why `create` would refuse to create a planned resource.
 *
 * @param type - the resource's type, for instance `openedx:DjangoUser`.
 * @param look - throws an AlreadyExistsError if somebody else's object is in the way.
 * @returns the reason; `undefined` if there is none, or none that can be seen yet.
 */
export async function refusalInPlan(
    type: string,
    plan: Plan,
    connection: Connection,
    look: () => Promise<void>,
): Promise<string | undefined> {
    const { baseUrl, managedByStack = false, startedByStack = managedByStack } = connection;
    const isAnswering = answering.get(baseUrl) ?? answersSoon(connection);
    answering.set(baseUrl, isAnswering);
    if (!(await isAnswering)) {
        return undefined;
    }
    try {
        await look();
        return undefined;
    } catch (error) {
        if (error instanceof AlreadyExistsError) {
            return (await isInState(type, plan)) ? undefined : error.message;
        }
        // The password of a server that the stack starts may still have to be set.
        if (error instanceof RefusedError && !startedByStack) {
            return error.message;
        }
        if (error instanceof ProviderError) {
            return undefined;
        }
        throw error;
    }
}

/** Whether a server answers its first request in a sixth of the usual time, and not that it is busy or starting. */
function answersSoon({ kind, baseUrl }: Connection): Promise<boolean> {
    const url = new URL(signInPath(kind), baseUrl);
    const get = url.protocol === "https:" ? getByHttps : getByHttp;
    const signal = AbortSignal.timeout(timeoutMilliseconds() / 6);
    return new Promise((resolve) => {
        get(url, { lookup, signal }, (answer) => {
            answer.destroy();
            resolve((answer.statusCode ?? 0) < 429);
        }).once("error", () => {
            resolve(false);
        });
    });
}

const exported = z.object({ deployment: z.object({ resources: z.array(z.object({ urn: z.string() })).optional() }) });

/**
 * Whether the stack has the resource already. It is then planned anew because it is replaced: the object in the way is its
 * own. If Pulumi can't tell, the answer is yes, and `create` decides.
 */
async function isInState(type: string, { stack, name }: Plan): Promise<boolean> {
    const { failed, stdout } = await answerOf("pulumi", ["stack", "export", "--stack", stack]);
    const { data } = exported.safeParse(failed ? undefined : readJson(stdout));
    return (
        data === undefined ||
        (data.deployment.resources ?? []).some(({ urn }) => urn.endsWith(`pulumi-nodejs:dynamic/${type}::${name}`))
    );
}
