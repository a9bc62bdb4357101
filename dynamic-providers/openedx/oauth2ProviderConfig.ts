import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The settings of a provider configuration, besides its key of site and backend. */
const settings = z.object({
    name: nonEmpty().max(50).meta({ description: "The button's text" }),
    slug: z
        .string()
        .max(30)
        .regex(/^[\w-]+$/, "must be letters, digits, - and _ only")
        .meta({ description: "Decoration: the backend's name is what counts" }),
    clientId: nonEmpty().meta({
        description: "The client id of the MIT application's OAuth application (`key` in the admin)",
    }),
    clientSecret: z.string().default("").meta({
        description: "Its client secret; empty if the LMS has it in `SOCIAL_AUTH_OAUTH_SECRETS`",
        secret: true,
    }),
    otherSettings: z
        .record(z.string(), z.unknown())
        .readonly()
        .default({})
        .meta({ description: "The backend's own settings, as the admin's JSON object" }),
    skipHintedLoginDialog: flag("Whether the dialog of a hinted sign-in is skipped"),
    skipRegistrationForm: flag("Whether the registration form is skipped"),
    skipEmailVerification: flag("Whether the user's email address counts as verified"),
    syncLearnerProfileData: flag("Whether each sign-in updates the user's profile"),
    enableSsoIdVerification: flag("Whether a sign-in verifies the user's identity"),
});

function flag(description: string): z.ZodDefault<z.ZodBoolean> {
    return z.boolean().default(false).meta({ description });
}

/** The definition of {@link OAuth2ProviderConfig}. */
export const oauth2ProviderConfig = resourceType({
    name: "openedx:OAuth2ProviderConfig",
    description: "A third-party-auth provider configuration of the LMS for one site",
    inputs: {
        connection: connectionSchema,
        site: nonEmpty().meta({
            description: "The site's domain, as the admin's select shows it: `local.openedx.io:8000`",
            replaces: true,
        }),
        backendName: nonEmpty().default("ol-oauth2").meta({
            description: "The backend's name, one of `AUTHENTICATION_BACKENDS`",
            replaces: true,
        }),
        ...settings.shape,
        adopt: z.boolean().default(false).meta({
            description: "Whether to adopt an existing enabled configuration",
            onCreate: true,
        }),
    },
    outputs: {
        providerId: z.string().meta({ description: "The id by which the LMS names the provider: `oa2-ol-oauth2`" }),
        rowId: z.string().meta({ description: "The primary key of the row that counts: the newest" }),
        formerRowId: z.string().nullable().meta({
            description:
                "The former row of an adopted configuration, which `destroy` restores; `null` if there was none",
        }),
    },
});

/** The settings of a provider configuration, besides its key of site and backend. */
export type OAuth2ProviderConfigSettings = Readonly<z.output<typeof settings>>;

/** The provider's inputs after `check`. */
export type OAuth2ProviderConfigInputs = InputsOf<typeof oauth2ProviderConfig>;

/** The provider's outputs. */
export type OAuth2ProviderConfigOutputs = OutputsOf<typeof oauth2ProviderConfig>;

/** The arguments of {@link OAuth2ProviderConfig}. */
export type OAuth2ProviderConfigArgs = ArgsOf<typeof oauth2ProviderConfig>;

/**
 * A third-party-auth provider configuration of the LMS for one site (`/admin/third_party_auth/oauth2providerconfig/`).
 *
 * The LMS keeps every version as a row and uses the newest one per site and backend; no row can be changed or deleted. So a
 * change adds a row, no row is added if nothing differs, and delete adds a disabled one, or one with an adopted
 * configuration's former settings.
 *
 * Id: `<site>/<backend name>`. Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class OAuth2ProviderConfig extends ThinResource {
    declare readonly site: pulumi.Output<string>;
    /** The LMS's id for the provider: `oa2-ol-oauth2`. */
    declare readonly providerId: pulumi.Output<string>;

    constructor(name: string, args: OAuth2ProviderConfigArgs, opts?: pulumi.CustomResourceOptions) {
        super(oauth2ProviderConfig, name, args, opts);
    }
}
