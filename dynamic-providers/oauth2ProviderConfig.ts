import * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** What a provider configuration says, besides its key of site and backend. */
export interface OAuth2ProviderConfigSettings {
    /** The button's text, 50 characters at most. */
    readonly name: string;
    /** 30 characters at most; decoration, the backend's name is what counts. */
    readonly slug: string;
    /** The client id of the MIT application's OAuth application ("key" in the admin). */
    readonly clientId: string;
    /** Its client secret (secret); `""` where the LMS has it in `SOCIAL_AUTH_OAUTH_SECRETS`. Default: `""`. */
    readonly clientSecret: string;
    /** The backend's own settings, as the admin's JSON object. Default: `{}`. */
    readonly otherSettings: Readonly<Record<string, unknown>>;
    /** Default: `false`, as the following. */
    readonly skipHintedLoginDialog: boolean;
    readonly skipRegistrationForm: boolean;
    readonly skipEmailVerification: boolean;
    readonly syncLearnerProfileData: boolean;
    readonly enableSsoIdVerification: boolean;
}

/** The provider's inputs after `check`. */
export interface OAuth2ProviderConfigInputs extends OAuth2ProviderConfigSettings {
    readonly connection: Connection;
    /** The site's domain, as the admin's select shows it: `local.openedx.io:8000`. */
    readonly site: string;
    /** The backend's name, one of `AUTHENTICATION_BACKENDS`. Default: `ol-oauth2`. */
    readonly backendName: string;
    /** Whether an enabled configuration that somebody else made is taken over. Default: `false`. */
    readonly adopt: boolean;
}

/** The provider's outputs. */
export interface OAuth2ProviderConfigOutputs extends OAuth2ProviderConfigInputs {
    /** The id by which the LMS names the provider: `oa2-ol-oauth2`. */
    readonly providerId: string;
    /** The primary key of the row that counts: the newest. */
    readonly rowId: string;
    /** The row of an adopted configuration, to which `delete` goes back; `null` where there was none. */
    readonly formerRowId: string | null;
}

/** The arguments of {@link OAuth2ProviderConfig}. */
export interface OAuth2ProviderConfigArgs {
    readonly connection: ConnectionArgs;
    readonly site: pulumi.Input<string>;
    readonly backendName?: pulumi.Input<string>;
    readonly name: pulumi.Input<string>;
    readonly slug: pulumi.Input<string>;
    readonly clientId: pulumi.Input<string>;
    readonly clientSecret?: pulumi.Input<string>;
    readonly otherSettings?: pulumi.Input<Record<string, pulumi.Input<unknown>>>;
    readonly skipHintedLoginDialog?: pulumi.Input<boolean>;
    readonly skipRegistrationForm?: pulumi.Input<boolean>;
    readonly skipEmailVerification?: pulumi.Input<boolean>;
    readonly syncLearnerProfileData?: pulumi.Input<boolean>;
    readonly enableSsoIdVerification?: pulumi.Input<boolean>;
    readonly adopt?: pulumi.Input<boolean>;
}

/**
 * A third-party-auth provider configuration of the LMS for one site (`/admin/third_party_auth/oauth2providerconfig/`).
 *
 * The LMS keeps every version as a row and counts the newest per site and backend; nothing can be changed or deleted.
 * So a change adds a row, no row is added where nothing differs, and delete adds one that is disabled.
 *
 * Id: `<site>/<backend name>`. Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class OAuth2ProviderConfig extends ThinResource {
    declare readonly site: pulumi.Output<string>;
    /** The id by which the LMS names the provider: `oa2-ol-oauth2`. */
    declare readonly providerId: pulumi.Output<string>;

    constructor(name: string, args: OAuth2ProviderConfigArgs, opts?: pulumi.CustomResourceOptions) {
        super(
            "openedx:OAuth2ProviderConfig",
            name,
            { providerId: undefined, ...args, clientSecret: pulumi.secret(args.clientSecret ?? "") },
            pulumi.mergeOptions(opts, { additionalSecretOutputs: ["clientSecret"] }),
        );
    }
}
