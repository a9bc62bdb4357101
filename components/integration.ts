import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../config/stackConfig.ts";
import { ApplicationEnvironment } from "./applicationEnvironment.ts";
import { ApplicationRegistration } from "./applicationRegistration.ts";
import { ApplicationServer, type DeployableApplication } from "./applicationServer.ts";
import { Credentials } from "./credentials.ts";
import { OpenEdxRegistration } from "./openEdxRegistration.ts";
import { OpenEdxServer } from "./openEdxServer.ts";
import { ProviderConfigurations } from "./providerConfigurations.ts";

/** The components whose values the program exports. */
export interface Integration {
    readonly credentials: Credentials;
    readonly openEdxServer: OpenEdxServer;
    readonly applicationServer: ApplicationServer;
    readonly openEdxRegistration: OpenEdxRegistration;
    /** Resolves once both servers are fully configured. */
    readonly done: pulumi.Output<unknown>;
}

/**
 * Deploys everything: components get values as arguments, and `dependsOn` sets the order.
 *
 * @param config - the resolved configuration.
 * @param compose - the application's Compose project, if this stack runs it.
 */
export function integrate(config: StackConfig, compose: DeployableApplication | undefined): Integration {
    const credentials = new Credentials("credentials", {
        openEdxPassword: config.openEdx.password,
        applicationPassword: config.application.password,
        hasApisix: config.application.profile.isBehindApisix,
    });
    const openEdxServer = new OpenEdxServer("open-edx-server", {
        ...config,
        superuserPassword: credentials.openEdxPassword,
        clientSecret: credentials.openEdxAsClient.clientSecret,
    });
    const environment = new ApplicationEnvironment("environment", {
        ...config,
        openEdxGateway: openEdxServer.gateway,
        client: credentials.applicationAsClient,
        serviceWorkerToken: credentials.serviceWorkerToken,
        apisixSessionSecret: credentials.apisixSessionSecret ?? "",
        externalCheckout: compose === undefined ? config.application.checkout : undefined,
    });
    const applicationServer = new ApplicationServer(
        "application-server",
        {
            ...config,
            compose,
            envFile: environment.envFile.path,
            generated: environment.generated,
            superuserPassword: credentials.applicationPassword,
        },
        { dependsOn: environment.envFile },
    );
    const openEdxRegistration = new OpenEdxRegistration(
        "open-edx",
        {
            ...config,
            connection: openEdxServer.connection,
            client: credentials.applicationAsClient,
            serviceWorkerPassword: credentials.serviceWorkerPassword,
            serviceWorkerToken: credentials.serviceWorkerToken,
        },
        { dependsOn: openEdxServer.signInReady },
    );
    const applicationRegistration = new ApplicationRegistration(
        "application",
        {
            ...config,
            connection: applicationServer.connection,
            client: credentials.openEdxAsClient,
            openEdxGatewayUrl: openEdxServer.gatewayUrl,
            databaseVersion: applicationServer.databaseVersion,
        },
        { dependsOn: applicationServer.signInReady },
    );
    const providerConfigurations = new ProviderConfigurations(
        "providers",
        {
            ...config,
            connection: openEdxServer.connection,
            client: credentials.openEdxAsClient,
            applicationGatewayUrl: applicationServer.gatewayUrl,
            backendReady: openEdxServer.backendReady,
        },
        { dependsOn: openEdxServer.signInReady },
    );
    const done = pulumi.all([openEdxRegistration.done, applicationRegistration.done, providerConfigurations.done]);
    return { credentials, openEdxServer, applicationServer, openEdxRegistration, done };
}
