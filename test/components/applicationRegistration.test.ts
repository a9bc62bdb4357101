import { describe, expect, test } from "@jest/globals";
import { configured, deployed, the } from "../support/pulumiMocks.ts";

async function register(values: Record<string, string>) {
    const children = (await deployed(values)).of("ApplicationRegistration");
    expect(children).toHaveLength(1);
    return the(children, "OAuthApplication", "edx-oauth-app");
}

describe("the registration in the MIT application", () => {
    test.each([
        ["xpro", "http://xpro.odl.local:8053", false],
        ["mitxonline", "http://mitxonline.odl.local:8013", "untouched"],
        // Behind APISIX, nobody can sign in to the admin through its port.
        ["mitxonline-apisix", "http://mitxonline.odl.local:8013", "untouched"],
    ])("of %s is an OAuth application with both redirect URIs", async (application, baseUrl, adopt) => {
        const app = await register({ application });

        expect(app.inputs).toStrictEqual({
            connection: {
                kind: "django",
                baseUrl,
                username: "admin",
                password: "password of the application",
                configured: configured.application,
            },
            name: "edx-oauth-app",
            clientId: "application-client-id",
            clientSecret: "application-client-secret",
            redirectUris: [
                "http://local.openedx.io:8000/auth/complete/ol-oauth2/",
                "http://172.18.0.1:8000/auth/complete/ol-oauth2/",
            ],
            adopt,
        });
        expect(app.secrets).toStrictEqual(["clientSecret", "connection"]);
    });

    test("adopts an application created outside Pulumi, if configured", async () => {
        expect((await register({ application: "xpro", adopt: "true" })).inputs).toMatchObject({ adopt: true });
    });

    test("waits for the application's environment, which the application needs to start", async () => {
        expect((await register({})).after).toContain("EnvFile env-file");
    });

    test("with Tutor on Linux has the gateway of the network that the run finds or creates", async () => {
        expect((await register({ lmsFrom: "tutor", lmsGateway: "" })).inputs).toMatchObject({
            redirectUris: [
                "http://local.openedx.io:8000/auth/complete/ol-oauth2/",
                "http://172.30.80.1:8000/auth/complete/ol-oauth2/",
            ],
        });
    });

    test("on macOS uses Docker's host name instead of a gateway", async () => {
        expect((await register({ platform: "macos", lmsGateway: "" })).inputs).toMatchObject({
            redirectUris: [
                "http://local.openedx.io:8000/auth/complete/ol-oauth2/",
                "http://host.docker.internal:8000/auth/complete/ol-oauth2/",
            ],
        });
    });
});
