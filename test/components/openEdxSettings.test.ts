import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { Credentials } from "../../components/credentials.ts";
import { OpenEdxSettings } from "../../components/openEdxSettings.ts";
import { deploy, stackConfig, the, valueOf } from "../support/pulumiMocks.ts";

async function configure(values: Record<string, string> = {}) {
    let settings: OpenEdxSettings | undefined;
    const resources = await deploy(() => {
        const config = stackConfig(values);
        settings = new OpenEdxSettings("settings", {
            ...config,
            credentials: new Credentials("credentials", config),
        });
    });
    return {
        settings: settings as unknown as OpenEdxSettings,
        resources: resources.filter(({ parent }) => parent === "OpenEdxSettings"),
    };
}

describe("the settings of an LMS that Tutor runs", () => {
    test("are a plug-in, and a wait until they are live", async () => {
        const { resources } = await configure({
            lmsFrom: "tutor",
            tutor: "/opt/tutor",
            lmsPackages: "installed",
        });

        expect(resources.map(({ type, name }) => `${type} ${name}`)).toStrictEqual([
            "Plugin tutor-plugin",
            "OfferedBackend backend",
        ]);
        const plugin = the(resources, "Plugin");
        expect(plugin.inputs).toMatchObject({ tutor: "/opt/tutor", name: "mit-integration" });
        expect(plugin.inputs["text"]).toMatch(/^# Tutor plug-in of openedx-mit-integration\/test /);
        expect(plugin.secrets).toStrictEqual(["text"]);
        const backend = the(resources, "OfferedBackend");
        expect(backend.inputs).toMatchObject({
            connection: { kind: "openedx", baseUrl: "http://local.openedx.io:8000" },
            backendName: "ol-oauth2",
        });
        expect(backend.inputs["settings"]).toMatch(/^[0-9a-f]{64}$/);
        expect(backend.secrets).toStrictEqual(["connection"]);
        expect(backend.after).toContain("Plugin tutor-plugin");
    });

    test("need packages: an image is built with those that fit the release, and the LMS run from it", async () => {
        const { resources } = await configure({ lmsFrom: "tutor", tutor: "/opt/tutor" });

        expect(resources.map(({ type, name }) => `${type} ${name}`)).toStrictEqual([
            "Plugin tutor-plugin",
            "Command lms-image",
            "Command lms-start",
            "OfferedBackend backend",
        ]);
        const image = the(resources, "Command", "lms-image");
        expect(image.inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "images", "build"],
            create: "openedx-dev",
            triggers: ["ol-social-auth==0.3.0", "openedx-companion-auth==1.3.0"],
        });
        expect(image.after).toContain("Plugin tutor-plugin");
        expect(the(resources, "Command", "lms-start").inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "dev", "start"],
            create: "--detach",
            triggers: ["lms-image-id"],
        });
        expect(the(resources, "OfferedBackend").after).toContain("Command lms-start");
    });

    test("hold the client secret where that is configured, and only there", async () => {
        const plugin = async (clientSecretIn: string) =>
            the((await configure({ lmsFrom: "tutor", clientSecretIn })).resources, "Plugin").inputs["text"];

        await expect(plugin("settings")).resolves.toContain(
            'SOCIAL_AUTH_OAUTH_SECRETS = {"ol-oauth2": "application-client-secret"}',
        );
        await expect(plugin("database")).resolves.not.toContain("SOCIAL_AUTH_OAUTH_SECRETS");
    });
});

describe("the settings of an LMS that is set up elsewhere", () => {
    test("are the text of the same plug-in, secret where it holds the client secret", async () => {
        const { settings, resources } = await configure({ lmsFrom: "external", application: "xpro" });
        const { settings: withSecret } = await configure({ lmsFrom: "external", clientSecretIn: "settings" });

        expect(resources).toStrictEqual([]);
        expect(settings.backend).toBeUndefined();
        await expect(valueOf(settings.pluginText)).resolves.toContain('["http://xpro.odl.local:8053/logout"]');
        await expect(pulumi.isSecret(settings.pluginText)).resolves.toBe(false);
        await expect(pulumi.isSecret(withSecret.pluginText)).resolves.toBe(true);
    });
});
