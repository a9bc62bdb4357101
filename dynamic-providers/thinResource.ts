import * as pulumi from "@pulumi/pulumi";
import { PLAN, type Plan, propertiesThat, type ResourceType } from "./resourceType.ts";

/**
 * A resource whose operations live in this package, run by Pulumi's dynamic provider.
 *
 * Pulumi stores the source text of a dynamic provider in the state and runs that text, on refresh and destroy too.
 * `pulumi.dynamic.Resource` produces the text by serializing closures, for which it loads the TypeScript compiler. A single
 * line that names the resource type does the job: it is small and never changes, so the code that runs is always the code on
 * disk.
 *
 * A resource is deleted before its replacement is created: both have the same natural key, so they are the same object, and
 * the engine would delete the one it had just created.
 */
export abstract class ThinResource extends pulumi.CustomResource {
    /**
     * @param type - the definition, which lists the secrets and the outputs.
     * @param name - the resource's name in the program.
     * @param args - the inputs from the program.
     * @param opts - Pulumi's own options.
     */
    constructor(type: ResourceType, name: string, args: object, opts: pulumi.CustomResourceOptions | undefined) {
        const provider = `exports.handler = () => require("@openedx-mit/dynamic-providers/registry").provider("${type.name}");`;
        const secrets = propertiesThat("secret", type.inputs);
        const inputs = Object.entries(args).map(([key, value]) => [
            key,
            secrets.includes(key) && value !== undefined ? secret(value) : (value as unknown),
        ]);
        super(
            `pulumi-nodejs:dynamic/${type.name}`,
            name,
            {
                // Values that only the provider knows are outputs, too.
                ...Object.fromEntries(Object.keys(type.outputs.shape).map((key) => [key, undefined])),
                ...(Object.fromEntries(inputs) as pulumi.Inputs),
                __provider: provider,
                ...(pulumi.runtime.isDryRun() && { [PLAN]: { stack: pulumi.getStack(), name } satisfies Plan }),
            },
            pulumi.mergeOptions(
                {
                    deleteBeforeReplace: true,
                    additionalSecretOutputs: [...secrets, ...propertiesThat("secret", type.outputs)],
                },
                opts,
            ),
        );
    }
}

/** In a record, each value is secret but the keys are not: they are compared and named in messages. */
function secret(value: unknown): pulumi.Input<unknown> {
    const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isRecord
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, pulumi.secret(each as unknown)]))
        : pulumi.secret(value);
}
