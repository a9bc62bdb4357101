import type { Input } from "@pulumi/pulumi";
import { z } from "zod";
import { nonEmpty } from "../resourceType.ts";

/** The fields of {@link connectionSchema}. */
export const connectionFields = {
    /** `openedx`: the LMS's JSON sign-in; `django`: Django's own `/admin/login/` form. */
    kind: z.enum(["openedx", "django"]),
    /** The server's address, for instance `http://local.openedx.io:8000`. */
    baseUrl: z.url({
        protocol: /^https?$/,
        error: "must be an http or https address, e.g. http://local.openedx.io:8000",
    }),
    /** A superuser's name; on the LMS an email address works too. */
    username: nonEmpty(),
    /** The user's password (secret). */
    password: nonEmpty(),
    /**
     * Whether the stack itself runs the server, so that the server goes away with the stack. If it does not respond, it
     * blocks neither refresh nor destroy. Default: no.
     */
    managedByStack: z.boolean().exactOptional().meta({ formerly: "isOfStack" }),
    /**
     * Whether the stack starts the server, which may be down until then: if it does not respond, refresh leaves its
     * resources as they were. Default: as `managedByStack`.
     */
    startedByStack: z.boolean().exactOptional().meta({ formerly: "mayBeDown" }),
    /**
     * Where the stack's configuration says who signs in, for commands that use the credentials in the state: the
     * configuration keys, for instance `lmsUsername` and `lmsPassword`. Default: nowhere, as the stack generates the
     * password.
     */
    configured: z
        .strictObject({ stack: nonEmpty(), usernameKey: nonEmpty(), passwordKey: nonEmpty() })
        .readonly()
        .exactOptional(),
};

/** How to reach a server's Django admin, and who signs in there. */
export const connectionSchema = z
    .strictObject(connectionFields)
    .readonly()
    .meta({ title: "index:Connection", description: "The server, and the superuser who signs in to its admin" });

/** A server's admin and who signs in there, as a provider receives it. */
export type Connection = z.output<typeof connectionSchema>;

/** {@link Connection} as a program passes it. */
export type ConnectionArgs = {
    readonly [Key in keyof Connection]: Key extends "kind" | "configured"
        ? Connection[Key]
        : Input<NonNullable<Connection[Key]>>;
};
