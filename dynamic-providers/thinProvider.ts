import type { dynamic } from "@pulumi/pulumi";

/**
 * A dynamic provider that only forwards to `<module>.provider.ts` of this package.
 *
 * Pulumi serializes a provider into the state and runs that text later, on refresh and destroy too. What forwards by
 * package name stays small and never changes, so that the code on disk is always the code that runs.
 */
export function thinProvider(module: string): dynamic.ResourceProvider {
    const load = async () =>
        (
            (await import(`@openedx-mit/dynamic-providers/${module}.provider`)) as {
                provider: Required<dynamic.ResourceProvider>;
            }
        ).provider;
    return {
        check: async (olds: unknown, news: unknown) => (await load()).check(olds, news),
        diff: async (id: string, olds: unknown, news: unknown) => (await load()).diff(id, olds, news),
        create: async (inputs: unknown) => (await load()).create(inputs),
        read: async (id: string, props: unknown) => (await load()).read(id, props),
        update: async (id: string, olds: unknown, news: unknown) => (await load()).update(id, olds, news),
        delete: async (id: string, props: unknown) => (await load()).delete(id, props),
    };
}
