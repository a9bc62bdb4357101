import type * as pulumi from "@pulumi/pulumi";

/**
 * The options for a component's child: whatever the component depends on is created before the child and deleted after it.
 * Pulumi applies `dependsOn` only to the component itself.
 */
export function childOptions(
    parent: pulumi.ComponentResource,
    options: pulumi.ComponentResourceOptions | undefined,
): pulumi.CustomResourceOptions {
    return { parent, ...(options?.dependsOn !== undefined && { dependsOn: options.dependsOn }) };
}

/**
 * The options for a resource in a server's database: it is replaced if the database is.
 *
 * @param version - changes with the database; `undefined` if the stack doesn't run the server.
 */
export function inDatabase(version: pulumi.Input<string> | undefined): pulumi.CustomResourceOptions {
    return version === undefined ? {} : { replacementTrigger: version, deleteBeforeReplace: true };
}
