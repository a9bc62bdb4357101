import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link DjangoSuperuser}. */
export const djangoSuperuser = resourceType({
    name: "django:Superuser",
    description: "A Django superuser, made by a command in the server's container",
    inputs: {
        project: nonEmpty().meta({
            description: "The Compose project that serves, for instance `tutor_dev`",
            replaces: true,
        }),
        service: nonEmpty().meta({ description: "Its service with Django in it, for instance `lms`", replaces: true }),
        manage: z.array(z.string()).min(1, "must not be empty").readonly().meta({
            description: 'Django\'s own command in there, for instance `["./manage.py", "lms"]`',
            local: true,
        }),
        username: nonEmpty().meta({ description: "The user name", replaces: true }),
        email: z.email("must be an e-mail address").meta({ description: "The user's e-mail address" }),
        password: nonEmpty().meta({ description: "The user's password", secret: true }),
        owner: nonEmpty().meta({
            description: "Who makes the user, for instance `project/stack`; kept as the user's name",
        }),
    },
    outputs: {
        createdHere: z.boolean().meta({
            description: "Whether this stack created the user; an existing one outlives the stack",
            formerly: "isMadeHere",
        }),
        former: z.record(z.string(), z.boolean()).readonly().exactOptional().meta({
            description: "Flags of a user who was there before, as they were; `destroy` sets them again",
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
