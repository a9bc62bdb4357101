import * as pulumi from "@pulumi/pulumi";
import { openEdxConstants } from "../config/openEdx.ts";
import { otherSettings } from "../config/otherSettings.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { OAuth2ProviderConfig } from "../dynamic-providers/openedx/oauth2ProviderConfig.ts";
import { Site } from "../dynamic-providers/openedx/site.ts";
import { childNames } from "./childNames.ts";
import { childOptions } from "./childOptions.ts";
import type { ClientCredentials } from "./credentials.ts";

/** The arguments of {@link ProviderConfigurations}. */
export type ProviderConfigurationsArgs = Pick<StackConfig, "owner" | "application" | "lms" | "sites" | "adopt"> & {
    /** The LMS's admin. */
    readonly connection: ConnectionArgs;
    /** Open edX as a client of the application. */
    readonly client: ClientCredentials;
    /** The application's URL at the gateway of its network. */
    readonly applicationGatewayUrl: string;
    /** What must exist before a provider configuration, but not before a site. */
    readonly backendReady: readonly pulumi.Resource[];
};

/**
 * How users sign in to Open edX through the MIT application: the same provider configuration on each site.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class ProviderConfigurations extends pulumi.ComponentResource {
    /** Resolves once all of them exist. */
    readonly done: pulumi.Output<unknown>;

    constructor(name: string, args: ProviderConfigurationsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ProviderConfigurations", name, {}, opts);
        const { owner, connection, application, lms, sites, adopt } = args;
        const { clientId, clientSecret } = args.client;
        const displayName = `Pulumi ${owner}`.slice(0, 50);
        const named = childNames(name, "providers");
        const child = childOptions(this, opts);

        const configurations = sites.map((domain) => {
            const site = new Site(named(domain), { connection, domain, displayName }, child);
            return new OAuth2ProviderConfig(
                named(domain),
                {
                    connection,
                    site: site.domain,
                    backendName: openEdxConstants.backendName,
                    name: openEdxConstants.providerName,
                    slug: openEdxConstants.backendName,
                    clientId,
                    clientSecret: lms.clientSecretIn === "database" ? clientSecret : "",
                    otherSettings: otherSettings(application, args.applicationGatewayUrl),
                    skipHintedLoginDialog: true,
                    skipRegistrationForm: true,
                    skipEmailVerification: true,
                    syncLearnerProfileData: true,
                    enableSsoIdVerification: true,
                    adopt,
                },
                pulumi.mergeOptions(child, { dependsOn: [...args.backendReady] }),
            );
        });

        this.done = pulumi.all(configurations.map(({ id }) => id));
        this.registerOutputs({});
    }
}
