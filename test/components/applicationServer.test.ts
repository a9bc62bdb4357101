import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import type { ComposeProject } from "../../preflight/composeProject.ts";
import { composeProject, composeService, hashesAnswer, noVolumes } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands } from "../support/fakeCommands.ts";
import { configured, deployed, the, valueOf } from "../support/pulumiMocks.ts";

async function run(values: Record<string, string> = {}, project?: ComposeProject) {
    const compose = project && { project, volumes: noVolumes };
    const { applicationServer: server, of } = await deployed(values, {}, compose);
    return {
        server,
        resources: of("ApplicationServer"),
        containers: of("ComposeResources"),
        registered: the(of("ApplicationRegistration"), "OAuthApplication"),
    };
}

describe("an application that this stack runs", () => {
    let commands: FakeCommands;
    beforeEach(async () => {
        commands = await fakeCommands();
        await commands.make("docker", {
            "compose --project-directory ": hashesAnswer("web", "api"),
            "image inspect": "echo null",
            "volume inspect": "echo 2026-11-25T00:00:00Z",
        });
    });
    afterEach(() => commands.remove());

    const withCompose = (values: Record<string, string> = {}, services: ComposeProject["services"] = {}) =>
        run(
            {
                applicationFrom: "compose",
                applicationGateway: "",
                envFile: join(commands.folder, ".env"),
                ...values,
            },
            composeProject(
                { web: composeService({ image: "web" }), ...services },
                { folder: commands.folder, volumes: { state: { name: "mitxonline_state" } } },
            ),
        );

    test("is its Compose project, a wait until it responds, and a superuser, in this order", async () => {
        const { resources, containers } = await withCompose();

        expect(resources.map(({ type, name }) => `${type} ${name}`)).toStrictEqual([
            "SignInPage application-sign-in",
            "Superuser application-superuser",
        ]);
        // These resources of the project wait for nothing else.
        expect(the(containers, "Volume").after).toContain("EnvFile env-file");
        expect(the(resources, "SignInPage").after).toContain("Container web");
        expect(the(resources, "Superuser").after).toContain("SignInPage application-sign-in");
    });

    test.each([
        ["xpro", "http://xpro.odl.local:8053"],
        ["mitxonline", "http://mitxonline.odl.local:8013"],
        // Behind APISIX, the admin is at the application's own port.
        ["mitxonline-apisix", "http://mitxonline.odl.local:8013"],
    ])("of %s waits for its admin, and again with new containers", async (application, baseUrl) => {
        const page = the((await withCompose({ application })).resources, "SignInPage");

        expect(page.inputs).toStrictEqual({
            kind: "django",
            baseUrl,
            servedBy: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
        });
        expect(page.secrets).toStrictEqual([]);
    });

    test("has a superuser with a generated password if none is configured", async () => {
        const { server, resources } = await withCompose({ applicationPassword: "" });
        const superuser = the(resources, "Superuser");

        expect(superuser.inputs).toStrictEqual({
            project: "mitxonline",
            service: "web",
            manage: ["./manage.py"],
            username: "admin",
            email: "admin@odl.local",
            password: "application-superuser-password",
            owner: "openedx-mit-integration/test",
        });
        expect(superuser.secrets).toStrictEqual(["password"]);
        await expect(valueOf(server.connection)).resolves.toStrictEqual({
            kind: "django",
            baseUrl: "http://mitxonline.odl.local:8013",
            username: "admin",
            password: "application-superuser-password",
            managedByStack: true,
        });
        await expect(pulumi.isSecret(pulumi.output(server.connection))).resolves.toBe(true);
    });

    test("has a superuser with the configured password", async () => {
        const { resources } = await withCompose({ applicationUsername: "ada@example.org" });

        expect(the(resources, "Superuser").inputs).toMatchObject({
            username: "ada",
            email: "ada@example.org",
            password: "password of the application",
        });
    });

    test("is ready when its superuser exists", async () => {
        const { server } = await withCompose();

        expect(server.signInReady).toHaveLength(1);
        await expect(valueOf(server.signInReady[0]?.urn)).resolves.toMatch(/django:Superuser::application-superuser$/);
    });

    test.each([
        ["linux", "", "172.30.13.1", [{ subnet: "172.30.13.0/24", gateway: "172.30.13.1" }]],
        ["linux", "172.30.99.1", "172.30.99.1", [{ subnet: "172.30.99.0/24", gateway: "172.30.99.1" }]],
        ["macos", "", "host.docker.internal", undefined],
        ["windows", "172.30.99.1", "172.30.99.1", undefined],
    ])("is reached, on %s with the gateway %j, at %s", async (platform, applicationGateway, gateway, ipamConfigs) => {
        const { server, containers } = await withCompose({ platform, applicationGateway });

        expect(server.gateway).toBe(gateway);
        expect(server.gatewayUrl).toBe(`http://${gateway}:8013`);
        expect(the(containers, "Network", "default").inputs["ipamConfigs"]).toStrictEqual(ipamConfigs);
    });

    test("has values generated during the run in its containers", async () => {
        const api = composeService({
            image: "apisix",
            environment: {
                IP: "made-open-edx-gateway.invalid",
                URL: "made-application-at-gateway.invalid",
                TOKEN: "made-service-worker-token.invalid",
                ID: "made-client-id.invalid",
                SECRET: "made-client-secret.invalid",
                SESSION: "made-apisix-session-secret.invalid",
                KEYCLOAK: "made-keycloak-client-secret.invalid",
            },
        });
        const { containers } = await withCompose({ application: "mitxonline-apisix" }, { api });
        const container = the(containers, "Container", "api");

        expect(container.inputs["envs"]).toStrictEqual([
            "IP=172.18.0.1",
            "URL=http://172.18.0.1:9080",
            "TOKEN=service-worker-token",
            "ID=open-edx-client-id",
            "SECRET=open-edx-client-secret",
            "SESSION=apisix-session-secret",
            "KEYCLOAK=secret of Keycloak",
        ]);
        expect(container.secrets).toStrictEqual(["envs"]);
    });

    test("behind APISIX gets Keycloak's certificates from their templates before its containers", async () => {
        const { resources, containers } = await withCompose({ application: "mitxonline-apisix" });
        const tls = join(commands.folder, "config/keycloak/tls");

        const copies = resources.filter(({ type }) => type === "CopiedFile");
        expect(copies.map(({ inputs }) => inputs)).toStrictEqual([
            { source: join(tls, "tls.crt.default"), target: join(tls, "tls.crt") },
            { source: join(tls, "tls.key.default"), target: join(tls, "tls.key") },
        ]);
        expect(the(containers, "Volume").after).toStrictEqual(
            expect.arrayContaining(copies.map(({ name }) => `CopiedFile ${name}`)),
        );
    });
});

describe("an application that runs outside the stack", () => {
    test("creates nothing; the registrations wait for its .env", async () => {
        const { server, resources, containers, registered } = await run();

        expect([...resources, ...containers]).toStrictEqual([]);
        expect(registered.dependencies).toContain("EnvFile env-file");
        expect(server.gateway).toBe("172.19.0.1");
        expect(server.gatewayUrl).toBe("http://172.19.0.1:8013");
        await expect(valueOf(server.connection)).resolves.toStrictEqual({
            kind: "django",
            baseUrl: "http://mitxonline.odl.local:8013",
            username: "admin",
            password: "password of the application",
            configured: configured.application,
        });
    });
});
