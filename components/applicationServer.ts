import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ComposeProject } from "../preflight/composeProject.ts";
import type { ComposeApplication } from "../preflight/composeApplication.ts";
import { type GeneratedValues, placeholders } from "../config/environmentLines.ts";
import { mitApplication } from "../config/profiles.ts";
import { atHost, type StackConfig } from "../config/stackConfig.ts";
import type { ConnectionArgs } from "../dynamic-providers/openedx/connection.ts";
import { CopiedFile } from "../dynamic-providers/files/copiedFile.ts";
import { DjangoSuperuser } from "../dynamic-providers/docker/djangoSuperuser.ts";
import { expectDatabase } from "../dynamic-providers/docker/docker.ts";
import { SignInPage } from "../dynamic-providers/openedx/signInPage.ts";
import { childNames } from "./childNames.ts";
import { childOptions, inDatabase } from "./childOptions.ts";
import type { ComposeResources } from "./composeResources.ts";

/** The application's Compose project, with the component that runs it: other stacks don't load that. */
export interface DeployableApplication extends ComposeApplication {
    readonly ComposeResources: typeof ComposeResources;
}

/** The arguments of {@link ApplicationServer}. */
export type ApplicationServerArgs = Pick<StackConfig, "owner" | "platform" | "application"> & {
    /** The superuser's password (secret). */
    readonly superuserPassword: pulumi.Input<string>;
    /** Its Compose project, if this stack runs it. */
    readonly compose: DeployableApplication | undefined;
    /** The path of its `.env`, which it needs to start, and the values in it that are known only during the run. */
    readonly envFile: pulumi.Input<string>;
    readonly generated: GeneratedValues<pulumi.Output<string>>;
};

/**
 * The MIT application. If this stack runs it, it is the checkout's own Compose project; the component waits until its admin
 * responds, then creates a superuser. Otherwise the application only has to load its `.env`.
 *
 * Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class ApplicationServer extends pulumi.ComponentResource {
    /** The host the LMS's containers use to reach the application. */
    readonly gateway: string;
    /** The application's URL at that gateway. */
    readonly gatewayUrl: string;
    /** Its admin and the superuser who signs in there. */
    readonly connection: ConnectionArgs;
    /** What must exist before anybody can sign in to its admin. */
    readonly signInReady: pulumi.Resource[];
    /** Changes with its database; `undefined` if the stack doesn't run it. */
    readonly databaseVersion: pulumi.Output<string> | undefined;
    readonly #named: (child: string) => string;

    constructor(name: string, args: ApplicationServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ApplicationServer", name, {}, opts);
        const { application, superuserPassword, compose, envFile } = args;
        this.#named = childNames(name, "application-server");
        this.gateway = application.gateway ?? "";
        this.gatewayUrl = atHost(application.url, this.gateway);
        this.connection = {
            ...application.connection,
            // The application doesn't boot without its `.env`: delete what is in its admin before the file moves. Unlike the
            // id, the path is known in previews.
            baseUrl: pulumi.output(envFile).apply(() => application.connection.baseUrl),
            password: superuserPassword,
        };
        const containers = compose && this.#containers(args, compose, childOptions(this, opts));
        this.databaseVersion = containers?.dataVersions[application.profile.service];
        this.signInReady = containers ? [this.#superuser(args, compose.project.name, containers)] : [];
        this.registerOutputs({ gateway: this.gateway, gatewayUrl: this.gatewayUrl });
    }

    #containers(
        args: ApplicationServerArgs,
        { project, volumes, ComposeResources }: DeployableApplication,
        child: pulumi.CustomResourceOptions,
    ): ComposeResources {
        const { owner, platform, application, generated } = args;
        const copies = (application.profile.keycloak?.copies ?? []).map((file) => {
            const target = join(application.checkout, file);
            return new CopiedFile(this.#named(file), { source: `${target}.default`, target }, { parent: this });
        });
        return new ComposeResources(
            this.#named("compose"),
            {
                project,
                values: byPlaceholder(generated),
                owner,
                gateway: platform === "linux" ? application.gateway : undefined,
                existing: volumes,
                keepsVolumes: application.keepsVolumes,
                expectations: mapDatabases(project),
            },
            pulumi.mergeOptions(child, { dependsOn: copies }),
        );
    }

    #superuser(args: ApplicationServerArgs, project: string, containers: ComposeResources): DjangoSuperuser {
        const { owner, application, superuserPassword } = args;
        const { kind, baseUrl } = application.connection;
        const page = new SignInPage(
            this.#named("application-sign-in"),
            { kind, baseUrl, servedBy: containers.version },
            { parent: this, dependsOn: containers },
        );
        return new DjangoSuperuser(
            this.#named("application-superuser"),
            {
                project,
                service: application.profile.service,
                manage: mitApplication.manage,
                ...application.superuser,
                password: superuserPassword,
                owner,
            },
            { parent: this, dependsOn: page, ...inDatabase(this.databaseVersion) },
        );
    }
}

/**
 * Keycloak doesn't start without its own database, which the checkout creates only on fresh data.
 *
 * @returns by service: a check for the database named in its command, on a server in the same project.
 */
function mapDatabases({ name, services }: ComposeProject): Record<string, () => Promise<void>> {
    const expectations = Object.entries(services).flatMap(([service, { command }]) => {
        const option = (key: string) => command?.find((word) => word.startsWith(`--${key}=`))?.replace(/^[^=]*=/, "");
        const [host, database] = [option("db-url-host"), option("db-url-database")];
        return host !== undefined && host in services && database !== undefined
            ? [[service, () => expectDatabase(name, host, option("db-username") ?? "postgres", database)] as const]
            : [];
    });
    return Object.fromEntries(expectations);
}

/** The value for each placeholder in the Compose project. */
function byPlaceholder(generated: GeneratedValues<pulumi.Output<string>>): Record<string, pulumi.Output<string>> {
    return Object.fromEntries(
        Object.entries(placeholders).map(([key, placeholder]: [string, string]) => [
            placeholder,
            generated[key as keyof typeof generated],
        ]),
    );
}
