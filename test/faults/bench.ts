import { isDeepStrictEqual } from "node:util";
import type { ApplicationName } from "../../config/profiles.ts";
import { forgetSessions } from "../../dynamic-providers/django-admin/session.ts";
import type { Server } from "../../sandbox/sandbox.ts";
import { type CountingProxy, startCountingProxy } from "../support/countingProxy.ts";
import { EngineRun, type Outcome, type StackState } from "../support/engine.ts";
import { startServers } from "../support/sandbox.ts";
import { sandboxConfig, sandboxServer } from "../support/sandboxStack.ts";
import { type Command, commands, estrange, up, noState } from "./commands.ts";
import { type Kind, nameOf, type RequestName } from "./kinds.ts";
import { type Program, recordProgram } from "./program.ts";
import {
    type Content,
    contentOf,
    endSessions,
    restoreSnapshot,
    rowById,
    type Snapshot,
    takeSnapshot,
} from "./servers.ts";

/** How a run ended that met a fault. */
export type Verdict =
    /** As an undisturbed run does. */
    | "right at once"
    /** With an error, or unlike an undisturbed run; the next run of the same command made it right. */
    | "right after the next run"
    /** With an error, and the next run says an error too. */
    | "error and told"
    /** Unlike an undisturbed run, and nobody says so. */
    | "wrong"
    /** The run never made that request. */
    | "not met";

/** One fault at one request of one command. */
export interface Case {
    readonly command: Command;
    readonly request: RequestName;
    readonly kind: Kind;
}

/** What came of a case. */
export interface Result {
    readonly verdict: Verdict;
    /** What the runs said, and where servers or state differ. */
    readonly details: readonly string[];
}

/** Servers, a stack on them, and what an undisturbed run of each command makes of both. */
export interface Bench {
    /** The requests of an undisturbed run, in their order. */
    readonly requestsOf: (command: Command) => readonly RequestName[];
    /** Runs a command with a fault, then again without, and compares the end with that of an undisturbed run. */
    readonly try: (of: Case) => Promise<Result>;
    readonly stop: () => Promise<void>;
}

/** Where a command begins. */
interface Beginning {
    readonly snapshot: Snapshot;
    readonly state: StackState;
}

/** Servers and state, in a form in which two of them can be compared. */
interface End {
    readonly content: Content;
    readonly state: Readonly<Record<string, unknown>>;
}

const MODULE_TABLES: Readonly<Record<string, string>> = {
    OAuthApplication: "oauth2_provider_application",
    DjangoUser: "auth_user",
    AccessToken: "oauth2_provider_accesstoken",
    Site: "django_site",
};

const CONFIGURATIONS = "third_party_auth_oauth2providerconfig";

/** Starts the servers of a profile behind proxies, and runs every command once undisturbed. */
export async function makeBench(application: ApplicationName): Promise<Bench> {
    // Thousands of sign-ins: without limit, and without the time that a hash takes.
    Object.assign(process.env, { SANDBOX_RATELIMIT: "0", SANDBOX_LOCKOUT: "0", SANDBOX_FAST_HASHES: "1" });
    // A hanging request is given up soon.
    process.env["OPENEDX_TIMEOUT_SECONDS"] = "3";
    const name = sandboxServer(application);
    const sandbox = await startServers(["lms", "mitxonline", "xpro"]);
    const { lms, [name]: server } = sandbox;
    const both: readonly Server[] = [lms, server];
    const proxies = { lms: await startCountingProxy(lms), server: await startCountingProxy(server) };
    const proxyOf = (of: Server): CountingProxy => (of === lms ? proxies.lms : proxies.server);
    const config = {
        ...sandboxConfig(application, sandbox),
        lmsUrl: proxyOf(lms).baseUrl,
        applicationAdminUrl: proxyOf(server).baseUrl,
        platform: "linux",
    };
    const programs = {
        usual: await recordProgram(config),
        changed: await recordProgram({ ...config, applicationGateway: "127.0.0.2", tokenLifetimeDays: "100" }),
        adopting: await recordProgram({ ...config, adopt: "true" }),
    };

    const run = async (command: Pick<Command, "run">, program: Program, state: StackState): Promise<Outcome> => {
        forgetSessions();
        return command.run(new EngineRun(program.providerOf, state), program);
    };
    const undisturbed = async (command: Pick<Command, "run">, program: Program, state: StackState) => {
        const outcome = await run(command, program, state);
        if (outcome.errors.length > 0) {
            throw new Error(`An undisturbed run fails:\n${outcome.errors.join("\n")}`);
        }
        return outcome.state;
    };
    const endOf = async (state: StackState, salt: string): Promise<End> => {
        const secrets = ["application-client-secret", "open-edx-client-secret", "service-worker-password"];
        const content = await contentOf(both, [...secrets.map((secret) => `${secret}-${salt}-`), "edx", "admin"]);
        const described = Object.fromEntries([...state].map(([key, value]) => [key, describe(key, value)]));
        return JSON.parse(JSON.stringify({ content, state: described }).replaceAll(`-${salt}-`, "-")) as End;
    };
    const describe = (
        key: string,
        { id, inputs, outputs, isPartial }: StackState extends ReadonlyMap<string, infer State> ? State : never,
    ) => {
        const [type = "", resource = ""] = key.split(" ");
        const table = MODULE_TABLES[type];
        const of = resource === "edx-oauth-app" ? server : lms;
        const rows = outputs as { rowId?: string | null; formerRowId?: string | null; expires?: string };
        const row = (rowId: string | null | undefined) =>
            typeof rowId === "string" ? (rowById(lms, CONFIGURATIONS, rowId) ?? "gone") : rowId;
        return {
            row: table === undefined ? id : (rowById(of, table, id) ?? "gone"),
            inputs: { ...inputs, expires: (inputs as typeof rows).expires?.slice(0, 10) },
            outputs: {
                ...outputs,
                rowId: row(rows.rowId),
                formerRowId: row(rows.formerRowId),
                expires: rows.expires?.slice(0, 10),
            },
            isPartial,
        };
    };

    // What a stack can begin with. A stack that is made, and then somebody else's, is what was made by hand.
    const empty = { snapshot: await takeSnapshot(both), state: noState };
    const made = { state: await undisturbed(up, programs.usual, noState), snapshot: await takeSnapshot(both) };
    estrange({ lms, application: server });
    const strangers = {
        snapshot: { ...(await takeSnapshot(both)), envFile: empty.snapshot.envFile },
        state: noState,
    };
    await restoreSnapshot(both, strangers.snapshot);
    const adopted = { state: await undisturbed(up, programs.adopting, noState), snapshot: await takeSnapshot(both) };
    const beginnings: Record<Command["begins"], Beginning> = { empty, made, "with strangers": strangers, adopted };

    const baselines = new Map<Command, { beginning: Beginning; requests: RequestName[]; end: End }>();
    for (const command of commands) {
        const begins = beginnings[command.begins];
        await restoreSnapshot(both, begins.snapshot);
        command.before?.({ lms, application: server });
        const beginning = { ...begins, snapshot: await takeSnapshot(both) };
        const requests: RequestName[] = [];
        watch((request) => {
            requests.push(request);
            return undefined;
        });
        const state = await undisturbed(command, programs[command.program], begins.state);
        baselines.set(command, { beginning, requests, end: await endOf(state, "0") });
    }

    /** Calls for each request; what is returned is done to it. */
    function watch(
        onRequest: (request: RequestName, proxy: CountingProxy, of: Server) => ReturnType<Kind["apply"]>,
    ): void {
        const seen = new Map<string, number>();
        for (const of of both) {
            const proxy = proxyOf(of);
            proxy.fault = (request) => {
                const key = `${of.name} ${nameOf(request)}`;
                const occurrence = (seen.get(key) ?? 0) + 1;
                seen.set(key, occurrence);
                return onRequest({ server: of.name, name: nameOf(request), occurrence }, proxy, of);
            };
        }
    }

    const baselineOf = (command: Command) => {
        const baseline = baselines.get(command);
        if (baseline === undefined) {
            throw new Error(`There is no command ${command.title}.`);
        }
        return baseline;
    };

    let cases = 0;
    return {
        requestsOf: (command) => baselineOf(command).requests,
        async try({ command, request, kind }) {
            cases++;
            const { beginning, end } = baselineOf(command);
            // A stack that begins with nothing gets random values of its own, as every new stack does.
            const salt = beginning.state === noState ? `s${cases}` : "0";
            const program = programs[command.program].withSalt(salt);
            await restoreSnapshot(both, beginning.snapshot);
            const meeting = { isMet: false };
            watch((one, proxy, of) => {
                if (meeting.isMet || !isDeepStrictEqual(one, request)) {
                    return undefined;
                }
                meeting.isMet = true;
                return kind.apply({
                    proxy,
                    server: of.name,
                    endSessions: () => {
                        endSessions(of);
                    },
                });
            });
            const first = await run(command, program, beginning.state);
            watch(() => undefined);
            await Promise.all(both.map((of) => proxyOf(of).resume()));
            if (!meeting.isMet) {
                return { verdict: "not met", details: [] };
            }
            const firstDifferences = differences(end, await endOf(first.state, salt));
            const details = first.errors.map((error) => `first run: ${error}`);
            if (first.errors.length === 0 && firstDifferences.length === 0) {
                return { verdict: "right at once", details };
            }
            const second = await run(command, program, first.state);
            details.push(...second.errors.map((error) => `next run: ${error}`));
            const left = differences(end, await endOf(second.state, salt));
            if (second.errors.length > 0) {
                return {
                    verdict: first.errors.length > 0 ? "error and told" : "wrong",
                    details: [...details, ...left],
                };
            }
            return left.length === 0
                ? { verdict: "right after the next run", details }
                : { verdict: "wrong", details: [...details, ...left] };
        },
        stop: async () => {
            await Promise.all(both.map((of) => proxyOf(of).stop()));
            await sandbox.stop();
        },
    };
}

/** Where two ends differ, a line each. */
function differences(expected: End, actual: End): string[] {
    const lines = (of: Readonly<Record<string, unknown>>) =>
        new Set(
            Object.entries(of).flatMap(([key, value]) =>
                (Array.isArray(value) ? value : [value]).map((one) => `${key}: ${canonical(one)}`),
            ),
        );
    const [wanted, got] = [expected, actual].map(({ content, state }) => {
        // Repetitions count: a row that is there twice is a difference.
        const counted = Object.fromEntries(
            Object.entries(content).map(([table, rows]) => [`${table} rows`, rows.length]),
        );
        return new Set([...lines(content), ...lines(counted), ...lines(state)]);
    }) as [Set<string>, Set<string>];
    return [
        ...[...wanted].filter((line) => !got.has(line)).map((line) => `missing  ${line}`),
        ...[...got].filter((line) => !wanted.has(line)).map((line) => `too much ${line}`),
    ];
}

/** A value as JSON, whatever the order of its keys. */
function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, part: unknown) =>
        typeof part === "object" && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
            : part,
    );
}
