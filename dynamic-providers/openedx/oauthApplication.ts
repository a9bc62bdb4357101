import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionSchema } from "./connection.ts";
import { nonEmpty, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The settings of an OAuth application on both kinds of server. */
const settings = z.object({
    clientId: nonEmpty().max(100).meta({
        description: "The client id: 40 characters at most on the LMS, 100 on the MIT applications",
    }),
    name: nonEmpty().max(255).meta({ description: "The name in the admin; servers allow duplicates" }),
    redirectUris: z
        .array(z.url({ protocol: /^https?$/, error: "must be an http or https address without spaces" }))
        .min(1, "must name one address at least")
        .meta({ description: "Where the server may redirect browsers; their order does not matter" }),
    clientType: z
        .enum(["confidential", "public"])
        .default("confidential")
        .meta({ description: "Whether the client can keep a secret" }),
    authorizationGrantType: z
        .enum(["authorization-code", "implicit", "password", "client-credentials", "openid-hybrid"])
        .default("authorization-code")
        .meta({ description: "How the client gets its tokens" }),
    skipAuthorization: z.boolean().default(true).meta({ description: "Whether users are not asked to consent" }),
    algorithm: z
        .enum(["", "RS256", "HS256"])
        .default("")
        .meta({ description: 'How id tokens are signed; `""` is "No OIDC support"' }),
});

const clientSecret = nonEmpty().max(255).meta({
    description: "The client secret in plain text: 128 characters at most on the LMS, 255 on the MIT applications",
    secret: true,
});

/** The definition of {@link OAuthApplication}. */
export const oauthApplication = resourceType({
    name: "openedx:OAuthApplication",
    description: "An OAuth application in a server's Django admin",
    inputs: {
        connection: connectionSchema,
        ...settings.shape,
        clientSecret,
        adopt: z
            .union([z.boolean(), z.literal("untouched")])
            .default(false)
            .meta({
                description:
                    "Whether to adopt an existing application with that name; `untouched`: only one that a migration " +
                    "created and nobody has configured",
                onCreate: true,
            }),
    },
    outputs: {
        former: settings
            .extend({
                clientSecret,
                redirectUrisText: z
                    .string()
                    .exactOptional()
                    .meta({ description: "`redirectUris` as the server had them, with the white space between them" }),
            })
            .nullable()
            .meta({
                description: "An adopted application's former values; `null` if this stack created it",
                secret: true,
            }),
    },
});

/** The settings of an OAuth application on both kinds of server. */
export type OAuthApplicationSettings = Readonly<z.output<typeof settings>>;

/** The provider's inputs after `check`. */
export type OAuthApplicationInputs = InputsOf<typeof oauthApplication>;

/** The provider's outputs. */
export type OAuthApplicationOutputs = OutputsOf<typeof oauthApplication>;

/** The arguments of {@link OAuthApplication}. */
export type OAuthApplicationArgs = ArgsOf<typeof oauthApplication>;

/**
 * An OAuth application in a server's Django admin (`/admin/oauth2_provider/application/`).
 *
 * Id: the application's primary key. If the server hashes the client secret, it can't be read back; `refresh` then checks
 * whether ours is still valid. With `adopt`, an existing application with that name is taken over, and `destroy` restores
 * its former values instead of deleting it. Without, the preview fails if the server is up by then.
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
        super(oauthApplication, name, args, opts);
    }
}
