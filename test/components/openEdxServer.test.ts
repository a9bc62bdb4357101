import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { Detected } from "../../config/stackConfig.ts";
import { configured, deployed, the, valueOf } from "../support/pulumiMocks.ts";

async function run(values: Record<string, string> = {}, detected: Detected = {}) {
    const { openEdxServer: server, of } = await deployed(values, detected);
    return { server, resources: of("OpenEdxServer") };
}

const withTutor = (values: Record<string, string> = {}, detected: Detected = {}) =>
    run({ lmsFrom: "tutor", tutor: "/opt/tutor", lmsGateway: "", ...values }, detected);

describe("an LMS that Tutor runs", () => {
    test("gets a plugin and a network, starts, and is waited for with its superuser and its backend", async () => {
        const { resources } = await withTutor({ lmsPackages: "installed" });

        expect(resources.map(({ type, name }) => `${type} ${name}`)).toStrictEqual([
            "TutorPlugin tutor-plugin",
            "TutorNetwork network",
            "TutorServer lms",
            "SignInPage lms-sign-in",
            "Superuser lms-superuser",
            "OfferedBackend backend",
        ]);
        // Each waits for the one before it.
        for (const [index, { after }] of resources.entries()) {
            const former = resources.slice(0, index).map(({ type, name }) => `${type} ${name}`);
            expect(after).toStrictEqual(expect.arrayContaining(former));
        }
    });

    test("has its settings in a plugin", async () => {
        const { resources } = await withTutor();
        const plugin = the(resources, "TutorPlugin");

        expect(plugin.inputs).toMatchObject({ tutor: "/opt/tutor", name: "mit-integration" });
        expect(plugin.inputs["text"]).toMatch(/^# Tutor plug-in of openedx-mit-integration\/test /);
        expect(plugin.secrets).toStrictEqual(["text"]);
    });

    test("has the client secret in the plugin only if configured", async () => {
        const plugin = async (clientSecretIn: string) =>
            the((await withTutor({ clientSecretIn })).resources, "TutorPlugin").inputs["text"];

        await expect(plugin("settings")).resolves.toContain(
            'SOCIAL_AUTH_OAUTH_SECRETS = {"ol-oauth2": "application-client-secret"}',
        );
        await expect(plugin("database")).resolves.not.toContain("SOCIAL_AUTH_OAUTH_SECRETS");
    });

    test("is waited for until it offers the backend, and again with new settings", async () => {
        const backend = async (values: Record<string, string>) =>
            the((await withTutor(values)).resources, "OfferedBackend");
        const { inputs, secrets } = await backend({});

        expect(inputs).toStrictEqual({
            connection: {
                kind: "openedx",
                baseUrl: "http://local.openedx.io:8000",
                username: "edx@example.org",
                password: "password of the LMS",
                configured: configured.openEdx,
                startedByStack: true,
            },
            backendName: "ol-oauth2",
            settings: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        });
        expect(secrets).toStrictEqual(["connection"]);
        expect((await backend({})).inputs["settings"]).toBe(inputs["settings"]);
        expect((await backend({ redirectVisitors: "false" })).inputs["settings"]).not.toBe(inputs["settings"]);
    });

    test("runs from an image that is built with the packages for its release", async () => {
        const { resources } = await withTutor({}, { release: "20" });
        const image = the(resources, "Command", "lms-image");
        const server = the(resources, "TutorServer");

        expect(image.inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "images", "build"],
            create: "openedx-dev",
            triggers: ["ol-social-auth==0.2.2", "openedx-companion-auth==1.2.0"],
        });
        expect(image.after).toContain("TutorPlugin tutor-plugin");
        expect(server.inputs).toMatchObject({ image: "lms-image-id", packages: [] });
        expect(server.after).toContain("Command lms-image");
    });

    test("gets the packages in the running container, if configured", async () => {
        const { resources } = await withTutor({ lmsPackages: "container" });

        expect(resources.filter(({ type }) => type === "Command")).toStrictEqual([]);
        expect(the(resources, "TutorServer").inputs).toMatchObject({
            image: "",
            packages: ["ol-social-auth==0.3.0", "openedx-companion-auth==1.3.0"],
        });
    });

    test("gets no packages if it already has them", async () => {
        const { resources } = await withTutor({ lmsPackages: "installed" });

        expect(resources.filter(({ type }) => type === "Command")).toStrictEqual([]);
        expect(the(resources, "TutorServer").inputs).toStrictEqual({
            tutor: "/opt/tutor",
            project: "tutor_dev",
            image: "",
            packages: [],
        });
    });

    test("is the Compose project that Tutor reports", async () => {
        const { resources } = await withTutor({}, { tutorProject: "mine_dev" });

        expect(the(resources, "TutorServer").inputs).toMatchObject({ project: "mine_dev" });
        expect(the(resources, "Superuser").inputs).toMatchObject({ project: "mine_dev" });
    });

    test("is set up from scratch if configured: configuration, image, launch, start", async () => {
        const { resources } = await withTutor({ lmsLaunch: "true", lmsUrl: "http://lms.example.org:8000" });
        const configuration = the(resources, "Command", "lms-configuration");
        const launch = the(resources, "Command", "lms-launch");

        expect(configuration.inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "config", "save", "--set"],
            create: "LMS_HOST=lms.example.org",
            logging: "none",
        });
        expect(the(resources, "TutorPlugin").after).toContain("Command lms-configuration");
        expect(launch.inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "dev", "launch", "--non-interactive"],
            create: "--skip-build",
        });
        expect(launch.after).toStrictEqual(expect.arrayContaining(["TutorNetwork network", "Command lms-image"]));
        // Tutor prints its databases' passwords.
        expect(launch.secretOutputs).toStrictEqual(["stdout", "stderr"]);
        expect(the(resources, "TutorServer").after).toContain("Command lms-launch");
    });

    test("backs up Tutor's configuration before every command that writes it, on creation and on change", async () => {
        const { resources } = await withTutor({ lmsLaunch: "true" });

        for (const name of ["lms-configuration", "lms-launch"]) {
            expect(the(resources, "Command", name).hooksBefore).toStrictEqual(["create", "update"]);
        }
        expect(the(resources, "Command", "lms-image").hooksBefore).toStrictEqual([]);
    });

    test("is launched with the images that the launch builds if none is built for the packages", async () => {
        const { resources } = await withTutor({ lmsLaunch: "true", lmsPackages: "container" });

        expect(the(resources, "Command", "lms-launch").inputs).toStrictEqual({
            interpreter: ["/opt/tutor", "dev", "launch"],
            create: "--non-interactive",
        });
        expect(resources.filter(({ name }) => name === "lms-image")).toStrictEqual([]);
    });

    test("may be down until the stack starts it; is deleted with the stack only if the stack launches it", async () => {
        const connection = async (lmsLaunch: string) => (await withTutor({ lmsLaunch })).server.connection;

        await expect(connection("true")).resolves.toMatchObject({ startedByStack: true, managedByStack: true });
        await expect(connection("false")).resolves.toMatchObject({ startedByStack: true });
        await expect(connection("false")).resolves.not.toHaveProperty("managedByStack");
    });

    test("is reached at its network's gateway, which is the same on every machine", async () => {
        const { server, resources } = await withTutor();

        expect(the(resources, "TutorNetwork").inputs).toStrictEqual({
            tutor: "/opt/tutor",
            owner: "openedx-mit-integration/test",
            newGateway: "172.30.80.1",
        });
        await expect(valueOf(server.gateway)).resolves.toBe("172.30.80.1");
        await expect(valueOf(server.gatewayUrl)).resolves.toBe("http://172.30.80.1:8000");
    });

    test.each([
        ["with the gateway that is configured", { lmsGateway: "10.1.2.3" }, "10.1.2.3", "10.1.2.3"],
        ["on macOS, whatever the gateway", { platform: "macos" }, "host.docker.internal", ""],
    ])("is reached, %s: its network is created accordingly", async (_what, values, gateway, wanted) => {
        const { server, resources } = await withTutor(values);

        expect(the(resources, "TutorNetwork").inputs).toMatchObject({ newGateway: wanted });
        await expect(valueOf(server.gateway)).resolves.toBe(gateway);
        await expect(valueOf(server.gatewayUrl)).resolves.toBe(`http://${gateway}:8000`);
    });

    test("has a superuser with the configured password, created in its container once it responds", async () => {
        const { server, resources } = await withTutor();
        const page = the(resources, "SignInPage");
        const superuser = the(resources, "Superuser");

        expect(page.inputs).toStrictEqual({
            kind: "openedx",
            baseUrl: "http://local.openedx.io:8000",
            // Waits again after every start of the LMS.
            servedBy: "2026-11-24T15:00:00Z",
        });
        expect(superuser.inputs).toStrictEqual({
            project: "tutor_dev",
            service: "lms",
            manage: ["./manage.py", "lms"],
            username: "edx",
            email: "edx@example.org",
            password: "password of the LMS",
            owner: "openedx-mit-integration/test",
        });
        expect(superuser.secrets).toStrictEqual(["password"]);
        await expect(valueOf(server.connection)).resolves.toMatchObject({ password: "password of the LMS" });
    });

    test("has a superuser with a generated password if none is configured", async () => {
        const { server, resources } = await withTutor({ lmsPassword: "", lmsUsername: "ada" });

        expect(the(resources, "Superuser").inputs).toMatchObject({
            username: "ada",
            email: "ada@example.org",
            password: "open-edx-superuser-password",
        });
        await expect(valueOf(server.connection)).resolves.toMatchObject({
            username: "ada",
            password: "open-edx-superuser-password",
        });
        await expect(pulumi.isSecret(pulumi.output(server.connection))).resolves.toBe(true);
    });
});

describe("an LMS set up outside the stack", () => {
    test("creates nothing, and already exists", async () => {
        const { server, resources } = await run();

        expect(resources).toStrictEqual([]);
        expect([...server.signInReady, ...server.backendReady]).toStrictEqual([]);
        await expect(valueOf(server.gateway)).resolves.toBe("172.18.0.1");
        await expect(valueOf(server.gatewayUrl)).resolves.toBe("http://172.18.0.1:8000");
        await expect(valueOf(server.connection)).resolves.toStrictEqual({
            kind: "openedx",
            baseUrl: "http://local.openedx.io:8000",
            username: "edx@example.org",
            password: "password of the LMS",
            configured: configured.openEdx,
        });
    });

    test("has the text of the same plugin, secret if it contains the client secret", async () => {
        const { server } = await run({ application: "xpro" });
        const { server: withSecret } = await run({ clientSecretIn: "settings" });

        await expect(valueOf(server.pluginText)).resolves.toContain('["http://xpro.odl.local:8053/logout"]');
        await expect(pulumi.isSecret(server.pluginText)).resolves.toBe(false);
        await expect(pulumi.isSecret(withSecret.pluginText)).resolves.toBe(true);
    });
});
