import * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** What describes an OAuth application on both versions of the server. */
export interface OAuthApplicationSettings {
    /** The client id: 40 characters at most on the LMS, 100 on the MIT applications. */
    readonly clientId: string;
    /** The name that the admin shows; the servers don't keep it unique. */
    readonly name: string;
    /** Where the server may send a browser back to, one at least. Their order does not matter. */
    readonly redirectUris: string[];
    /** Whether the client can keep a secret. Default: `confidential`. */
    readonly clientType: "confidential" | "public";
    /** Default: `authorization-code`. */
    readonly authorizationGrantType:
        "authorization-code" | "implicit" | "password" | "client-credentials" | "openid-hybrid";
    /** Whether users are not asked to consent. Default: `true`. */
    readonly skipAuthorization: boolean;
    /** How id tokens are signed; `""` is "No OIDC support". Default: `""`. */
    readonly algorithm: "" | "RS256" | "HS256";
}

/** The provider's inputs after `check`. */
export interface OAuthApplicationInputs extends OAuthApplicationSettings {
    readonly connection: Connection;
    /** The client secret, in clear (secret): 128 characters at most on the LMS, 255 on the MIT applications. */
    readonly clientSecret: string;
    /**
     * Whether an application of that name that this stack did not make is taken over. `untouched`: only as a migration
     * made it, before anybody configured it. Default: `false`.
     */
    readonly adopt: boolean | "untouched";
}

/** The provider's outputs. */
export interface OAuthApplicationOutputs extends OAuthApplicationInputs {
    /** What an adopted application was before, for `delete`; `null` for one that was made here. */
    readonly former: (OAuthApplicationSettings & { readonly clientSecret: string }) | null;
}

/** The arguments of {@link OAuthApplication}. */
export interface OAuthApplicationArgs {
    readonly connection: ConnectionArgs;
    readonly clientId: pulumi.Input<string>;
    readonly clientSecret: pulumi.Input<string>;
    readonly name: pulumi.Input<string>;
    readonly redirectUris: pulumi.Input<pulumi.Input<string>[]>;
    readonly clientType?: pulumi.Input<OAuthApplicationSettings["clientType"]>;
    readonly authorizationGrantType?: pulumi.Input<OAuthApplicationSettings["authorizationGrantType"]>;
    readonly skipAuthorization?: pulumi.Input<boolean>;
    readonly algorithm?: pulumi.Input<OAuthApplicationSettings["algorithm"]>;
    readonly adopt?: pulumi.Input<OAuthApplicationInputs["adopt"]>;
}

/**
 * An OAuth application in a server's Django admin (`/admin/oauth2_provider/application/`).
 *
 * Id: the application's primary key. Where the server hashes the client secret it can't be read back; `refresh` then
 * tells whether ours still holds. With `adopt` an application of that name is taken over, and `destroy` gives it back
 * its former values instead of deleting it.
 *
 * Source: handbook, "Configure Open edX" and "MIT xPro/MITx Online Setup" step 3.
 */
export class OAuthApplication extends ThinResource {
    declare readonly clientId: pulumi.Output<string>;
    /** Secret. */
    declare readonly clientSecret: pulumi.Output<string>;
    declare readonly name: pulumi.Output<string>;
    declare readonly redirectUris: pulumi.Output<string[]>;

    constructor(name: string, args: OAuthApplicationArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            "openedx:OAuthApplication",
            name,
            { ...args, clientSecret: pulumi.secret(args.clientSecret) },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["clientSecret", "former"] }),
        );
    }
}
