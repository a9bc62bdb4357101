import type * as pulumi from "@pulumi/pulumi";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link ComposeVolumes}. */
export const composeVolumes = resourceType({
    name: "docker:ComposeVolumes",
    description:
        "The volumes of a Compose project, including databases; `keepVolumes` decides whether `destroy` removes them",
    inputs: {
        project: nonEmpty().meta({ description: "The Compose project, for instance `mitxonline`", replaces: true }),
        owner: nonEmpty().meta({
            description: "The stack whose configuration decides, as `project/stack`",
            local: true,
        }),
    },
});

/** The provider's inputs after `check`. */
export type ComposeVolumesInputs = InputsOf<typeof composeVolumes>;

/** The provider's outputs. */
export type ComposeVolumesOutputs = OutputsOf<typeof composeVolumes>;

/** The arguments of {@link ComposeVolumes}. */
export type ComposeVolumesArgs = ArgsOf<typeof composeVolumes>;

/**
 * The volumes of a Compose project, including databases. Create does nothing. Delete reads the stack's current
 * configuration: unless `keepVolumes` is `false`, the volumes stay, and a warning lists them and how to remove them. It runs
 * after the containers are gone.
 *
 * Id: the project.
 */
export class ComposeVolumes extends ThinResource {
    constructor(name: string, args: ComposeVolumesArgs, opts?: pulumi.CustomResourceOptions) {
        super(composeVolumes, name, args, opts);
    }
}
