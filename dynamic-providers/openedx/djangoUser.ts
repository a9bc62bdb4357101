import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** A user's permissions and email address. */
const settings = z.object({
    email: z.email("must be an email address").meta({ description: "The user's email address" }),
    isStaff: z.boolean().default(false).meta({ description: "Whether the user may sign in to the admin" }),
    isSuperuser: z.boolean().default(false).meta({ description: "Whether the user may do everything there" }),
    isActive: z
        .boolean()
        .default(true)
        .meta({ description: "Whether the account is in use; one that isn't can't sign in" }),
});

/** The definition of {@link DjangoUser}. */
export const djangoUser = resourceType({
    name: "openedx:DjangoUser",
    description: "A user in the LMS's Django admin",
    inputs: {
        connection: connectionSchema,
        username: z
            .string()
            .regex(/^[\w.@+-]{1,150}$/, "must be letters, digits and @ . + - _ only")
            .meta({ description: "The user name, unique on the server", replaces: true }),
        owner: nonEmpty().max(150).meta({
            description: "The user's owner, for instance `project/stack`: other stacks leave the user alone",
        }),
        password: nonEmpty()
            .exactOptional()
            .meta({
                description:
                    "The password of a new user; another password replaces the user. Required unless the user exists; an " +
                    "adopted user's password stays as it is",
                secret: true,
            }),
        ...settings.shape,
        adopt: z
            .boolean()
            .default(false)
            .meta({ description: "Whether to adopt an existing user with that name", onCreate: true }),
    },
    outputs: {
        former: settings
            .partial({ isActive: true })
            .nullable()
            .meta({ description: "An adopted user's former values; `null` if this stack created the user" }),
    },
});

/** A user's permissions and email address. */
export type DjangoUserSettings = Readonly<z.output<typeof settings>>;

/** The provider's inputs after `check`. */
export type DjangoUserInputs = InputsOf<typeof djangoUser>;

/** The provider's outputs. */
export type DjangoUserOutputs = OutputsOf<typeof djangoUser>;

/** What an adopted user was before. State from earlier versions has no `isActive`: the user was active then. */
export type FormerDjangoUser = NonNullable<DjangoUserOutputs["former"]>;

/** The arguments of {@link DjangoUser}. */
export type DjangoUserArgs = ArgsOf<typeof djangoUser>;

/**
 * A user in the LMS's Django admin (`/admin/auth/user/`). A user created here carries the name "Managed by Pulumi" and the
 * owner.
 *
 * Id: the user's primary key. With `adopt`, an existing user is taken over; `destroy` then restores the former email
 * address and flags instead of deleting the user.
 *
 * Source: handbook, "Create a Service Worker and Access Token" step 1, and its optional last step.
 */
export class DjangoUser extends ThinResource {
    declare readonly username: pulumi.Output<string>;

    constructor(name: string, args: DjangoUserArgs, opts?: pulumi.CustomResourceOptions) {
        super(djangoUser, name, args, opts);
    }
}
