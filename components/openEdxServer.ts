import { createHash } from "node:crypto";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { openEdxConstants } from "../config/openEdx.ts";
import { atHost, type LmsConfig, type StackConfig } from "../config/stackConfig.ts";
import { lmsPackages, tutorPlugin } from "../config/tutorPlugin.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { DjangoSuperuser } from "../dynamic-providers/docker/djangoSuperuser.ts";
import { OfferedBackend } from "../dynamic-providers/openedx/offeredBackend.ts";
import { SignInPage } from "../dynamic-providers/openedx/signInPage.ts";
import { backUpConfigurationOf } from "../dynamic-providers/tutor/tutorConfiguration.ts";
import { TutorNetwork } from "../dynamic-providers/tutor/tutorNetwork.ts";
import { TutorPlugin } from "../dynamic-providers/tutor/tutorPlugin.ts";
import { TutorServer } from "../dynamic-providers/tutor/tutorServer.ts";
import { childNames } from "./childNames.ts";

/** The arguments of {@link OpenEdxServer}. */
export type OpenEdxServerArgs = Pick<StackConfig, "owner" | "platform" | "openEdx" | "application" | "lms"> & {
    /** The superuser's password (secret). */
    readonly superuserPassword: pulumi.Input<string>;
    /** Open edX's client secret for the application (secret), if the settings hold it. */
    readonly clientSecret: pulumi.Input<string>;
};

/**
 * The LMS, with the settings and packages for signing in through the MIT application. If Tutor runs it on this machine, it
 * gets them as a Tutor plugin, is launched or started, and the component waits until they are live. For any other LMS, the
 * plugin is text to hand over.
 *
 * Source: handbook, "Prerequisite", "MIT xPro/MITx Online Setup" step 1, "Open edX Provider Configuration" steps 2 to 4.
 */
export class OpenEdxServer extends pulumi.ComponentResource {
    /** The plugin's source; secret if it contains the client secret. */
    readonly pluginText: pulumi.Output<string>;
    /** The host the application's containers use to reach the LMS. */
    readonly gateway: pulumi.Output<string>;
    /** The LMS's URL at that gateway. */
    readonly gatewayUrl: pulumi.Output<string>;
    /** Its admin and the superuser who signs in there. */
    readonly connection: ConnectionArgs;
    /** What must exist before anybody can sign in to the LMS's admin. */
    readonly signInReady: pulumi.Resource[] = [];
    /** What must exist before a provider configuration. */
    readonly backendReady: pulumi.Resource[] = [];
    readonly #named: (child: string) => string;

    constructor(name: string, args: OpenEdxServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:OpenEdxServer", name, {}, opts);
        const { openEdx, lms, superuserPassword } = args;
        this.#named = childNames(name, "open-edx-server");
        this.pluginText = pluginText(args);
        this.connection = { ...openEdx.connection, password: superuserPassword };

        let gateway: pulumi.Input<string> = openEdx.gateway ?? "";
        if (lms.from === "tutor") {
            const settings = this.#settings(args);
            const network = this.#network(args, settings);
            const server = this.#server(args, network, settings);
            const superuser = this.#superuser(args, server);
            this.signInReady = [superuser];
            this.backendReady = [this.#offeredBackend(server, superuser)];
            gateway = openEdx.gateway ?? network.gateway;
        }
        this.gateway = pulumi.output(gateway);
        this.gatewayUrl = this.gateway.apply((host) => atHost(openEdx.url, host));
        this.registerOutputs({ pluginText: this.pluginText, gateway: this.gateway, gatewayUrl: this.gatewayUrl });
    }

    /** The plugin, preceded by Tutor's configuration if the stack launches Open edX. */
    #settings({ openEdx, lms }: OpenEdxServerArgs): TutorPlugin {
        // No shell: Tutor is the interpreter, and `create` is its last argument.
        const configuration = lms.launches
            ? [
                  new local.Command(
                      this.#named("lms-configuration"),
                      {
                          interpreter: [lms.tutor, "config", "save", "--set"],
                          create: `LMS_HOST=${new URL(openEdx.url).hostname}`,
                          logging: "none",
                      },
                      { parent: this, hooks: backUpHooks(lms) },
                  ),
              ]
            : [];
        return new TutorPlugin(
            this.#named("tutor-plugin"),
            { tutor: lms.tutor, name: openEdxConstants.pluginName, text: this.pluginText },
            { parent: this, dependsOn: configuration },
        );
    }

    #network({ owner, platform, openEdx, lms }: OpenEdxServerArgs, settings: TutorPlugin): TutorNetwork {
        return new TutorNetwork(
            this.#named("network"),
            {
                tutor: lms.tutor,
                owner,
                newGateway: platform === "linux" ? (openEdx.gateway ?? openEdxConstants.gateway) : "",
            },
            { parent: this, dependsOn: settings },
        );
    }

    /** Builds the image with the packages, launches the LMS and starts it, streaming each command's output. */
    #server({ lms }: OpenEdxServerArgs, network: TutorNetwork, settings: TutorPlugin): TutorServer {
        const packages = lmsPackages[lms.release];
        const image =
            lms.packagesBy === "image"
                ? new local.Command(
                      this.#named("lms-image"),
                      {
                          interpreter: [lms.tutor, "images", "build"],
                          create: openEdxConstants.developmentImage,
                          triggers: [...packages],
                      },
                      { parent: this, dependsOn: settings },
                  )
                : undefined;
        const launch = lms.launches
            ? new local.Command(
                  this.#named("lms-launch"),
                  image === undefined
                      ? { interpreter: [lms.tutor, "dev", "launch"], create: "--non-interactive" }
                      : { interpreter: [lms.tutor, "dev", "launch", "--non-interactive"], create: "--skip-build" },
                  {
                      parent: this,
                      dependsOn: [network, ...(image ? [image] : [])],
                      hooks: backUpHooks(lms),
                      // Tutor prints the commands it runs, including its own secrets.
                      additionalSecretOutputs: ["stdout", "stderr"],
                  },
              )
            : undefined;
        return new TutorServer(
            this.#named("lms"),
            {
                tutor: lms.tutor,
                project: lms.project,
                image: image?.id ?? "",
                packages: lms.packagesBy === "container" ? packages : [],
            },
            { parent: this, dependsOn: [network, ...(launch ? [launch] : [])] },
        );
    }

    #superuser(args: OpenEdxServerArgs, server: TutorServer): DjangoSuperuser {
        const { owner, openEdx, lms, superuserPassword } = args;
        const { kind, baseUrl } = openEdx.connection;
        const page = new SignInPage(
            this.#named("lms-sign-in"),
            { kind, baseUrl, servedBy: server.since },
            { parent: this, dependsOn: server },
        );
        return new DjangoSuperuser(
            this.#named("lms-superuser"),
            {
                project: lms.project,
                service: openEdxConstants.service,
                manage: openEdxConstants.manage,
                ...openEdx.superuser,
                password: superuserPassword,
                owner,
            },
            { parent: this, dependsOn: page },
        );
    }

    #offeredBackend(server: TutorServer, superuser: DjangoSuperuser): OfferedBackend {
        return new OfferedBackend(
            this.#named("backend"),
            {
                connection: this.connection,
                backendName: openEdxConstants.backendName,
                settings: pulumi.all([pulumi.unsecret(this.pluginText), server.since]).apply(digest),
            },
            { parent: this, dependsOn: superuser },
        );
    }
}

function pluginText({ owner, application, lms, ...args }: OpenEdxServerArgs): pulumi.Output<string> {
    const clientSecret = lms.clientSecretIn === "settings" ? args.clientSecret : undefined;
    return pulumi.output(clientSecret).apply((secret) =>
        tutorPlugin({
            owner,
            release: lms.release,
            application,
            redirectsVisitors: lms.redirectsVisitors,
            clientSecret: secret,
        }),
    );
}

/** Hooks for commands that write Tutor's configuration, which would be lost if they were killed while writing. */
function backUpHooks({ tutor }: LmsConfig): pulumi.ResourceHookBinding {
    const keep = () => backUpConfigurationOf(tutor);
    return { beforeCreate: [keep], beforeUpdate: [keep] };
}

/** Identifies texts without revealing them: the client secret is 64 random characters. */
function digest(texts: readonly string[]): string {
    return createHash("sha256").update(texts.join("\n")).digest("hex");
}
