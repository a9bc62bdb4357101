import * as pulumi from "@pulumi/pulumi";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { OAuthApplication } from "../dynamic-providers/openedx/oauthApplication.ts";
import { childOptions } from "./childOptions.ts";
import type { ClientCredentials } from "./credentials.ts";

/** What {@link ApplicationRegistration} needs. */
export type ApplicationRegistrationArgs = Pick<StackConfig, "openEdx" | "application" | "adopt"> & {
    /** The application's admin. */
    readonly connection: ConnectionArgs;
    /** Open edX as a client of the application. */
    readonly client: ClientCredentials;
    /** The LMS's address at the gateway of its network. */
    readonly openEdxGatewayUrl: pulumi.Input<string>;
    /** For what is in the application's database: it is made again when that is another one. */
    readonly inDatabase: pulumi.CustomResourceOptions;
};

/**
 * What the MIT application has to know of Open edX: its OAuth application `edx-oauth-app`. Where the application's own
 * migrations made that one, and nobody has configured it since, it is taken over.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 3.
 */
export class ApplicationRegistration extends pulumi.ComponentResource {
    /** Known as soon as it is there. */
    readonly done: pulumi.Output<unknown>;

    constructor(name: string, args: ApplicationRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationRegistration", name, {}, opts);
        const { openEdx, application, adopt } = args;

        const registered = new OAuthApplication(
            "edx-oauth-app",
            {
                connection: args.connection,
                name: mitApplication.edxApplicationName,
                ...args.client,
                redirectUris: [openEdx.url, args.openEdxGatewayUrl].map(
                    (url) => pulumi.interpolate`${url}${openEdxConstants.completePath}`,
                ),
                adopt: adopt || (application.profile.hasEdxApplication && "untouched"),
            },
            { ...childOptions(this, opts), ...args.inDatabase },
        );

        this.done = registered.id;
        this.registerOutputs({});
    }
}
