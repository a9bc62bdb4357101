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
        isMadeHere: z.boolean().meta({
            description: "Whether the user was made here; one that was there before stays when the stack goes",
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
 * The superuser as whom the other resources sign in, made by Django's own commands in the server's container. A
 * superuser of that name with that password is taken over, and gets what the server lets nobody in without (staff flag,
 * profile); with another password it is somebody else's, and an error.
 *
 * Delete gives one that was taken over its flags back (a profile stays), and removes one that was made here. What it saved may have to stay, and it with it: then it can't sign in any more.
 *
 * Id: the user name. Source: handbook, "Prerequisite".
 */
export class DjangoSuperuser extends ThinResource {
    constructor(name: string, args: DjangoSuperuserArgs, opts?: pulumi.CustomResourceOptions) {
        super(djangoSuperuser, name, args, opts);
    }
}
