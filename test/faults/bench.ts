import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import axios from "axios";
import type { ApplicationName } from "../../config/profiles.ts";
import { NOTES_FOLDER } from "../../dynamic-providers/formerValues.ts";
import { TIMEOUT_SECONDS } from "../../dynamic-providers/openedx/django-admin/http.ts";
import type { Server } from "../../sandbox/sandbox.ts";
import { type CountingProxy, startCountingProxy } from "../support/countingProxy.ts";
import { startServers } from "../support/sandbox.ts";
import { sandboxConfig, sandboxServer } from "../support/sandboxStack.ts";
import { type Beginning, type Command, commands, estrange, FORMER_SECRET, up } from "./commands.ts";
import { type Engine, modelEngine, type Configurations, type Run, type StateResource } from "./engines.ts";
import { type Kind, nameOf, type RequestName } from "./kinds.ts";
import {
    type Content,
    contentOf,
    endSessions,
    readableFiles,
    restoreSnapshot,
    rowById,
    sessionKeys,
    setPassword,
    takeSnapshot,
} from "./servers.ts";

/** How a run that met a fault ended. */
export type Verdict =
    /** Like an undisturbed run. */
    | "correct at once"
    /** With an error; the next run of the same command fixed it. */
    | "correct after the next run"
    /** With an error, and the next run reports an error too. */
    | "error reported"
    /** Unlike an undisturbed run, without anything reporting it; or with a secret where it can be read. */
    | "wrong"
    /** Without the fault, because the run never made that request: the case proves nothing. */
    | "not injected";

/** One fault at one request of one command. */
export interface Case {
    readonly command: Command;
    readonly request: RequestName;
    readonly kind: Kind;
}

/** The result of a case. */
export interface Result {
    readonly verdict: Verdict;
    /** What the runs printed, and where servers or state differ. */
    readonly details: readonly string[];
}

/** Servers, a stack on them, and how an undisturbed run of each command leaves both, computed on demand. */
export interface Bench {
    /** The requests of an undisturbed run, in order. */
    readonly requestsOf: (command: Command) => Promise<readonly RequestName[]>;
    /** Runs a command with a fault, then again without, and compares the result with that of an undisturbed run. */
    readonly try: (of: Case) => Promise<Result>;
    readonly stop: () => Promise<void>;
}

/** Servers and state, in a comparable form. */
interface End {
    readonly content: Content;
    /** The providers on the LMS's sign-in page: it caches the list for ten minutes. */
    readonly offered: string;
    readonly state: Readonly<Record<string, unknown>>;
}

const MODULE_TABLES: Readonly<Record<string, string>> = {
    OAuthApplication: "oauth2_provider_application",
    DjangoUser: "auth_user",
    AccessToken: "oauth2_provider_accesstoken",
    Site: "django_site",
};

const CONFIGURATIONS = "third_party_auth_oauth2providerconfig";

const ADMIN_PASSWORDS = { lms: "password-of-the-lms-admin", application: "password-of-the-application-admin" };
const KEYCLOAK_SECRET = "client-secret-of-the-realm";

/** How many seconds a server usually has to respond. */
const PATIENCE = 30;

/**
 * Starts a profile's servers behind proxies. Before a command's first case, it runs the command once undisturbed.
 *
 * @param makeEngine - what runs the commands. Default: the model of the engine.
 */
export async function makeBench(
    application: ApplicationName,
    makeEngine: (of: Configurations) => Promise<Engine> = modelEngine,
): Promise<Bench> {
    // Thousands of sign-ins: without rate limits, and without the time that hashing takes.
    Object.assign(process.env, { SANDBOX_RATELIMIT: "0", SANDBOX_LOCKOUT: "0", SANDBOX_FAST_HASHES: "1" });
    const name = sandboxServer(application);
    const sandbox = await startServers(["lms", name]);
    process.env[NOTES_FOLDER] = join(sandbox.stateDirectory, "notes");
    const { lms, [name]: server } = sandbox;
    const both: readonly Server[] = [lms, server];
    setPassword(lms, lms.username, ADMIN_PASSWORDS.lms);
    setPassword(server, server.username, ADMIN_PASSWORDS.application);
    const proxies = { lms: await startCountingProxy(lms), server: await startCountingProxy(server) };
    const proxyOf = (of: Server): CountingProxy => (of === lms ? proxies.lms : proxies.server);
    const config = {
        ...sandboxConfig(application, sandbox),
        lmsUrl: proxyOf(lms).baseUrl,
        lmsPassword: ADMIN_PASSWORDS.lms,
        applicationAdminUrl: proxyOf(server).baseUrl,
        applicationPassword: ADMIN_PASSWORDS.application,
        keycloakClientSecret: KEYCLOAK_SECRET,
    };
    const engine = await makeEngine({
        usual: config,
        changed: { ...config, applicationGateway: "127.0.0.2", tokenLifetimeDays: "100" },
        adopting: { ...config, adopt: "true" },
    });

    const undisturbed = async (command: Pick<Command, "program" | "runs">) => {
        const { errors } = await engine.run(command);
        if (errors.length > 0) {
            throw new Error(`An undisturbed run fails:\n${errors.join("\n")}`);
        }
    };
    const offered = () => offeredBy(lms, new URL(proxies.lms.baseUrl).host);
    const idle = () => Promise.all(both.map((of) => proxyOf(of).idle()));
    const endOf = async (): Promise<End> => {
        // A server may still process a request that the run gave up on.
        await idle();
        const random = await engine.random();
        const content = await contentOf(both, [...random.keys(), ...Object.values(ADMIN_PASSWORDS)]);
        const state = [...(await engine.resources())].map(([key, resource]) => [key, describe(key, resource)]);
        let text = JSON.stringify({ content, offered: await offered(), state: Object.fromEntries(state) as unknown });
        for (const [value, of] of random) {
            text = text.replaceAll(value, of);
        }
        return JSON.parse(text) as End;
    };
    const describe = (key: string, { id, inputs, outputs, isPartial }: StateResource) => {
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

    /** Saves servers and stack; returns a function that restores both. */
    const keep = async () => {
        const [snapshot, restoreState] = [await takeSnapshot(both), await engine.save()];
        return async (envFile = snapshot.envFile) => {
            await idle();
            await restoreSnapshot(both, { ...snapshot, envFile });
            await restoreState();
        };
    };

    // The initial states of a stack. A stack that was created and then estranged stands in for a manual setup.
    await engine.beginAnew();
    const { envFile: noEnvFile } = await takeSnapshot(both);
    const restoreEmpty = await keep();
    const made = once(async () => {
        await beginnings.empty();
        await undisturbed(up);
        return keep();
    });
    const estranged = once(async () => {
        await beginnings.made();
        estrange({ lms, application: server });
        return keep();
    });
    const adopted = once(async () => {
        await beginnings["with strangers"]();
        await undisturbed({ runs: "up", program: "adopting" });
        return keep();
    });
    const beginnings: Record<Beginning, () => Promise<void>> = {
        empty: async () => {
            await restoreEmpty();
            await engine.beginAnew();
        },
        made: async () => (await made())(),
        "with strangers": async () => {
            await (
                await estranged()
            )(noEnvFile);
            await engine.beginAnew();
        },
        adopted: async () => (await adopted())(),
    };

    const begin = async (command: Command) => {
        await beginnings[command.begins]();
        command.before?.({ lms, application: server });
        // From here on, the LMS has the list in its cache.
        await offered();
    };
    const baselines = new Map(
        commands.map((command) => [
            command,
            once(async () => {
                await begin(command);
                const requests: RequestName[] = [];
                watch((request) => {
                    requests.push(request);
                    return undefined;
                });
                await undisturbed(command);
                watch(() => undefined);
                expectRequests(command, requests);
                return { requests, end: await endOf() };
            }),
        ]),
    );
    const baselineOf = (command: Command) => {
        const baseline = baselines.get(command);
        if (baseline === undefined) {
            throw new Error(`There is no command ${command.title}.`);
        }
        return baseline();
    };

    /** Calls back for each request; the fault it returns is applied to the request. */
    function watch(
        onRequest: (request: RequestName, proxy: CountingProxy, of: Server, url: string) => ReturnType<Kind["apply"]>,
    ): void {
        const seen = new Map<string, number>();
        for (const of of both) {
            const proxy = proxyOf(of);
            proxy.fault = (request) => {
                const key = `${of.name} ${nameOf(request)}`;
                const occurrence = (seen.get(key) ?? 0) + 1;
                seen.set(key, occurrence);
                return onRequest({ server: of.name, name: nameOf(request), occurrence }, proxy, of, request.url);
            };
        }
    }

    /** Where a secret that a run handled can be read. */
    const leaks = async (run: Run, urls: readonly string[]): Promise<string[]> => {
        const secrets = new Map([
            ...[...(await engine.random())].filter(([, of]) => of.startsWith("RandomPassword ")),
            ...Object.entries(ADMIN_PASSWORDS).map(([of, value]) => [value, `the admin's password (${of})`] as const),
            [KEYCLOAK_SECRET, "Keycloak's client secret"],
            [FORMER_SECRET, "a former client secret"],
            ...both.flatMap((of) => sessionKeys(of).map((key) => [key, `a session of ${of.name}`] as const)),
        ]);
        const places = {
            "what the run printed": run.printed,
            "the readable part of the state": await engine.readableState(),
            "an address": urls.join("\n"),
        };
        return [
            ...Object.entries(places).flatMap(([place, text]) =>
                [...secrets].filter(([value]) => text.includes(value)).map(([, of]) => `leak: ${of} is in ${place}`),
            ),
            ...(await readableFiles(both)).map((file) => `leak: others may read ${file}`),
        ];
    };

    return {
        requestsOf: async (command) => (await baselineOf(command)).requests,
        async try({ command, request, kind }) {
            const { end, requests } = await baselineOf(command);
            await begin(command);
            const asked: string[] = [];
            const urls: string[] = [];
            const fault = { isInjected: false };
            watch((one, proxy, of, url) => {
                asked.push(`${one.server} ${one.name}`);
                urls.push(url);
                if (fault.isInjected || !isDeepStrictEqual(one, request)) {
                    return undefined;
                }
                fault.isInjected = true;
                return kind.apply({
                    proxy,
                    server: of.name,
                    endSessions: () => {
                        endSessions(of);
                    },
                });
            });
            process.env[TIMEOUT_SECONDS] = String(kind.patience ?? PATIENCE);
            const first = await engine.run(command);
            process.env[TIMEOUT_SECONDS] = String(PATIENCE);
            await Promise.all(both.map((of) => proxyOf(of).resume()));
            if (!fault.isInjected) {
                return { verdict: "not injected", details: ["the run never made that request"] };
            }
            const details = [...first.errors.map((error) => `first run: ${error}`), ...(await leaks(first, urls))];
            const firstDifferences = differences(end, await endOf());
            if (details.length === 0 && firstDifferences.length === 0) {
                // The effect of that request is compared instead: the refreshed list.
                const needed = requests.filter(({ name }) => name !== "GET /api/mfe_context");
                const missing = without(
                    needed.map((one) => `${one.server} ${one.name}`),
                    asked,
                );
                return missing.length === 0
                    ? { verdict: "correct at once", details }
                    : { verdict: "wrong", details: missing.map((one) => `never asked for: ${one}`) };
            }
            urls.length = 0;
            const second = await engine.run(command);
            const left = [...(await leaks(second, urls)), ...differences(end, await endOf())];
            details.push(...second.errors.map((error) => `next run: ${error}`), ...left.map((one) => `left: ${one}`));
            const isSilent = first.errors.length === 0 || details.some((detail) => /^(left: )?leak: /.test(detail));
            if (isSilent || (second.errors.length === 0 && left.length > 0)) {
                return { verdict: "wrong", details: [...firstDifferences.map((one) => `first: ${one}`), ...details] };
            }
            return { verdict: second.errors.length > 0 ? "error reported" : "correct after the next run", details };
        },
        stop: async () => {
            await engine.remove();
            await Promise.all(both.map((of) => proxyOf(of).stop()));
            await sandbox.stop();
        },
    };
}

/** Memoizes a factory: creates the thing on first use. */
function once<Result>(make: () => Promise<Result>): () => Promise<Result> {
    let made: Promise<Result> | undefined;
    return () => (made ??= make());
}

/** Fails if a command did not request everything it must: a provider that is not called meets no fault. */
function expectRequests({ title, asksFor }: Command, requests: readonly RequestName[]): void {
    const asked = new Set(
        requests.map(({ server, name }) => {
            const [, model = ""] = /^\w+ \/admin\/(\w+\/\w+)\//.exec(name) ?? [];
            return `${server === "lms" ? "lms" : "application"} ${model}`;
        }),
    );
    const missing = asksFor.filter((model) => !asked.has(model.replaceAll(/\d+/g, "N")));
    if (missing.length > 0) {
        throw new Error(`"${title}" never asks for ${missing.join(", ")}.`);
    }
}

/** The providers on the LMS's sign-in page, as anybody sees them. */
async function offeredBy(lms: Server, host: string): Promise<string> {
    const { data } = await axios.get<{ contextData: { providers: { id: string }[] } }>(
        `http://127.0.0.1:${lms.port}/api/mfe_context?tpa_hint=oa2-ol-oauth2`,
        { headers: { Host: host } },
    );
    return data.contextData.providers.map(({ id }) => id).join();
}

/** What is left of a list after removing each of the others once. */
function without(list: readonly string[], others: readonly string[]): string[] {
    const left = [...others];
    return list.filter((one) => {
        const index = left.indexOf(one);
        left.splice(index, index < 0 ? 0 : 1);
        return index < 0;
    });
}

/** The differences between two ends, one per line. */
function differences(expected: End, actual: End): string[] {
    const lines = (of: Readonly<Record<string, unknown>>) =>
        new Set(
            Object.entries(of).flatMap(([key, value]) =>
                (Array.isArray(value) ? value : [value]).map((one) => `${key}: ${canonical(one)}`),
            ),
        );
    const [wanted, got] = [expected, actual].map(({ content, offered, state }) => {
        // Duplicates count: a row that appears twice is a difference.
        const counted = Object.fromEntries(
            Object.entries(content).map(([table, rows]) => [`${table} rows`, rows.length]),
        );
        return new Set([...lines(content), ...lines(counted), ...lines(state), `offered: ${offered}`]);
    }) as [Set<string>, Set<string>];
    return [
        ...[...wanted].filter((line) => !got.has(line)).map((line) => `missing  ${line}`),
        ...[...got].filter((line) => !wanted.has(line)).map((line) => `too much ${line}`),
    ];
}

/** A value as JSON, regardless of key order. */
function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, part: unknown) =>
        typeof part === "object" && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
            : part,
    );
}
