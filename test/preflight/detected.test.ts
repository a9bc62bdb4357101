import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseSettings } from "../../config/load.ts";
import type { Detected } from "../../config/stackConfig.ts";
import { preflight } from "../../preflight/preflight.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";

describe("the values detected on a machine", () => {
    let commands: FakeCommands;
    beforeEach(async () => {
        commands = await fakeCommands();
        const network = (gateway: string) => networkAnswer("", null, [{ Gateway: gateway }]);
        await commands.make("docker", {
            "network ls --quiet --filter label=com.docker.compose.project=tutor_dev": "echo lms",
            "network ls --quiet --filter label=com.docker.compose.project=mitxpro": "echo xpro",
            "network ls --quiet": "true",
            "network inspect lms": network("172.18.0.1"),
            "network inspect xpro": network("172.19.0.1"),
        });
        await mkdir(join(commands.folder, "mitxpro"));
    });
    afterEach(() => commands.remove());

    const detected = async (values: Readonly<Record<string, string>>): Promise<Detected> => {
        const settings = parseSettings({
            lmsPassword: "password of the LMS",
            applicationPassword: "password of the application",
            envFile: join(commands.folder, "mitxpro", ".env"),
            ...values,
        });
        return (await preflight(settings)).detected;
    };
    const problems = (values: Readonly<Record<string, string>>): Promise<string> =>
        detected(values).then(
            () => "",
            (error: unknown) => (error as Error).message,
        );
    const linux = { platform: "linux", application: "xpro" };

    test("include, on Linux, the gateways of networks that exist outside the stack", async () => {
        await expect(detected(linux)).resolves.toMatchObject({
            lmsGateway: "172.18.0.1",
            applicationGateway: "172.19.0.1",
        });
    });

    test("include no gateways that are configured: Docker is not asked", async () => {
        const found = await detected({ ...linux, lmsGateway: "10.1.1.1", applicationGateway: "10.2.2.2" });

        expect(found).not.toHaveProperty("lmsGateway");
        expect(found).not.toHaveProperty("applicationGateway");
        await expect(commands.calls("docker")).resolves.toStrictEqual([]);
    });

    test.each(["macos", "windows"])("include no gateways on %s, which needs none", async (platform) => {
        const found = await detected({ ...linux, platform });

        expect(found).not.toHaveProperty("lmsGateway");
        expect(found).not.toHaveProperty("applicationGateway");
        await expect(commands.calls("docker")).resolves.toStrictEqual([]);
    });

    test("are, on Linux, both requested in one error if Docker has no such networks, with how to start these", async () => {
        await commands.make("docker", { "network ls --quiet": "true" });
        const told = await problems(linux);

        expect(told).toContain("Found 2 problems on this machine");
        expect(told).toContain("lmsGateway is not set, and Docker has no network of the Compose project tutor_dev yet");
        expect(told).toContain("tutor dev start --detach; or set the gateway: pulumi config set lmsGateway ADDRESS");
        expect(told).toContain(
            "applicationGateway is not set, and Docker has no network of the Compose project mitxpro",
        );
        expect(told).toContain("docker compose up --detach, in the application's checkout");
    });

    describe("for Keycloak", () => {
        const apisix = { platform: "macos", application: "mitxonline-apisix", adopt: "true" };
        let envFile: string;
        beforeEach(async () => {
            envFile = join(commands.folder, "mitxonline", ".env");
            await mkdir(join(dirname(envFile), "config/keycloak/realms"), { recursive: true });
        });
        const writeRealm = (text: string, file = "ol-local-realm.json") =>
            writeFile(join(dirname(envFile), "config/keycloak/realms", file), text);
        const realm = JSON.stringify({
            realm: "olapps",
            clients: [{ clientId: "account" }, { clientId: "apisix", secret: "of the realm" }],
        });

        test.each([
            ["of today", "ol-local-realm.json"],
            ["before May 2025", "default-realm.json"],
        ])("include the secret of the client apisix in the realm file of a checkout %s", async (_when, file) => {
            await writeRealm(realm, file);

            await expect(detected({ ...apisix, envFile })).resolves.toMatchObject({
                keycloakClientSecret: "of the realm",
            });
        });

        test("do not include the secret if one is configured", async () => {
            await writeRealm(realm);

            await expect(detected({ ...apisix, envFile, keycloakClientSecret: "set" })).resolves.not.toHaveProperty(
                "keycloakClientSecret",
            );
        });

        test("do not include the secret for an application without Keycloak", async () => {
            await writeRealm(realm);

            await expect(detected({ ...apisix, application: "mitxonline", envFile })).resolves.not.toHaveProperty(
                "keycloakClientSecret",
            );
        });

        test.each([
            ["has no such client", JSON.stringify({ clients: [{ clientId: "account", secret: "another" }] })],
            ["has one without a secret", JSON.stringify({ clients: [{ clientId: "apisix" }] })],
            ["is no realm", "{}"],
            ["is no JSON", "{"],
        ])("include nothing if the realm file %s: the secret is then requested", async (_what, text) => {
            await writeRealm(text);
            const told = await problems({ ...apisix, envFile });

            expect(told).toContain(
                `keycloakClientSecret is not set, and ${join(dirname(envFile), "config/keycloak/realms")}`,
            );
            expect(told).toContain("pulumi config set --secret keycloakClientSecret");
        });

        test("include nothing if there is no checkout: the secret is requested, because every problem of the machine is reported", async () => {
            const told = await problems({ ...apisix, envFile: "/no/checkout/.env" });

            expect(told).toContain("Found a problem on this machine; nothing was changed.");
            expect(told).toContain("keycloakClientSecret is not set");
        });
    });
});
