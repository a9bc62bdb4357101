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
