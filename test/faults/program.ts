import * as pulumi from "@pulumi/pulumi";
import type { AnyProvider, Declared } from "../support/engine.ts";
import { deploy } from "../support/pulumiMocks.ts";

/** What a program asks for, with the modules of its providers. */
export interface Program {
    readonly resources: readonly Declared[];
    /** The provider of a resource, by its key. */
    readonly providerOf: (key: string) => AnyProvider;
    /** The same program with other random values. */
    readonly withSalt: (salt: string) => Program;
}

/** The random part of ids and secrets as a recorded program has it. */
const SALT = "-salt-";

/** `@pulumi/random`: what it makes is in the state and never changes. Here it is the resource's name and a salt. */
const random: AnyProvider = {
    check: (_olds, inputs) => Promise.resolve({ inputs, failures: [] }),
    diff: () => Promise.resolve({ changes: false, replaces: [] }),
    create: (inputs) => Promise.resolve({ id: "random", outs: inputs }),
    read: (id, props) => Promise.resolve({ id, props }),
    update: (_id, _olds, outs) => Promise.resolve({ outs }),
    delete: () => Promise.resolve(),
};

/** Runs the program of this project once for a configuration, and notes what it asks for. */
export async function recordProgram(config: Readonly<Record<string, string>>): Promise<Program> {
    const entries = Object.entries(config).map(([key, value]) => [`openedx-mit-integration:${key}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(entries) as Record<string, string>);
    const recorded = await deploy(
        async () => {
            // The query makes it a module of its own.
            await import(`../../index.ts?${encodeURIComponent(JSON.stringify(config))}`);
        },
        (name) => `${name}${SALT}`,
    );
    const modules = new Map(recorded.map(({ type, name, module }) => [`${type} ${name}`, module]));
    const providers = new Map<string, AnyProvider>();
    for (const module of new Set(modules.values())) {
        const loaded =
            module === ""
                ? { provider: random }
                : ((await import(`../../dynamic-providers/${module}.provider.ts`)) as { provider: AnyProvider });
        providers.set(module, loaded.provider);
    }
    const resources = recorded.map(({ type, name, ...resource }): Declared => ({
        key: `${type} ${name}`,
        ...resource,
    }));
    const providerOf = (key: string) => providers.get(modules.get(key) ?? "") ?? random;
    const withSalt = (salt: string): Program => ({
        resources: JSON.parse(JSON.stringify(resources).replaceAll(SALT, `-${salt}-`)) as Declared[],
        providerOf,
        withSalt,
    });
    return withSalt("0");
}
