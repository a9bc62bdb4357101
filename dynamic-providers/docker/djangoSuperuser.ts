import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link DjangoSuperuser}. */
export const djangoSuperuser = resourceType({
    name: "django:Superuser",
    description: "A Django superuser, created by a command in the server's container",
    inputs: {
        project: nonEmpty().meta({
            description: "The server's Compose project, for instance `tutor_dev`",
            replaces: true,
        }),
        service: nonEmpty().meta({ description: "The service that runs Django, for instance `lms`", replaces: true }),
        manage: z.array(z.string()).min(1, "must not be empty").readonly().meta({
            description: 'Django\'s management command in its container, for instance `["./manage.py", "lms"]`',
            local: true,
        }),
        username: nonEmpty().meta({ description: "The user name", replaces: true }),
        email: z.email("must be an email address").meta({ description: "The user's email address" }),
        password: nonEmpty().meta({ description: "The user's password", secret: true }),
        owner: nonEmpty().meta({
            description: "The user's owner, for instance `project/stack`; stored as the user's name",
        }),
    },
    outputs: {
        createdHere: z.boolean().meta({
            description: "Whether this stack created the user; an existing one outlives the stack",
            formerly: "isMadeHere",
        }),
        former: z.record(z.string(), z.boolean()).readonly().exactOptional().meta({
            description: "An existing user's former flags; `destroy` restores them",
        }),
    },
});

/** The provider's inputs after `check`. */
export type DjangoSuperuserInputs = InputsOf<typeof djangoSuperuser>;

/** The provider's outputs. */
export type DjangoSuperuserOutputs = OutputsOf<typeof djangoSuperuser>;

/** The arguments of {@link DjangoSuperuser}. */
export type DjangoSuperuserArgs = ArgsOf<typeof djangoSuperuser>;

/**
 * The superuser as whom the other resources sign in, created by Django's own commands in the server's container. An existing
 * superuser with that name and password is adopted, and gets whatever the server requires to let it in (staff flag,
 * profile); one with another password belongs to somebody else, which is an error.
 *
 * Delete restores the flags of an adopted user (a profile stays), and removes a user that was created here. If the server
 * must keep what that user saved, the user stays too, but can no longer sign in.
 *
 * Id: the user name. Source: handbook, "Prerequisite".
 */
export class DjangoSuperuser extends ThinResource {
    constructor(name: string, args: DjangoSuperuserArgs, opts?: pulumi.CustomResourceOptions) {
        super(djangoSuperuser, name, args, opts);
    }
}
