import type { Connection } from "../../dynamic-providers/openedx/connection.ts";
import type { CompleteProvider } from "../../dynamic-providers/crud.ts";
import { TIMEOUT_SECONDS } from "../../dynamic-providers/openedx/django-admin/http.ts";
import type { Server } from "../../sandbox/sandbox.ts";

/** How the providers connect to a sandbox server, or to a proxy in front of it. */
export function connectionTo(server: Server, baseUrl = server.baseUrl): Connection {
    return {
        kind: server.signIn,
        baseUrl,
        username: server.email,
        password: server.password,
        ...djangoUsername(server),
    };
}

/** Django's own form takes the username; the LMS takes the email address. */
function djangoUsername(server: Server): Partial<Connection> {
    return server.signIn === "django" ? { username: server.username } : {};
}

/** The inputs that `check` returns for a caller's arguments; fails on check failures. */
export async function checked<Inputs extends object, Outputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    args: Partial<Inputs>,
    olds: Partial<Inputs> = {},
): Promise<Inputs> {
    const { inputs, failures } = await provider.check(olds, args as Inputs);
    if (failures.length > 0) {
        throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
    }
    return inputs;
}

/** What `refresh` would store, and whether the next `up` would see a difference from the given inputs. */
export async function refreshed<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    id: string,
    props: Outputs,
    inputs: Inputs,
): Promise<{ props: Outputs | undefined; drifted: boolean }> {
    const truth = await provider.read(id, props);
    const drifted = truth.props === undefined || (await provider.diff(id, truth.props, inputs)).changes;
    return { props: truth.props, drifted };
}

/** Does something while servers have little time to respond: for one that never does. */
export async function impatiently<Result>(act: () => Promise<Result>, seconds = 0.1): Promise<Result> {
    const before = process.env[TIMEOUT_SECONDS];
    process.env[TIMEOUT_SECONDS] = String(seconds);
    try {
        return await act();
    } finally {
        if (before === undefined) {
            Reflect.deleteProperty(process.env, TIMEOUT_SECONDS);
        } else {
            process.env[TIMEOUT_SECONDS] = before;
        }
    }
}
