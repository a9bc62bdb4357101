import { describe, expect, test } from "@jest/globals";
import { configured, deployed, the } from "../support/pulumiMocks.ts";

const connection = {
    kind: "openedx",
    baseUrl: "http://local.openedx.io:8000",
    username: "edx@example.org",
    password: "password of the LMS",
    configured: configured.openEdx,
};

async function configure(values: Record<string, string> = {}) {
    return (await deployed(values)).of("ProviderConfigurations");
}

describe("the provider configurations", () => {
    test.each([
        [
            "xpro",
            {
                AUTHORIZATION_URL: "http://xpro.odl.local:8053/oauth2/authorize/",
                ACCESS_TOKEN_URL: "http://172.19.0.1:8053/oauth2/token/",
                API_ROOT: "http://172.19.0.1:8053/",
            },
        ],
        [
            "mitxonline",
            {
                DISCOVERY_URL: "http://172.19.0.1:8013/.well-known/openid-configuration",
                API_ROOT: "http://172.19.0.1:8013/",
            },
        ],
        [
            "mitxonline-apisix",
            {
                DISCOVERY_URL: "http://172.19.0.1:9080/.well-known/openid-configuration",
                API_ROOT: "http://172.19.0.1:9080/",
            },
        ],
    ])("for %s are the handbook's, the same for both sites", async (application, otherSettings) => {
        const resources = await configure({ application });

        expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toStrictEqual([
            "OAuth2ProviderConfig example.com",
            "OAuth2ProviderConfig local.openedx.io:8000",
            "Site example.com",
            "Site local.openedx.io:8000",
        ]);
        for (const domain of ["local.openedx.io:8000", "example.com"]) {
            const site = the(resources, "Site", domain);
            expect(site.inputs).toStrictEqual({
                connection,
                domain,
                displayName: "Pulumi openedx-mit-integration/test",
            });
            expect(site.secrets).toStrictEqual(["connection"]);

            const provider = the(resources, "OAuth2ProviderConfig", domain);
            expect(provider.inputs).toStrictEqual({
                connection,
                site: domain,
                backendName: "ol-oauth2",
                name: "Login with MIT App",
                slug: "ol-oauth2",
                clientId: "application-client-id",
                clientSecret: "application-client-secret",
                otherSettings,
                skipHintedLoginDialog: true,
                skipRegistrationForm: true,
                skipEmailVerification: true,
                syncLearnerProfileData: true,
                enableSsoIdVerification: true,
                adopt: false,
            });
            expect(provider.secrets).toStrictEqual(["clientSecret", "connection"]);
            expect(provider.after).toContain(`Site ${domain}`);
        }
    });

    test("on macOS use Docker's host name instead of a gateway", async () => {
        const resources = await configure({ platform: "macos", applicationGateway: "" });

        expect(the(resources, "OAuth2ProviderConfig", "example.com").inputs["otherSettings"]).toStrictEqual({
            DISCOVERY_URL: "http://host.docker.internal:8013/.well-known/openid-configuration",
            API_ROOT: "http://host.docker.internal:8013/",
        });
    });

    test("are one if the LMS's own site is the fallback site", async () => {
        const resources = await configure({ fallbackSite: "local.openedx.io:8000" });

        expect(resources.map(({ type }) => type).sort()).toStrictEqual(["OAuth2ProviderConfig", "Site"]);
    });

    test("leave the client secret to the LMS's settings, if configured", async () => {
        const resources = await configure({ clientSecretIn: "settings" });

        expect(the(resources, "OAuth2ProviderConfig", "example.com").inputs).toMatchObject({ clientSecret: "" });
    });

    test("wait for the LMS to offer the backend if this stack sets it up", async () => {
        const resources = await configure({ lmsFrom: "tutor" });

        expect(the(resources, "OAuth2ProviderConfig", "example.com").after).toContain("OfferedBackend backend");
        // A site doesn't wait.
        expect(the(resources, "Site", "example.com").after).toContain("Superuser lms-superuser");
    });

    test("adopt those created outside Pulumi, if configured", async () => {
        const resources = await configure({ adopt: "true" });

        expect(the(resources, "OAuth2ProviderConfig", "example.com").inputs).toMatchObject({ adopt: true });
    });
});
