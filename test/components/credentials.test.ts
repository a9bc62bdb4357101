import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { Credentials } from "../../components/credentials.ts";
import { deploy, stackConfig, valueOf } from "../support/pulumiMocks.ts";

const password = (name: string, length: number) => ({
    type: "RandomPassword",
    name,
    inputs: { length, special: false },
});
const clientId = (name: string) => ({ type: "RandomString", name, inputs: { length: 40, special: false } });

// The LMS allows 128 characters in a client secret, 255 in a token, and 100 in a client ID.
const always = [
    clientId("open-edx-client-id"),
    clientId("application-client-id"),
    password("open-edx-client-secret", 64),
    password("application-client-secret", 64),
    password("service-worker-token", 64),
    password("service-worker-password", 40),
];

const credentialsOf = (values?: Record<string, string>) => {
    const { openEdx, application } = stackConfig(values);
    return new Credentials("credentials", {
        openEdxPassword: openEdx.password,
        applicationPassword: application.password,
        hasApisix: application.profile.isBehindApisix,
    });
};

describe("the credentials", () => {
    test.each([
        ["xpro", always],
        ["mitxonline", always],
        ["mitxonline-apisix", [...always, password("apisix-session-secret", 32)]],
    ])("of %s are random letters and digits, and everything that is required", async (application, expected) => {
        const resources = await deploy(() => credentialsOf({ application }));

        expect(resources).toHaveLength(expected.length);
        for (const resource of expected) {
            expect(resources).toContainEqual(expect.objectContaining({ ...resource, parent: "Credentials" }));
        }
    });

    test("include passwords of the superusers if none are configured", async () => {
        let credentials: Credentials | undefined;
        const values = { lmsFrom: "tutor", lmsPassword: "", applicationFrom: "compose", applicationPassword: "" };
        const resources = await deploy(() => (credentials = credentialsOf(values)));

        expect(resources).toHaveLength(always.length + 2);
        for (const name of ["open-edx-superuser-password", "application-superuser-password"]) {
            expect(resources).toContainEqual(expect.objectContaining(password(name, 40)));
        }
        const { openEdxPassword, applicationPassword } = credentials as unknown as Credentials;
        await expect(valueOf(openEdxPassword)).resolves.toBe("open-edx-superuser-password");
        await expect(valueOf(applicationPassword)).resolves.toBe("application-superuser-password");
        await expect(pulumi.isSecret(openEdxPassword)).resolves.toBe(true);
        await expect(pulumi.isSecret(applicationPassword)).resolves.toBe(true);
    });

    test("are the configured passwords, if any", async () => {
        let credentials: Credentials | undefined;
        await deploy(() => (credentials = credentialsOf()));

        const { openEdxPassword, applicationPassword } = credentials as unknown as Credentials;
        await expect(valueOf(openEdxPassword)).resolves.toBe("password of the LMS");
        await expect(valueOf(applicationPassword)).resolves.toBe("password of the application");
        await expect(pulumi.isSecret(openEdxPassword)).resolves.toBe(true);
        await expect(pulumi.isSecret(applicationPassword)).resolves.toBe(true);
    });

    test("are secret except for the client ids", async () => {
        let credentials: Credentials | undefined;
        await deploy(() => (credentials = credentialsOf()));

        const { applicationAsClient, openEdxAsClient, serviceWorkerToken, serviceWorkerPassword } =
            credentials as unknown as Credentials;
        const secrets = [
            applicationAsClient.clientSecret,
            openEdxAsClient.clientSecret,
            serviceWorkerToken,
            serviceWorkerPassword,
        ];
        await expect(Promise.all(secrets.map(pulumi.isSecret))).resolves.toStrictEqual([true, true, true, true]);
        await expect(Promise.all(secrets.map(valueOf))).resolves.toStrictEqual([
            "open-edx-client-secret",
            "application-client-secret",
            "service-worker-token",
            "service-worker-password",
        ]);
        const ids = [applicationAsClient.clientId, openEdxAsClient.clientId];
        await expect(Promise.all(ids.map(pulumi.isSecret))).resolves.toStrictEqual([false, false]);
        await expect(Promise.all(ids.map(valueOf))).resolves.toStrictEqual([
            "open-edx-client-id",
            "application-client-id",
        ]);
    });
});
