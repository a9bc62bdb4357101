import * as pulumi from "@pulumi/pulumi";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface DjangoSuperuserInputs {
    /** The Compose project that serves, for instance `tutor_dev`. */
    readonly project: string;
    /** Its service with Django in it, for instance `lms`. */
    readonly service: string;
    /** Django's own command in there, for instance `["./manage.py", "lms"]`. */
    readonly manage: readonly string[];
    readonly username: string;
    readonly email: string;
    /** The password (secret). */
    readonly password: string;
    /** Who makes the user, for instance `project/stack`; kept as the user's name. */
    readonly owner: string;
}

/** The provider's outputs. */
export interface DjangoSuperuserOutputs extends DjangoSuperuserInputs {
    /** Whether the user was made here. One that was there before stays when the stack goes. */
    readonly isMadeHere: boolean;
    /** Flags of a user who was there before, as they were: `is_active`, `is_staff`. Destroy sets them again. */
    readonly former?: Readonly<Record<string, boolean>>;
}

/** The arguments of {@link DjangoSuperuser}. */
export interface DjangoSuperuserArgs {
    readonly project: pulumi.Input<string>;
    readonly service: pulumi.Input<string>;
    readonly manage: pulumi.Input<readonly string[]>;
    readonly username: pulumi.Input<string>;
    readonly email: pulumi.Input<string>;
    readonly password: pulumi.Input<string>;
    readonly owner: pulumi.Input<string>;
}

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
        super(
            "django:Superuser",
            name,
            { isMadeHere: undefined, ...args, password: pulumi.secret(args.password) },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["password"] }),
        );
    }
}
