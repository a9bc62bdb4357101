import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { composeFiles } from "../config/composeProject.ts";
import { environmentLines, type MadeValues } from "../config/environmentLines.ts";
import { atHost, type StackConfig } from "../config/stackConfig.ts";
import { EnvFile, type EnvFileInputs } from "../dynamic-providers/files/envFile.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import type { Credentials } from "./credentials.ts";
import type { OpenEdxServer } from "./openEdxServer.ts";

/** What {@link ApplicationEnvironment} needs. */
export type ApplicationEnvironmentArgs = Pick<
    StackConfig,
    "owner" | "openEdx" | "application" | "serviceWorker" | "envFile" | "keycloakClientSecret" | "adopt"
> & {
    readonly credentials: Credentials;
    /** Open edX, as far as its gateway is concerned. */
    readonly server: Pick<OpenEdxServer, "gateway">;
};

/**
 * The MIT application's settings, as a block in the `.env` of its checkout. It does not start without them.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class ApplicationEnvironment extends pulumi.ComponentResource {
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
                values: environmentLines(args, this.made),
                ...(args.adopt && { adopt: true }),
            },
            { parent: this, ...(args.application.project === undefined && { hooks: tellingToRead(args) }) },
        );

        this.registerOutputs({});
    }
}

/** Who runs the application by Compose has to let it read the file; nobody else does. */
function tellingToRead({ application, envFile }: ApplicationEnvironmentArgs): pulumi.ResourceHookBinding {
    if (composeFiles(application.checkout).length === 0) {
        return {};
    }
    const tell = async () => {
        await pulumi.log.info(
            `${envFile} has changed. Let the application read it, or start it: docker compose up --detach, in ` +
                `${application.checkout}. If it was not running, then: ${pulumiCommand("up")}`,
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

function madeValues(args: ApplicationEnvironmentArgs): MadeValues<pulumi.Output<string>> {
    const { application, credentials, keycloakClientSecret, server } = args;
    return {
        openEdxGateway: server.gateway,
        applicationAtGateway: server.gateway.apply((host) => atHost(application.url, host)),
        serviceWorkerToken: credentials.serviceWorkerToken,
        clientId: credentials.openEdx.clientId,
        clientSecret: credentials.openEdx.clientSecret,
        apisixSessionSecret: credentials.apisixSessionSecret ?? pulumi.output(""),
        keycloakClientSecret: pulumi.output(keycloakClientSecret),
    };
}
