import * as pulumi from "@pulumi/pulumi";
import type { AnyProvider, Declared } from "../support/engine.ts";
import { deploy } from "../support/pulumiMocks.ts";

/** What a program declares, with the modules of its providers. */
export interface Program {
    readonly resources: readonly Declared[];
    /** The provider of a resource, by its key. */
    readonly providerOf: (key: string) => AnyProvider;
    /** By resource key: the names of the properties that the engine encrypts in the state. */
    readonly encrypted: ReadonlyMap<string, ReadonlySet<string>>;
    /** The random values, each with the resource that generated it, `<type> <name>`. */
    readonly random: ReadonlyMap<string, string>;
    /** The same program with different random values. */
    readonly withSalt: (salt: string) => Program;
}

/** The random part of ids and secrets in a recorded program. */
const SALT = "-salt-";

/** `@pulumi/random`: its values are in the state and never change. Here, a value is the resource's name plus a salt. */
const random: AnyProvider = {
    check: (_olds, inputs) => Promise.resolve({ inputs, failures: [] }),
    diff: () => Promise.resolve({ changes: false, replaces: [] }),
    create: (inputs) => Promise.resolve({ id: "random", outs: inputs }),
    read: (id, props) => Promise.resolve({ id, props }),
    update: (_id, _olds, outs) => Promise.resolve({ outs }),
    delete: () => Promise.resolve(),
};

/**
 * Runs this project's program once for a configuration, and records what it declares.
 *
 * @throws Error if a resource has no provider: it would do nothing, and meet no fault.
 */
export async function recordProgram(config: Readonly<Record<string, string>>): Promise<Program> {
    const entries = Object.entries(config).map(([key, value]) => [`openedx-mit-integration:${key}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(entries) as Record<string, string>);
    const recorded = await deploy(
        async () => {
            // The query makes it a separate module.
            await import(`../../index.ts?${encodeURIComponent(JSON.stringify(config))}`);
        },
        (name) => `${name}${SALT}`,
    );
    const providers = new Map<string, AnyProvider>();
    for (const { type, name, module } of recorded) {
        const isRandom = type.startsWith("Random");
        if (!isRandom && module === "") {
            throw new Error(`There is no provider of ${type} ${name}.`);
        }
        const loaded = isRandom
            ? { provider: random }
            : ((await import(`../../dynamic-providers/${module}.provider.ts`)) as { provider: AnyProvider });
        providers.set(`${type} ${name}`, loaded.provider);
    }
    const resources = recorded.map(({ type, name, ...resource }): Declared => ({
        key: `${type} ${name}`,
        ...resource,
    }));
    const encrypted = new Map(
        recorded.map(({ type, name, secrets, secretOutputs }) => [
            `${type} ${name}`,
            new Set([...secrets, ...secretOutputs]),
        ]),
    );
    const randomResources = recorded.filter(({ type }) => type.startsWith("Random"));
    const providerOf = (key: string) => {
        const provider = providers.get(key);
        if (provider === undefined) {
            throw new Error(`The program has no ${key}.`);
        }
        return provider;
    };
    const withSalt = (salt: string): Program => ({
        resources: JSON.parse(JSON.stringify(resources).replaceAll(SALT, `-${salt}-`)) as Declared[],
        providerOf,
        encrypted,
        random: new Map(randomResources.map(({ type, name }) => [`${name}-${salt}-`, `${type} ${name}`])),
        withSalt,
    });
    return withSalt("0");
}
