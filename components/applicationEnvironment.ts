import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { filesOfCheckout } from "../preflight/composeCommand.ts";
import { environmentLines, type GeneratedValues } from "../config/environmentLines.ts";
import { atHost, type StackConfig } from "../config/stackConfig.ts";
import { readDotEnv } from "../dynamic-providers/files/dotEnvFaults.ts";
import { EnvFile, type EnvFileInputs } from "../dynamic-providers/files/envFile.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { childNames } from "./childNames.ts";
import type { ClientCredentials } from "./credentials.ts";

/** The arguments of {@link ApplicationEnvironment}. */
export type ApplicationEnvironmentArgs = Pick<StackConfig, "owner" | "envFile" | "environment" | "adopt"> & {
    /** The host the application's containers use to reach the LMS. */
    readonly openEdxGateway: pulumi.Input<string>;
    /** The application as a client of Open edX. */
    readonly client: ClientCredentials;
    /** The access token it uses to call the LMS (secret). */
    readonly serviceWorkerToken: pulumi.Input<string>;
    /** The key for APISIX's session cookies and its client secret in Keycloak (secret); empty without APISIX. */
    readonly apisixSessionSecret: pulumi.Input<string>;
    readonly keycloakClientSecret: pulumi.Input<string>;
    /** The checkout of an application that someone else runs, and has to reload after a change of the file. */
    readonly externalCheckout: string | undefined;
};

/**
 * The MIT application's settings, as a block in its checkout's `.env`. It doesn't start without them.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class ApplicationEnvironment extends pulumi.ComponentResource {
    /** The file itself; the application doesn't start without it. */
    readonly envFile: EnvFile;
    /** Its values that are known only during the run, or are secret. */
    readonly generated: GeneratedValues<pulumi.Output<string>>;

    constructor(name: string, args: ApplicationEnvironmentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationEnvironment", name, {}, opts);

        this.generated = generatedValues(args);
        this.envFile = new EnvFile(
            childNames(name, "environment")("env-file"),
            {
                path: args.envFile,
                owner: args.owner,
                values: environmentLines(args.environment, this.generated),
                ...(args.adopt && { adopt: true }),
            },
            {
                parent: this,
                ...(args.externalCheckout !== undefined && {
                    hooks: reloadHooks(args.envFile, args.externalCheckout),
                }),
            },
        );

        this.registerOutputs({ path: this.envFile.path });
    }
}

/** Hooks that remind whoever runs the application with Compose to reload the file; none without Compose files. */
function reloadHooks(envFile: string, checkout: string): pulumi.ResourceHookBinding {
    if (filesOfCheckout(checkout, readDotEnv(envFile)).length === 0) {
        return {};
    }
    const remind = async () => {
        await pulumi.log.info(
            `${envFile} has changed. Start or reload the application: docker compose up --detach, in ` +
                `${checkout}. If it was not running, run ${pulumiCommand("up")} afterwards.`,
        );
    };
    const remindIfChanged = async ({ oldInputs, newInputs }: pulumi.ResourceHookArgs) => {
        // Other inputs, such as `adopt`, don't change the file.
        if (!isDeepStrictEqual(linesOf(oldInputs), linesOf(newInputs))) {
            await remind();
        }
    };
    return { afterCreate: [remind], afterUpdate: [remindIfChanged] };
}

function linesOf(inputs: pulumi.ResourceHookArgs["oldInputs"]): unknown {
    const { path, values } = (inputs ?? {}) as Partial<EnvFileInputs>;
    return { path, values };
}

function generatedValues({
    environment,
    client,
    ...args
}: ApplicationEnvironmentArgs): GeneratedValues<pulumi.Output<string>> {
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
