import * as pulumi from "@pulumi/pulumi";
import { propertiesThat, type ResourceType } from "./resourceType.ts";

/**
 * A resource whose operations are in this package, run by Pulumi's dynamic provider.
 *
 * Pulumi keeps the text of a dynamic provider in the state and runs that, on refresh and destroy too.
 * `pulumi.dynamic.Resource` makes the text by taking closures apart, for which it loads the TypeScript compiler. A line
 * that names the resource's type does as well: it is small and never changes, so that the code on disk is always the code
 * that runs.
 *
 * A resource is deleted before its replacement is made: both have the same natural key, so they are the same object, and
 * the engine would delete what it has just made.
 */
export abstract class ThinResource extends pulumi.CustomResource {
    /**
     * @param type - the definition, which says what is secret and which outputs there are.
     * @param name - the resource's name in the program.
     * @param args - the inputs that the program gives.
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
                // What only the provider knows is an output, too.
                ...Object.fromEntries(Object.keys(type.outputs.shape).map((key) => [key, undefined])),
                ...(Object.fromEntries(inputs) as pulumi.Inputs),
                __provider: provider,
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

/** Of a record each value is secret, not its keys: these are compared and named. */
function secret(value: unknown): pulumi.Input<unknown> {
    const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return isRecord
        ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, pulumi.secret(each as unknown)]))
        : pulumi.secret(value);
}
