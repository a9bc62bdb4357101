import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { filesOfCheckout } from "../preflight/composeProject.ts";
import { environmentLines, type MadeValues } from "../config/environmentLines.ts";
import { atHost, type StackConfig } from "../config/stackConfig.ts";
import { readEnvText } from "../dynamic-providers/files/envFaults.ts";
import { EnvFile, type EnvFileInputs } from "../dynamic-providers/files/envFile.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import type { ClientCredentials } from "./credentials.ts";

/** What {@link ApplicationEnvironment} needs. */
export type ApplicationEnvironmentArgs = Pick<StackConfig, "owner" | "envFile" | "environment" | "adopt"> & {
    /** The host by which the application's containers reach the LMS. */
    readonly openEdxGateway: pulumi.Input<string>;
    /** The application as a client of Open edX. */
    readonly client: ClientCredentials;
    /** The access token by which it calls the LMS (secret). */
    readonly serviceWorkerToken: pulumi.Input<string>;
    /** The key of APISIX's session cookies, and its client secret in Keycloak (secret); empty where there is no APISIX. */
    readonly apisixSessionSecret: pulumi.Input<string>;
    readonly keycloakClientSecret: pulumi.Input<string>;
    /** The checkout of an application that somebody else runs, who then has to let it read the file. */
    readonly checkoutOfOthers: string | undefined;
};

/**
 * The MIT application's settings, as a block in the `.env` of its checkout. It does not start without them.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class ApplicationEnvironment extends pulumi.ComponentResource {
    /** The file itself: without it the application does not start. */
    readonly envFile: EnvFile;
    /** The values in it that come out in the course of a run, or are secret. */
    readonly made: MadeValues<pulumi.Output<string>>;

    constructor(name: string, args: ApplicationEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationEnvironment", name, {}, opts);

        this.made = madeValues(args);
        this.envFile = new EnvFile(
            "env-file",
            {
                path: args.envFile,
                owner: args.owner,
                values: environmentLines(args.environment, this.made),
                ...(args.adopt && { adopt: true }),
            },
            {
                parent: this,
                ...(args.checkoutOfOthers !== undefined && {
                    hooks: tellingToRead(args.envFile, args.checkoutOfOthers),
                }),
            },
        );

        this.registerOutputs({ path: this.envFile.path });
    }
}

/** Who runs the application by Compose has to let it read the file; nobody else does. */
function tellingToRead(envFile: string, checkout: string): pulumi.ResourceHookBinding {
    if (filesOfCheckout(checkout, readEnvText(envFile)).length === 0) {
        return {};
    }
    const tell = async () => {
        await pulumi.log.info(
            `${envFile} has changed. Let the application read it, or start it: docker compose up --detach, in ` +
                `${checkout}. If it was not running, then: ${pulumiCommand("up")}`,
        );
    };
    const tellOfOtherLines = async ({ oldInputs, newInputs }: pulumi.ResourceHookArgs) => {
        // Other inputs, such as `adopt`, leave the file as it is.
        if (!isDeepStrictEqual(linesOf(oldInputs), linesOf(newInputs))) {
            await tell();
        }
    };
    return { afterCreate: [tell], afterUpdate: [tellOfOtherLines] };
}

function linesOf(inputs: pulumi.ResourceHookArgs["oldInputs"]): unknown {
    const { path, values } = (inputs ?? {}) as Partial<EnvFileInputs>;
    return { path, values };
}

function madeValues({ environment, client, ...args }: ApplicationEnvironmentArgs): MadeValues<pulumi.Output<string>> {
    const openEdxGateway = pulumi.output(args.openEdxGateway);
    return {
        openEdxGateway,
        applicationAtGateway: openEdxGateway.apply((host) => atHost(environment.applicationUrl, host)),
        serviceWorkerToken: pulumi.output(args.serviceWorkerToken),
        ...client,
        apisixSessionSecret: pulumi.output(args.apisixSessionSecret),
        keycloakClientSecret: pulumi.output(args.keycloakClientSecret),
    };
}
