import * as pulumi from "@pulumi/pulumi";
import { openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { OAuthApplication } from "../dynamic-providers/openedx/oauthApplication.ts";
import { childNames } from "./childNames.ts";
import { childOptions, inDatabase } from "./childOptions.ts";
import type { ClientCredentials } from "./credentials.ts";

/** The arguments of {@link ApplicationRegistration}. */
export type ApplicationRegistrationArgs = Pick<StackConfig, "openEdx" | "application" | "adopt"> & {
    /** The application's admin. */
    readonly connection: ConnectionArgs;
    /** Open edX as a client of the application. */
    readonly client: ClientCredentials;
    /** The LMS's URL at the gateway of its network. */
    readonly openEdxGatewayUrl: pulumi.Input<string>;
    /** Changes with the application's database; `undefined` if the stack doesn't run the application. */
    readonly databaseVersion: pulumi.Input<string> | undefined;
};

/**
 * What the MIT application needs to know about Open edX: its OAuth application `edx-oauth-app`. If the application's own
 * migrations created it, and nobody has configured it since, the stack takes it over.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 3.
 */
export class ApplicationRegistration extends pulumi.ComponentResource {
    /** Resolves once it exists. */
    readonly done: pulumi.Output<unknown>;

    constructor(name: string, args: ApplicationRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationRegistration", name, {}, opts);
        const { openEdx, application, adopt } = args;

        const registered = new OAuthApplication(
            childNames(name, "application")("edx-oauth-app"),
            {
                connection: args.connection,
                name: mitApplication.edxApplicationName,
                ...args.client,
                redirectUris: [openEdx.url, args.openEdxGatewayUrl].map(
                    (url) => pulumi.interpolate`${url}${openEdxConstants.completePath}`,
                ),
                adopt: adopt || (application.profile.hasEdxApplication && "untouched"),
            },
            { ...childOptions(this, opts), ...inDatabase(args.databaseVersion) },
        );

        this.done = registered.id;
        this.registerOutputs({});
    }
}
