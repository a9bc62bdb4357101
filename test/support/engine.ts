/**
 * A small model of Pulumi's engine: it calls a provider's operations in the engine's order and stores what the engine
 * stores. `test/e2e/engineOrder.test.ts` and the fault runs on the real engine keep it accurate.
 */
import type { CompleteProvider } from "../../dynamic-providers/crud.ts";
import { UNKNOWN } from "../../dynamic-providers/crud.ts";
import { PLAN, type Plan } from "../../dynamic-providers/resourceType.ts";

/** A resource in the state. */
export interface ResourceState<Inputs extends object = object, Outputs extends object = Inputs> {
    readonly id: string;
    readonly inputs: Inputs;
    readonly outputs: Outputs;
    /** Whether an operation saved it and then failed: the next `up` updates it, changed or not. */
    readonly isPartial: boolean;
}

/** A provider of any resource type. */
export type AnyProvider = CompleteProvider<object, object>;

/** How to apply a change. */
export interface ApplyOptions {
    /** `pulumi up --replace`. Default: false. */
    readonly replace?: boolean;
    /** The resource option `deleteBeforeReplace`. Default: true, as for every resource in this project. */
    readonly deleteBeforeReplace?: boolean;
}

/** What the engine did, in order. */
export type Step = "create" | "update" | "delete" | "same";

/** A failed operation. What it saved is in the state anyway. */
export class OperationError<State> extends Error {
    override readonly name = "OperationError";
    /** The state after it; `undefined` if the resource is not in it. */
    readonly state: State | undefined;

    constructor(error: unknown, state: State | undefined) {
        super(error instanceof Error ? error.message : String(error), { cause: error });
        this.state = state;
    }
}

/** What the program adds in a preview. */
export const plan: Plan = { stack: "test", name: "resource" };

/** The `__provider` text of every resource in this project: without it, the engine finds no provider. */
const PROVIDER = "exports.handler";

/**
 * Brings one resource to what a program asks for, as `pulumi up` does: `check` with the inputs from the state, `diff`
 * with its outputs, then `create`, `update`, or `delete` and `create` in the order that `deleteBeforeReplace` sets.
 *
 * @param state - as the last run left it; `undefined` if there is none.
 * @returns the new state, and the steps.
 * @throws OperationError with the state that a failed operation left.
 */
export async function apply<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    state: ResourceState<Inputs, Outputs> | undefined,
    args: Partial<Inputs>,
    { replace = false, deleteBeforeReplace = true }: ApplyOptions = {},
): Promise<{ state: ResourceState<Inputs, Outputs>; steps: Step[] }> {
    const inputs = await check(provider, state, args);
    if (state === undefined) {
        return { state: await create(provider, inputs, undefined), steps: ["create"] };
    }
    const diff = await provider.diff(state.id, copy(state.outputs), copy(inputs)).catch(keep(state));
    if (replace || diff.replaces.length > 0) {
        if (deleteBeforeReplace) {
            await remove(provider, state);
            return { state: await create(provider, inputs, undefined), steps: ["delete", "create"] };
        }
        const created = await create(provider, inputs, state);
        // If the delete fails, the old resource also stays in the state, as a pending deletion.
        await remove(provider, state).catch(keep(created));
        return { state: created, steps: ["create", "delete"] };
    }
    if (!diff.changes && !state.isPartial) {
        return { state: { ...state, inputs }, steps: ["same"] };
    }
    try {
        const { outs } = await provider.update(state.id, copy(state.outputs), copy(inputs));
        return { state: saved(state.id, inputs, { ...copy(outs), __provider: PROVIDER }, false), steps: ["update"] };
    } catch (error) {
        throw new OperationError(error, partial(error, inputs) ?? state);
    }
}

/**
 * Reads one resource as `pulumi refresh` does: the state takes the outputs and inputs that the provider read.
 *
 * @returns `undefined` if it is gone.
 */
export async function refresh<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    state: ResourceState<Inputs, Outputs>,
): Promise<ResourceState<Inputs, Outputs> | undefined> {
    const { id, props, inputs } = await read(provider, state).catch(keep(state));
    if (id === "" || props === undefined) {
        return undefined;
    }
    const readInputs = inputs === undefined ? state.inputs : { ...copy(inputs), __provider: PROVIDER };
    return saved(id, readInputs, { ...copy(props), __provider: PROVIDER }, false);
}

/** Deletes one resource as `pulumi destroy` does. */
export async function remove<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    state: ResourceState<Inputs, Outputs>,
): Promise<void> {
    try {
        withProvider(state.outputs);
        await provider.delete(state.id, copy(state.outputs));
    } catch (error) {
        throw new OperationError(error, state);
    }
}

/** One resource of a program, from run to run. */
export class ManagedResource<Inputs extends object, Outputs extends Inputs> {
    readonly #provider: CompleteProvider<Inputs, Outputs>;
    #args: Partial<Inputs>;
    #state: ResourceState<Inputs, Outputs> | undefined;

    /**
     * @param args - what the program asks for.
     * @param state - as earlier runs left it. Default: none.
     */
    constructor(
        provider: CompleteProvider<Inputs, Outputs>,
        args: Partial<Inputs>,
        state?: ResourceState<Inputs, Outputs>,
    ) {
        this.#provider = provider;
        this.#args = args;
        this.#state = state;
    }

    /** The resource as the first `pulumi up` creates it. */
    static async up<Inputs extends object, Outputs extends Inputs>(
        provider: CompleteProvider<Inputs, Outputs>,
        args: Partial<Inputs>,
    ): Promise<ManagedResource<Inputs, Outputs>> {
        const resource = new ManagedResource(provider, args);
        await resource.up();
        return resource;
    }

    /** @throws Error if it is not in the state. */
    get state(): ResourceState<Inputs, Outputs> {
        if (this.#state === undefined) {
            throw new Error("The resource is not in the state.");
        }
        return this.#state;
    }

    get id(): string {
        return this.state.id;
    }

    get outputs(): Outputs {
        return this.state.outputs;
    }

    /**
     * `pulumi up`, optionally with `--refresh`. What a failed operation saved stays in the state.
     *
     * @param changes - what the program asks for from now on; `undefined` removes an input from it.
     */
    async up(
        changes: { readonly [Key in keyof Inputs]?: Inputs[Key] | undefined } = {},
        options: ApplyOptions & { readonly refresh?: boolean } = {},
    ): Promise<Step[]> {
        this.#args = copy({ ...this.#args, ...changes });
        if (options.refresh === true) {
            await this.refresh();
        }
        try {
            const { state, steps } = await apply(this.#provider, this.#state, this.#args, options);
            this.#state = state;
            return steps;
        } catch (error) {
            if (error instanceof OperationError) {
                this.#state = error.state as ResourceState<Inputs, Outputs> | undefined;
            }
            throw error;
        }
    }

    /**
     * `pulumi refresh`.
     *
     * @returns whether the next `up` has something to do.
     */
    async refresh(): Promise<boolean> {
        if (this.#state !== undefined) {
            this.#state = await refresh(this.#provider, this.#state);
        }
        return (await this.plan()) !== "same";
    }

    /**
     * What `pulumi preview` says `up` would do.
     *
     * @param changes - what the program asks for. Values may be {@link UNKNOWN}.
     * @throws OperationError with what `check` says against it.
     */
    async plan(changes: Partial<Inputs> = {}): Promise<"create" | "update" | "replace" | "same"> {
        const args = { ...copy({ ...this.#args, ...changes }), [PLAN]: plan };
        const checked = await check(this.#provider, this.#state, args);
        if (this.#state === undefined) {
            return "create";
        }
        const { id, outputs, isPartial } = this.#state;
        const diff = await this.#provider.diff(id, copy(outputs), copy(checked));
        return diff.replaces.length > 0 ? "replace" : diff.changes || isPartial ? "update" : "same";
    }

    /** `pulumi destroy`. */
    async destroy(): Promise<void> {
        if (this.#state !== undefined) {
            await remove(this.#provider, this.#state);
            this.#state = undefined;
        }
    }
}

/**
 * Whether a resource must be replaced along with another one whose outputs are in the given inputs: the engine calls
 * `diff` with these inputs unknown.
 */
async function isReplacedWith(
    provider: AnyProvider,
    state: ResourceState,
    properties: readonly string[],
): Promise<boolean> {
    const unknown = Object.fromEntries(properties.map((property) => [property, UNKNOWN]));
    const { replaces } = await provider.diff(state.id, copy(state.outputs), { ...copy(state.inputs), ...unknown });
    return replaces.length > 0;
}

/** A resource that a program declares. */
export interface Declared {
    /** `<type> <name>`. */
    readonly key: string;
    readonly inputs: object;
    readonly dependencies: readonly string[];
    readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
    readonly isDeletedBeforeReplaced: boolean;
}

/** The state of a stack, by `<type> <name>`. */
export type StackState = ReadonlyMap<string, ResourceState & Pick<Declared, "dependencies" | "propertyDependencies">>;

/** The result of an engine run. */
export interface Outcome {
    readonly state: StackState;
    /** The error messages; empty if the run ended with exit code 0. */
    readonly errors: readonly string[];
    /** What was thrown, with its causes: Pulumi prints the stack traces of some. */
    readonly thrown: readonly unknown[];
}

/** One run of the engine on a whole stack. Operations run in parallel where dependencies allow it. */
export class EngineRun {
    readonly #providerOf: (key: string) => AnyProvider;
    readonly #state: Map<string, ResourceState & Pick<Declared, "dependencies" | "propertyDependencies">>;
    readonly #errors: string[] = [];
    readonly #thrown: unknown[] = [];

    /** @param providerOf - the provider of a resource, by `<type> <name>`. */
    constructor(providerOf: (key: string) => AnyProvider, state: StackState) {
        this.#providerOf = providerOf;
        this.#state = new Map(state);
    }

    /** `pulumi up --skip-preview`, optionally with `--refresh`. */
    async up(program: readonly Declared[], options: { readonly refresh?: boolean } = {}): Promise<Outcome> {
        if (options.refresh === true) {
            await this.#refresh();
        }
        const declared = new Map(program.map((resource) => [resource.key, resource]));
        const order = new Map(program.map((resource) => [resource.key, resource.dependencies]));
        await this.#inOrder(order, async (key) => {
            await this.#apply(valueOf(declared, key));
        });
        await this.#delete([...this.#state.keys()].filter((key) => !order.has(key)));
        return this.#outcome();
    }

    /** `pulumi refresh`. */
    async refresh(): Promise<Outcome> {
        await this.#refresh();
        return this.#outcome();
    }

    /** `pulumi destroy`. */
    async destroy(): Promise<Outcome> {
        await this.#delete([...this.#state.keys()]);
        return this.#outcome();
    }

    #outcome(): Outcome {
        return { state: this.#state, errors: this.#errors, thrown: this.#thrown };
    }

    async #refresh(): Promise<void> {
        const order = new Map([...this.#state].map(([key, { dependencies }]) => [key, dependencies]));
        await this.#inOrder(order, async (key) => {
            const old = valueOf(this.#state, key);
            const truth = await refresh(this.#providerOf(key), old);
            if (truth === undefined) {
                this.#state.delete(key);
            } else {
                this.#state.set(key, { ...old, ...truth });
            }
        });
    }

    async #apply({ key, inputs, ...resource }: Declared): Promise<void> {
        const { dependencies, propertyDependencies, isDeletedBeforeReplaced } = resource;
        const provider = this.#providerOf(key);
        const old = this.#state.get(key);
        if (old !== undefined && isDeletedBeforeReplaced && (await this.#isReplaced(provider, old, inputs))) {
            await this.#deleteDependents(key);
            await remove(provider, old);
            this.#state.delete(key);
        }
        const save = (state: ResourceState) => this.#state.set(key, { ...state, dependencies, propertyDependencies });
        try {
            const options = { deleteBeforeReplace: isDeletedBeforeReplaced };
            save((await apply(provider, this.#state.get(key), inputs, options)).state);
        } catch (error) {
            if (error instanceof OperationError && error.state !== undefined) {
                save(error.state as ResourceState);
            }
            throw error;
        }
    }

    async #isReplaced(provider: AnyProvider, old: ResourceState, args: object): Promise<boolean> {
        const { inputs } = await provider.check(copy(old.inputs), { ...copy(args), __provider: PROVIDER });
        return (await provider.diff(old.id, copy(old.outputs), copy(inputs))).replaces.length > 0;
    }

    /** Deletes whatever must be replaced along with a resource, last created first. */
    async #deleteDependents(of: string): Promise<void> {
        const replaced = new Set([of]);
        for (const [key, state] of this.#state) {
            const properties = Object.entries(state.propertyDependencies)
                .filter(([, keys]) => keys.some((dependency) => replaced.has(dependency)))
                .map(([property]) => property);
            if (properties.length > 0 && (await isReplacedWith(this.#providerOf(key), state, properties))) {
                replaced.add(key);
            }
        }
        for (const key of [...replaced].reverse().slice(0, -1)) {
            await remove(this.#providerOf(key), valueOf(this.#state, key));
            this.#state.delete(key);
        }
    }

    async #delete(keys: readonly string[]): Promise<void> {
        const dependents = new Map<string, string[]>(keys.map((key) => [key, []]));
        for (const key of keys) {
            for (const dependency of valueOf(this.#state, key).dependencies) {
                dependents.get(dependency)?.push(key);
            }
        }
        await this.#inOrder(dependents, async (key) => {
            await remove(this.#providerOf(key), valueOf(this.#state, key));
            this.#state.delete(key);
        });
    }

    /**
     * Runs a step for each key once everything it waits for is done. After a failure, it finishes what is in progress.
     */
    async #inOrder(
        waitsFor: ReadonlyMap<string, readonly string[]>,
        step: (key: string) => Promise<void>,
    ): Promise<void> {
        const done = new Map<string, Promise<void>>();
        const run = (key: string): Promise<void> => {
            const running = done.get(key) ?? one(key);
            done.set(key, running);
            return running;
        };
        const one = async (key: string) => {
            await Promise.all((waitsFor.get(key) ?? []).filter((other) => waitsFor.has(other)).map(run));
            if (this.#errors.length > 0) {
                return;
            }
            try {
                await step(key);
            } catch (error) {
                this.#errors.push(`${key}: ${(error as Error).message}`);
                this.#thrown.push(error);
            }
        };
        await Promise.all([...waitsFor.keys()].map(run));
    }
}

/** The value of a key that must be in the map. */
function valueOf<Value>(map: ReadonlyMap<string, Value>, key: string): Value {
    const value = map.get(key);
    if (value === undefined) {
        throw new Error(`${key} is not there.`);
    }
    return value;
}

async function check<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    state: ResourceState<Inputs, Outputs> | undefined,
    args: Partial<Inputs>,
): Promise<Inputs> {
    const news = { ...copy(args), __provider: PROVIDER } as unknown as Inputs;
    const { inputs, failures } = await provider
        .check(state === undefined ? {} : copy(state.inputs), news)
        .catch(keep(state));
    if (failures.length > 0) {
        const words = failures.map(({ property, reason }) => (property === "" ? reason : `${property}: ${reason}`));
        throw new OperationError(words.join("\n"), state);
    }
    return { ...inputs, __provider: PROVIDER };
}

async function create<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    inputs: Inputs,
    former: ResourceState<Inputs, Outputs> | undefined,
): Promise<ResourceState<Inputs, Outputs>> {
    try {
        const { id, outs } = await provider.create(copy(inputs));
        return saved(id, inputs, { ...copy(outs), __provider: PROVIDER }, false);
    } catch (error) {
        throw new OperationError(error, partial(error, inputs) ?? former);
    }
}

async function read<Inputs extends object, Outputs extends Inputs>(
    provider: CompleteProvider<Inputs, Outputs>,
    state: ResourceState<Inputs, Outputs>,
) {
    withProvider(state.outputs);
    return provider.read(state.id, copy(state.outputs));
}

/**
 * What an error with `id` and `properties` saves: the properties as they are, with `__provider` only if they include
 * it.
 */
function partial<Inputs extends object, Outputs extends object>(
    error: unknown,
    inputs: Inputs,
): ResourceState<Inputs, Outputs> | undefined {
    const { id, properties } = error as { id?: string; properties?: Outputs };
    return id === undefined || properties === undefined ? undefined : saved(id, inputs, copy(properties), true);
}

function saved<Inputs extends object, Outputs extends object>(
    id: string,
    inputs: Inputs,
    outputs: object,
    isPartial: boolean,
): ResourceState<Inputs, Outputs> {
    return { id, inputs, outputs: outputs as Outputs, isPartial };
}

/** Pulumi's provider process loads the provider from the properties. */
function withProvider(properties: object): void {
    if (!("__provider" in properties)) {
        throw new Error("The properties have no __provider: code must be a string, not undefined.");
    }
}

function keep(state: unknown): (error: unknown) => never {
    return (error) => {
        throw error instanceof OperationError ? error : new OperationError(error, state);
    };
}

/** Values pass between engine and provider as messages. */
function copy<Value extends object>(value: Value): Value {
    return JSON.parse(JSON.stringify(value)) as Value;
}
