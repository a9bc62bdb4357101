import * as pulumi from "@pulumi/pulumi";

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
    constructor(type: string, name: string, props: pulumi.Inputs, opts: pulumi.CustomResourceOptions | undefined) {
        const provider = `exports.handler = () => require("@openedx-mit/dynamic-providers/registry").provider("${type}");`;
        super(
            `pulumi-nodejs:dynamic/${type}`,
            name,
            { ...props, __provider: provider },
            pulumi.mergeOptions({ deleteBeforeReplace: true }, opts),
        );
    }
}
