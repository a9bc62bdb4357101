import type * as pulumi from "@pulumi/pulumi";

/**
 * The options of a component's child: what the component depends on is made before each of them, and goes after it. Pulumi
 * orders only the component itself by its `dependsOn`.
 */
export function childOptions(
    parent: pulumi.ComponentResource,
    options: pulumi.ComponentResourceOptions | undefined,
): pulumi.CustomResourceOptions {
    return { parent, ...(options?.dependsOn !== undefined && { dependsOn: options.dependsOn }) };
}
