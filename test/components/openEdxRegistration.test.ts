import { describe, expect, test } from "@jest/globals";
import { configured, deployed, the, valueOf } from "../support/pulumiMocks.ts";

const connection = {
    kind: "openedx",
    baseUrl: "http://local.openedx.io:8000",
    username: "edx@example.org",
    password: "password of the LMS",
    configured: configured.openEdx,
};

async function register(values: Record<string, string> = {}) {
    return (await deployed(values)).of("OpenEdxRegistration");
}

describe("the registration in Open edX", () => {
    test("is an OAuth application, the service worker and its token", async () => {
        const resources = await register();

        expect(resources.map(({ type, name }) => `${type} ${name}`)).toStrictEqual([
            "OAuthApplication mit-oauth-app",
            "DjangoUser service-worker",
            "AccessToken service-worker-token",
        ]);
    });

    test.each([
        ["xpro", "xpro-oauth-app", "http://xpro.odl.local:8053"],
        ["mitxonline", "mitxonline-oauth-app", "http://mitxonline.odl.local:8013"],
        ["mitxonline-apisix", "mitxonline-oauth-app", "http://mitxonline.odl.local:9080"],
    ])("has %s's name and redirect URIs", async (application, name, url) => {
        const app = the(await register({ application }), "OAuthApplication");

        expect(app.inputs).toStrictEqual({
            connection,
            name,
            clientId: "open-edx-client-id",
            clientSecret: "open-edx-client-secret",
            redirectUris: [`${url}/login/_private/complete`, `${url}/_/auth/complete`],
            adopt: false,
        });
        expect(app.secrets).toStrictEqual(["clientSecret", "connection"]);
    });

    test("has a service worker who is staff", async () => {
        const worker = the(await register(), "DjangoUser");

        expect(worker.inputs).toStrictEqual({
            connection,
            username: "mitserviceworker",
            owner: "openedx-mit-integration/test",
            email: "mitserviceworker@mit.odl.local",
            password: "service-worker-password",
            isStaff: true,
            adopt: false,
        });
        expect(worker.secrets).toStrictEqual(["connection", "password"]);
    });

    test("has a token for the service worker, and its expiry", async () => {
        const { openEdxRegistration, of } = await deployed({ tokenLifetimeDays: "90", tokenRenewBeforeDays: "7" });
        const token = the(of("OpenEdxRegistration"), "AccessToken");

        expect(token.inputs).toStrictEqual({
            connection,
            username: "mitserviceworker",
            token: "service-worker-token",
            lifetimeDays: 90,
            renewBeforeDays: 7,
        });
        expect(token.secrets).toStrictEqual(["connection", "token"]);
        expect(token.after).toContain("DjangoUser service-worker");
        await expect(valueOf(openEdxRegistration.tokenExpires)).resolves.toBe("2027-11-23T15:00:00Z");
    });

    test("makes the configured user a superuser", async () => {
        const resources = await register({ superuserUsername: "ada", superuserEmail: "ada@example.org" });

        expect(the(resources, "DjangoUser", "superuser").inputs).toStrictEqual({
            connection,
            username: "ada",
            owner: "openedx-mit-integration/test",
            email: "ada@example.org",
            isStaff: true,
            isSuperuser: true,
            adopt: true,
        });
    });

    test("of an LMS that Tutor runs waits for the superuser that creates it", async () => {
        const resources = await register({ lmsFrom: "tutor", lmsPassword: "" });

        for (const type of ["OAuthApplication", "DjangoUser"]) {
            const { inputs, after } = the(resources, type);
            // The configuration names no credentials.
            const { configured: _configured, ...made } = connection;
            expect(inputs["connection"]).toStrictEqual({
                ...made,
                password: "open-edx-superuser-password",
                startedByStack: true,
            });
            expect(after).toContain("Superuser lms-superuser");
        }
    });

    test("adopts objects created outside Pulumi, if configured", async () => {
        const resources = await register({ adopt: "true" });

        expect(the(resources, "OAuthApplication").inputs).toMatchObject({ adopt: true });
        expect(the(resources, "DjangoUser").inputs).toMatchObject({ adopt: true });
    });
});
