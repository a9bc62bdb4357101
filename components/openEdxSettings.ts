import { createHash } from "node:crypto";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { lmsPackages, tutorPlugin } from "../config/tutorPlugin.ts";
import { OfferedBackend } from "../dynamic-providers/offeredBackend.ts";
import { TutorPlugin } from "../dynamic-providers/tutorPlugin.ts";
import type { Credentials } from "./credentials.ts";

/** What {@link OpenEdxSettings} needs. */
export type OpenEdxSettingsArgs = Pick<StackConfig, "openEdx" | "application" | "lms"> & {
    readonly credentials: Credentials;
};

/**
 * The settings and packages by which the LMS knows sign-in through the MIT application: a Tutor plug-in. On an LMS that
 * Tutor runs here it is written and enabled, the packages go into its image, and what came of it is waited for; for any
 * other it is text to hand over.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export class OpenEdxSettings extends pulumi.ComponentResource {
    /** The plug-in's text; secret where it holds the client secret. */
    readonly pluginText: pulumi.Output<string>;
    /** The backend, where this stack waits for it: what needs it depends on this. */
    readonly backend: OfferedBackend | undefined;

    constructor(name: string, args: OpenEdxSettingsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:OpenEdxSettings", name, {}, opts);
        const { lms } = args;
        const { connection } = args.openEdx;
        this.pluginText = pluginText(args);

        if (lms.from === "tutor") {
            const plugin = new TutorPlugin(
                "tutor-plugin",
                { tutor: lms.tutor, name: openEdxConstants.pluginName, text: this.pluginText },
                { parent: this },
            );
            const packages = lms.packagesBy === "image" ? this.#buildImage(args, plugin) : plugin;
            this.backend = new OfferedBackend(
                "backend",
                {
                    connection,
                    backendName: openEdxConstants.backendName,
                    settings: pulumi.unsecret(this.pluginText).apply(digest),
                },
                { parent: this, dependsOn: packages },
            );
        }

        this.registerOutputs({ pluginText: this.pluginText });
    }

    /** Builds the image with the packages, and lets the LMS run from it. Both show their output as it comes. */
    #buildImage({ lms }: OpenEdxSettingsArgs, plugin: TutorPlugin): pulumi.Resource {
        // No shell in between: the interpreter is Tutor, and what it is to do its last argument.
        const image = new local.Command(
            "lms-image",
            {
                interpreter: [lms.tutor, "images", "build"],
                create: openEdxConstants.developmentImage,
                triggers: [...lmsPackages[lms.release]],
            },
            { parent: this, dependsOn: plugin },
        );
        return new local.Command(
            "lms-start",
            { interpreter: [lms.tutor, "dev", "start"], create: "--detach", triggers: [image.id] },
            { parent: this },
        );
    }
}

function pluginText({ application, lms, credentials }: OpenEdxSettingsArgs): pulumi.Output<string> {
    const owner = `${pulumi.getProject()}/${pulumi.getStack()}`;
    const clientSecret = lms.clientSecretIn === "settings" ? credentials.application.clientSecret : undefined;
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

/** Tells one text from another and nothing of what is in it: the client secret is 64 random characters. */
function digest(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}
