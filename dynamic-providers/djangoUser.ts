import * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** What a user is allowed and how to reach them. */
export interface DjangoUserSettings {
    readonly email: string;
    /** Whether the user may sign in to the admin. Default: `false`. */
    readonly isStaff: boolean;
    /** Whether the user may do everything there. Default: `false`. */
    readonly isSuperuser: boolean;
    /** Whether the account is in use; one that isn't can't sign in. Default: `true`. */
    readonly isActive: boolean;
}

/** The provider's inputs after `check`. */
export interface DjangoUserInputs extends DjangoUserSettings {
    readonly connection: Connection;
    readonly username: string;
    /** Who makes the user, for instance `project/stack`: no other stack takes the user for its own. */
    readonly owner: string;
    /** The password (secret) of a user that is made here. With another one the user is made anew. */
    readonly password?: string;
    /** Whether a user of that name that somebody else made is taken over. Default: `false`. */
    readonly adopt: boolean;
}

/** What an adopted user was before. A state of an earlier version has no `isActive`: then the user was active. */
export type FormerDjangoUser = Omit<DjangoUserSettings, "isActive"> & Partial<Pick<DjangoUserSettings, "isActive">>;

/** The provider's outputs. */
export interface DjangoUserOutputs extends DjangoUserInputs {
    /** What an adopted user was before, for `delete`; `null` for one that was made here. */
    readonly former: FormerDjangoUser | null;
}

/** The arguments of {@link DjangoUser}. */
export interface DjangoUserArgs {
    readonly connection: ConnectionArgs;
    readonly username: pulumi.Input<string>;
    readonly owner: pulumi.Input<string>;
    readonly email: pulumi.Input<string>;
    /** Needed where the user may have to be made; an adopted user keeps theirs. */
    readonly password?: pulumi.Input<string>;
    readonly isStaff?: pulumi.Input<boolean>;
    readonly isSuperuser?: pulumi.Input<boolean>;
    readonly isActive?: pulumi.Input<boolean>;
    readonly adopt?: pulumi.Input<boolean>;
}

/**
 * A user in the LMS's Django admin (`/admin/auth/user/`). One that is made here carries the name
 * "Managed by Pulumi" and the owner.
 *
 * Id: the user's primary key. With `adopt` an existing user is taken over; `destroy` then gives back the former e-mail
 * address and flags instead of deleting the user.
 *
 * Source: handbook, "Create a Service Worker and Access Token" step 1, and its optional last step.
 */
export class DjangoUser extends ThinResource {
    declare readonly username: pulumi.Output<string>;

    constructor(name: string, args: DjangoUserArgs, opts?: pulumi.CustomResourceOptions) {
        const { password, ...open } = args;
        super(
            "openedx:DjangoUser",
            name,
            password === undefined ? open : { ...open, password: pulumi.secret(password) },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["password"] }),
        );
    }
}
