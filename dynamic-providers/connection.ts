import type { Input } from "@pulumi/pulumi";

/** How to reach a server's Django admin and who signs in there. */
export interface Connection {
    /** `openedx`: the LMS's JSON sign-in; `django`: Django's own `/admin/login/` form. */
    readonly kind: "openedx" | "django";
    /** The server's address, for instance `http://local.openedx.io:8000`. */
    readonly baseUrl: string;
    /** A superuser's name; on the LMS an e-mail address does as well. */
    readonly username: string;
    /** That user's password (secret). */
    readonly password: string;
    /**
     * Whether the stack itself runs the server, so that the server goes with the stack. One that does not answer then
     * holds up neither refresh nor destroy. Default: no.
     */
    readonly isOfStack?: boolean;
    /**
     * Whether the stack starts the server, which may be down until then: refresh takes what is on one that does not
     * answer as it was. Default: as {@link isOfStack}.
     */
    readonly mayBeDown?: boolean;
    /**
     * Where the stack's configuration says who signs in, for commands that get the state's credentials: its keys, for
     * instance `lmsUsername` and `lmsPassword`. Default: nowhere, as the password is made by the stack.
     */
    readonly configured?: { readonly stack: string; readonly usernameKey: string; readonly passwordKey: string };
}

/** {@link Connection} as a caller passes it. */
export interface ConnectionArgs {
    readonly kind: Connection["kind"];
    readonly baseUrl: Input<string>;
    readonly username: Input<string>;
    readonly password: Input<string>;
    readonly isOfStack?: Input<boolean>;
    readonly mayBeDown?: Input<boolean>;
    readonly configured?: Connection["configured"];
}
