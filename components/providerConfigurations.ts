import * as pulumi from "@pulumi/pulumi";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import { otherSettings } from "../config/otherSettings.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { OAuth2ProviderConfig } from "../dynamic-providers/openedx/oauth2ProviderConfig.ts";
import { Site } from "../dynamic-providers/openedx/site.ts";
import type { Credentials } from "./credentials.ts";
import type { ApplicationServer } from "./applicationServer.ts";
import type { OpenEdxServer } from "./openEdxServer.ts";

/** What {@link ProviderConfigurations} needs. */
export type ProviderConfigurationsArgs = Pick<StackConfig, "owner" | "application" | "lms" | "sites" | "adopt"> & {
    readonly credentials: Credentials;
    /** Open edX, which has to know the backend first. */
    readonly server: Pick<OpenEdxServer, "connection" | "ready" | "backend">;
    /** The application, as far as its addresses are concerned. */
    readonly applicationServer: Pick<ApplicationServer, "gatewayUrl">;
};

/**
 * How users sign in to Open edX through the MIT application: the same provider configuration for each site.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class ProviderConfigurations extends pulumi.ComponentResource {
    constructor(name: string, args: ProviderConfigurationsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ProviderConfigurations", name, {}, opts);
        const { owner, application, lms, credentials, applicationServer, sites, adopt } = args;
        const { connection, ready, backend } = args.server;
        const { clientId, clientSecret } = credentials.application;
        const displayName = `Pulumi ${owner}`.slice(0, 50);
        const child = { parent: this, dependsOn: ready };

        for (const domain of sites) {
            const site = new Site(domain, { connection, domain, displayName }, child);
            new OAuth2ProviderConfig(
                domain,
                {
                    connection,
                    site: site.domain,
                    backendName: openEdxConstants.backendName,
                    name: openEdxConstants.providerName,
                    slug: openEdxConstants.backendName,
                    clientId,
                    clientSecret: lms.clientSecretIn === "database" ? clientSecret : "",
                    otherSettings: otherSettings(application, applicationServer.gatewayUrl),
                    skipHintedLoginDialog: true,
                    skipRegistrationForm: true,
                    skipEmailVerification: true,
                    syncLearnerProfileData: true,
                    enableSsoIdVerification: true,
                    adopt,
                },
                pulumi.mergeOptions(child, { dependsOn: backend }),
            );
        }

        this.registerOutputs({});
    }
}
