import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import type { z } from "zod";
import type { Connection } from "./openedx/connection.ts";
import { retryOnceIfLost, PartlyCreatedError, ProviderError, RefusedError, UnreachableError } from "./errors.ts";
import { driftedSecrets } from "./openedx/driftedSecrets.ts";
import { pulumiCommand } from "./pulumiCommand.ts";
import { refusalInPlan } from "./openedx/planCheck.ts";
import { defaultsOf, PLAN, type Plan, propertiesThat, type ResourceType, withPresentNames } from "./resourceType.ts";

/** The placeholder that the engine passes in a preview for a value that is not known yet, whatever its type. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A resource as it is on the server. */
export interface Created<Outputs> {
    /** The id by which `read`, `update`, and `delete` find it. */
    readonly id: string;
    readonly outs: Outputs;
}

/** For each input: whether two values mean the same thing. */
export type Equalities<Inputs> = { readonly [Key in keyof Inputs]?: (one: Inputs[Key], other: Inputs[Key]) => boolean };

/** What sets one resource type apart; {@link defineProvider} adds what they all share. */
export interface Operations<Inputs extends object, Outputs extends Inputs> {
    /** Values for omitted inputs that depend on other inputs or on the old ones. */
    defaults?(inputs: Partial<Inputs>, olds: Partial<Inputs>): Partial<Inputs>;
    /** More failures, for inputs that are valid one by one, given the old inputs. */
    faults?(inputs: Partial<Inputs>, olds: Partial<Inputs>): dynamic.CheckFailure[];
    /** Inputs whose change means a new object given this object's state, besides those that always do. */
    replaces?(olds: Outputs): readonly (keyof Inputs & string)[];
    /** Where values that look different mean the same thing to the server. */
    equal?: Equalities<Inputs>;
    /** The object's name in messages. If defined, `read` reports which secret inputs drifted, since Pulumi hides them. */
    title?(props: Outputs): string;
    /**
     * Whether something outside changed since the last operation, so that an update is due although no input changed. Every
     * diff calls this, in previews too: it must be quick and change nothing.
     */
    isOutdated?(props: Outputs): Promise<boolean>;
    /** Creates the object, or picks up what an interrupted run left. Looks first. */
    create(inputs: Inputs): Promise<Created<Outputs>>;
    /**
     * Throws the AlreadyExistsError that `create` would throw, and changes nothing: the plan of a new resource reports it. Only
     * the connection is sure to be known.
     */
    expectCreatable?(inputs: Inputs): Promise<void>;
    /** The object as it is on the server, or `undefined` if it is gone. */
    read(id: string, props: Outputs): Promise<Outputs | undefined>;
    /** Changes the object in place and returns all outputs. */
    update(id: string, olds: Outputs, news: Inputs): Promise<Outputs>;
    /** Deletes the object; no error if it is already gone. */
    delete(id: string, props: Outputs): Promise<void>;
    /**
     * Whether the server at another address has the very object in the state, and so is the same server under another name.
     * If not defined, another address means another server, and the object is replaced.
     */
    isThere?(id: string, olds: Outputs, connection: Connection): Promise<boolean>;
}

/** A dynamic provider with every operation the engine may call, typed more strictly than Pulumi's own. */
export interface CompleteProvider<Inputs, Outputs> {
    check(
        olds: Partial<Inputs> | undefined,
        news: Inputs,
    ): Promise<{ inputs: Inputs; failures: dynamic.CheckFailure[] }>;
    diff(id: string, olds: Outputs, news: Inputs): Promise<{ changes: boolean; replaces: string[] }>;
    create(inputs: Inputs): Promise<Created<Outputs>>;
    /** The id is `""` if the object is gone. */
    read(id: string, props: Outputs): Promise<{ id: string; props?: Outputs; inputs?: Inputs }>;
    update(id: string, olds: Outputs, news: Inputs): Promise<{ outs: Outputs }>;
    delete(id: string, props: Outputs): Promise<void>;
}

/**
 * Builds the provider for one resource type.
 *
 * @param type - its definition, used to check, complete, and compare the inputs.
 * @param operations - what it does on its server.
 */
export function defineProvider<Inputs extends object, Outputs extends Inputs>(
    type: ResourceType,
    operations: Operations<Inputs, Outputs>,
): CompleteProvider<Inputs, Outputs> {
    const keys = Object.keys(type.inputs.shape) as (keyof Inputs & string)[];
    const defaults = defaultsOf(type.inputs);
    const secrets = propertiesThat("secret", type.inputs);
    const alwaysReplacing = propertiesThat("replaces", type.inputs);
    const onCreate = propertiesThat("onCreate", type.inputs);
    const compared = keys.filter((key) => !onCreate.includes(key));
    const local = ["connection", ...propertiesThat("local", type.inputs)];
    const shape = { ...type.inputs.shape, ...type.outputs.shape };
    const presentOf = <Props extends object>(props: Props): Props => withPresentNames(withoutProvider(props), shape);
    // An input that was added in a newer version of this program had its default before.
    const completed = (inputs: Partial<Inputs>, olds = inputs): Partial<Inputs> => ({
        ...defaults,
        ...operations.defaults?.(inputs, olds),
        ...inputs,
    });
    const changedKeys = (olds: Partial<Inputs>, news: Partial<Inputs>) => {
        const [before, after] = [completed(olds), completed(news)];
        return compared.filter((key) => !isSame(key, before[key], after[key]));
    };
    const isSame = <Key extends keyof Inputs>(
        key: Key,
        one: Inputs[Key] | undefined,
        other: Inputs[Key] | undefined,
    ) => {
        const equal = operations.equal?.[key] ?? (key === "connection" ? sameConnection : undefined);
        return (
            isDeepStrictEqual(one, other) ||
            (equal !== undefined && isKnown(one) && isKnown(other) && equal(one, other))
        );
    };

    return {
        async check(olds, news) {
            const { [PLAN]: plan } = news as { [PLAN]?: Plan };
            const given = without(news, ["__provider", PLAN]) as Partial<Inputs>;
            const former = presentOf(olds ?? {});
            const inputs = completed(given, former);
            const failures = [...schemaFailures(type.inputs, inputs), ...(operations.faults?.(inputs, former) ?? [])];
            const isNew = Object.keys(olds ?? {}).length === 0;
            if (plan !== undefined && isNew && failures.length === 0) {
                failures.push(...(await planFailures(type, operations, plan, inputs as Inputs)));
            }
            return { inputs: inputs as Inputs, failures };
        },
        // On refresh, the engine calls this with the sides exchanged: either may have former names.
        async diff(id, olds, news) {
            const [former, present] = [presentOf(olds), presentOf(news)];
            const changed = changedKeys(former, present);
            const replacing: readonly string[] = [...alwaysReplacing, ...(operations.replaces?.(former) ?? [])];
            const replaces = changed.filter((key) => replacing.includes(key));
            if (changed.includes("connection" as keyof Inputs & string) && isOtherAddress(former, present)) {
                const isSameServer = await isThere(operations, id, former, present);
                replaces.push(...(isSameServer ? [] : ["connection" as keyof Inputs & string]));
            }
            const changes = changed.length > 0 || (await operations.isOutdated?.(former)) === true;
            return { changes, replaces };
        },
        create: (inputs) =>
            withProviderIfPartly(inputs, () => retryOnceIfLost(() => operations.create(withoutProvider(inputs)))),
        async read(id, props) {
            const stored = presentOf(props);
            const truth = await readUnlessShut(stored, () => operations.read(id, stored));
            warnOfDriftedSecrets(secrets, operations, stored, truth);
            return truth === undefined
                ? { id: "" }
                : { id, props: truth, inputs: pick(truth, keys) as unknown as Inputs };
        },
        async update(id, olds, news) {
            const former = presentOf(olds);
            const inputs = withoutProvider(news);
            const isLocal = changedKeys(former, inputs).every((key) => local.includes(key));
            if (isLocal && (await operations.isOutdated?.(former)) !== true) {
                // Inputs that are no longer in the program must not come back from the state.
                return { outs: { ...without(former, keys), ...inputs } as Outputs };
            }
            return withProviderIfPartly(news, async () => ({
                outs: await retryOnceIfLost(() => operations.update(id, former, inputs)),
            }));
        },
        delete(id, props) {
            const stored = presentOf(props);
            return deleteUnlessGone(stored, () => retryOnceIfLost(() => operations.delete(id, stored)));
        },
    };
}

/** Pulumi's own diff leaves secrets out. */
function warnOfDriftedSecrets<Inputs extends object, Outputs extends Inputs>(
    secrets: readonly string[],
    { title }: Pick<Operations<Inputs, Outputs>, "title">,
    stored: Outputs,
    truth: Outputs | undefined,
): void {
    const drifted = title && truth ? driftedSecrets(stored, truth, secrets) : [];
    if (title && drifted.length > 0) {
        console.warn(`${title(stored)}: changed since the last run (secret): ${drifted.join(", ")}`);
    }
}

/** The environment variable that lets `destroy` continue without servers that are gone. */
export const DELETE_UNREACHABLE = "OPENEDX_DELETE_UNREACHABLE";

/**
 * Deletes, or treats what is on an unreachable server as deleted: if the user said so, or if the stack itself runs the
 * server, in which case the server may also refuse the superuser. A server that answers late or with an error still exists.
 */
async function deleteUnlessGone(props: object, operation: () => Promise<void>): Promise<void> {
    try {
        await operation();
    } catch (error) {
        if (error instanceof UnreachableError && error.mayHaveSucceeded) {
            throw (props as { connection?: Connection }).connection?.managedByStack === true
                ? new ProviderError(`${error.message} If it never recovers, stop its containers and destroy again.`)
                : error;
        }
        if (!isOwnServerShut(error, props)) {
            if (!(error instanceof UnreachableError)) {
                throw error;
            }
            if (process.env[DELETE_UNREACHABLE] !== "true") {
                throw new ProviderError(
                    `${error.message} If it is gone for good: ${DELETE_UNREACHABLE}=true ${pulumiCommand("destroy")}`,
                );
            }
        }
        console.warn(`${error.message} Treating its resources as deleted.`);
    }
}

/**
 * Reads, or returns the state of an object on one of this stack's servers while that server lets nobody in: its containers, or
 * the superuser in its database, have to be repaired first.
 */
async function readUnlessShut<Outputs extends object>(
    stored: Outputs,
    read: () => Promise<Outputs | undefined>,
): Promise<Outputs | undefined> {
    try {
        return await read();
    } catch (error) {
        if (isOwnServerShut(error, stored, "startedByStack")) {
            console.warn(`${error.message} Leaving its resources in the state as they are.`);
            return stored;
        }
        throw error;
    }
}

/** Compares lists whose order and duplicates don't matter to the server. */
export function sameMembers(one: readonly string[], other: readonly string[]): boolean {
    return isDeepStrictEqual([...new Set(one)].sort(), [...new Set(other)].sort());
}

/** Ignores `startedByStack`, which state from earlier versions lacks, and `configured`: they change nothing on the server. */
function sameConnection(one: unknown, other: unknown): boolean {
    const compared = (connection: unknown) => without(connection as Connection, ["startedByStack", "configured"]);
    return isDeepStrictEqual(compared(one), compared(other));
}

function isKnown<Value>(value: Value | undefined): value is Value {
    return value !== undefined && value !== UNKNOWN;
}

/** The engine adds the serialized provider to the properties; it isn't ours. */
function withoutProvider<Props extends object>(props: Props): Props {
    return without(props, ["__provider"]) as Props;
}

function without(props: object, keys: readonly string[]): object {
    return Object.fromEntries(Object.entries(props).filter(([key]) => !keys.includes(key)));
}

/** The properties of a partly created object need the serialized provider too, and nobody else adds it. */
async function withProviderIfPartly<Result>(props: object, operation: () => Promise<Result>): Promise<Result> {
    try {
        return await operation();
    } catch (error) {
        if (error instanceof PartlyCreatedError && "__provider" in props) {
            throw new PartlyCreatedError(
                error.id,
                { ...error.properties, __provider: props.__provider },
                error.message,
            );
        }
        throw error;
    }
}

/**
 * Whether the server in the new inputs has the object in the state. A server that the stack has yet to start, or whose
 * password is still unknown in a preview, counts as another server.
 *
 * @throws ProviderError if any other server can't be reached: nothing is replaced on a guess.
 */
async function isThere<Inputs extends object, Outputs extends Inputs>(
    operations: Operations<Inputs, Outputs>,
    id: string,
    olds: Outputs,
    news: Inputs,
): Promise<boolean> {
    const connection = knownConnection(news);
    if (operations.isThere === undefined || connection === undefined) {
        return false;
    }
    try {
        return await operations.isThere(id, olds, connection);
    } catch (error) {
        if (isOwnServerShut(error, news, "startedByStack")) {
            return false;
        }
        throw error;
    }
}

/** What `create` would refuse, if that can be seen by now. */
async function planFailures<Inputs extends object, Outputs extends Inputs>(
    type: ResourceType,
    operations: Operations<Inputs, Outputs>,
    plan: Plan,
    inputs: Inputs,
): Promise<dynamic.CheckFailure[]> {
    const connection = knownConnection(inputs);
    if (operations.expectCreatable === undefined || connection === undefined) {
        return [];
    }
    const look = async () => operations.expectCreatable?.(inputs);
    const reason = await refusalInPlan(type.name, plan, connection, look);
    return reason === undefined ? [] : [{ property: "", reason }];
}

/** The connection, unless a part of it is still unknown in a preview. */
function knownConnection(inputs: object): Connection | undefined {
    const { connection } = inputs as { connection?: Connection | typeof UNKNOWN };
    return typeof connection === "object" && !Object.values(connection).includes(UNKNOWN) ? connection : undefined;
}

function pick<Props extends object>(props: Props, keys: readonly (keyof Props)[]): Partial<Props> {
    return Object.fromEntries(
        keys.filter((key) => props[key] !== undefined).map((key) => [key, props[key]]),
    ) as unknown as Partial<Props>;
}

/** The schema's messages by field. Values unknown in a preview are checked once they are known. */
function schemaFailures(schema: z.ZodType, inputs: object): dynamic.CheckFailure[] {
    const { error } = schema.safeParse(inputs);
    return (error?.issues ?? [])
        .filter(({ path }) => valueAt(inputs, path) !== UNKNOWN)
        .map(({ path, message }) => ({ property: path.join("."), reason: message }));
}

/** The value at a path, or the unknown value that stands for everything below it. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>(
        (within, key) =>
            within === UNKNOWN ? UNKNOWN : (within as Partial<Record<PropertyKey, unknown>> | undefined)?.[key],
        value,
    );
}

/**
 * Whether a server that the stack itself runs, or starts (`startedByStack`), did not answer, or refused the superuser that the
 * stack created there.
 */
function isOwnServerShut(error: unknown, props: object, flag?: "startedByStack"): error is ProviderError {
    const { connection } = props as { connection?: Connection };
    const managedByStack = connection?.managedByStack === true || (flag !== undefined && connection?.[flag] === true);
    return managedByStack && (error instanceof UnreachableError || error instanceof RefusedError);
}

function isOtherAddress(olds: object, news: object): boolean {
    const server = (props: object) => {
        // The whole connection is unknown while the engine works out what to delete before something else is replaced.
        const { connection } = props as { connection?: Connection | typeof UNKNOWN };
        return typeof connection === "object"
            ? [connection.kind, connection.baseUrl.replace(/\/+$/, "")]
            : [connection];
    };
    return !isDeepStrictEqual(server(olds), server(news));
}
