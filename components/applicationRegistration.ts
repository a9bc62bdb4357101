import * as pulumi from "@pulumi/pulumi";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { OAuthApplication } from "../dynamic-providers/openedx/oauthApplication.ts";
import type { ApplicationServer } from "./applicationServer.ts";
import type { Credentials } from "./credentials.ts";
import type { OpenEdxServer } from "./openEdxServer.ts";

/** What {@link ApplicationRegistration} needs. */
export type ApplicationRegistrationArgs = Pick<StackConfig, "openEdx" | "application" | "adopt"> & {
    readonly credentials: Credentials;
    /** Open edX, as far as its addresses are concerned. */
    readonly server: Pick<OpenEdxServer, "gatewayUrl">;
    /** The application, as far as its admin is concerned. */
    readonly applicationServer: Pick<ApplicationServer, "connection" | "ready" | "inDatabase">;
};

/**
 * What the MIT application has to know of Open edX: its OAuth application `edx-oauth-app`. Where the application's own
 * migrations made that one, and nobody has configured it since, it is taken over.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 3.
 */
export class ApplicationRegistration extends pulumi.ComponentResource {
    constructor(name: string, args: ApplicationRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationRegistration", name, {}, opts);
        const { openEdx, application, credentials, server, applicationServer, adopt } = args;

        new OAuthApplication(
            "edx-oauth-app",
            {
                connection: applicationServer.connection,
                name: mitApplication.edxApplicationName,
                ...credentials.application,
                redirectUris: [openEdx.url, server.gatewayUrl].map(
                    (url) => pulumi.interpolate`${url}${openEdxConstants.completePath}`,
                ),
                adopt: adopt || (application.profile.hasEdxApplication && "untouched"),
            },
            { parent: this, dependsOn: applicationServer.ready, ...applicationServer.inDatabase },
        );

        this.registerOutputs({});
    }
}
