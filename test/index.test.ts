import { beforeAll, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { deploy, type RecordedResource, valueOf } from "./support/pulumiMocks.ts";

type Outputs = typeof import("../index.ts");

/** Runs the whole program, as `pulumi up` does. */
async function run(application: string): Promise<{ outputs: Outputs; resources: RecordedResource[] }> {
    pulumi.runtime.setAllConfig({
        "openedx-mit-integration:application": application,
        "openedx-mit-integration:platform": "linux",
        "openedx-mit-integration:lmsGateway": "172.18.0.1",
        "openedx-mit-integration:applicationGateway": "172.19.0.1",
        "openedx-mit-integration:lmsPassword": "password of the LMS",
        "openedx-mit-integration:applicationPassword": "password of the application",
        "openedx-mit-integration:keycloakClientSecret": "secret of Keycloak",
    });
    let outputs: Outputs | undefined;
    const resources = await deploy(async () => {
        // The query makes it a module of its own.
        outputs = (await import(`../index.ts?${application}`)) as Outputs;
    });
    return { outputs: outputs as unknown as Outputs, resources };
}

const all = [
    "AccessToken service-worker-token",
    "DjangoUser service-worker",
    "EnvFile env-file",
    "OAuth2ProviderConfig example.com",
    "OAuth2ProviderConfig local.openedx.io:8000",
    "OAuthApplication edx-oauth-app",
    "OAuthApplication mit-oauth-app",
    "RandomPassword application-client-secret",
    "RandomPassword open-edx-client-secret",
    "RandomPassword service-worker-password",
    "RandomPassword service-worker-token",
    "RandomString application-client-id",
    "RandomString open-edx-client-id",
    "Site example.com",
    "Site local.openedx.io:8000",
];

const openEdxUrls = {
    home: "http://local.openedx.io:8000",
    oauthApplications: "http://local.openedx.io:8000/admin/oauth2_provider/application/",
    accessTokens: "http://local.openedx.io:8000/admin/oauth2_provider/accesstoken/",
    sites: "http://local.openedx.io:8000/admin/sites/site/",
    providerConfigurations: "http://local.openedx.io:8000/admin/third_party_auth/oauth2providerconfig/",
    users: "http://local.openedx.io:8000/admin/auth/user/",
    userSocialAuths: "http://local.openedx.io:8000/admin/social_django/usersocialauth/",
};

const mitxOnlineAdmin = {
    oauthApplications: "http://mitxonline.odl.local:8013/admin/oauth2_provider/application/",
    openEdxUsers: "http://mitxonline.odl.local:8013/admin/openedx/openedxuser/",
    openEdxApiAuths: "http://mitxonline.odl.local:8013/admin/openedx/openedxapiauth/",
};

describe.each([
    {
        application: "xpro",
        expected: all,
        urls: {
            home: "http://xpro.odl.local:8053",
            oauthApplications: "http://xpro.odl.local:8053/admin/oauth2_provider/application/",
            openEdxUsers: "http://xpro.odl.local:8053/admin/courseware/coursewareuser/",
            openEdxApiAuths: "http://xpro.odl.local:8053/admin/courseware/openedxapiauth/",
        },
    },
    {
        application: "mitxonline",
        expected: all,
        urls: { home: "http://mitxonline.odl.local:8013", ...mitxOnlineAdmin },
    },
    {
        application: "mitxonline-apisix",
        expected: [...all, "RandomPassword apisix-session-secret"].sort(),
        urls: { home: "http://mitxonline.odl.local:9080", ...mitxOnlineAdmin },
    },
])("the program for $application", ({ application, expected, urls }) => {
    let outputs: Outputs;
    let resources: RecordedResource[];
    beforeAll(async () => {
        ({ outputs, resources } = await run(application));
    });

    test("deploys these resources, each in a component, and no other", () => {
        expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toStrictEqual(expected);
        expect(resources.filter(({ parent }) => parent === "")).toStrictEqual([]);
    });

    test("tells the address to try the sign-in with, and every page concerned", () => {
        expect(outputs.application).toBe(application);
        expect(outputs.signInUrl).toBe("http://local.openedx.io:8000/auth/login/ol-oauth2/?auth_entry=login");
        expect(outputs.urls).toStrictEqual({ openEdx: openEdxUrls, application: urls });
        expect(outputs.gateways).toStrictEqual({ openEdx: "172.18.0.1", application: "172.19.0.1" });
    });

    test("tells client ids in clear, client secrets and the token as secrets", async () => {
        const { clientIds, clientSecrets, serviceWorkerToken, serviceWorkerTokenExpires } = outputs;

        await expect(valueOf(clientIds)).resolves.toStrictEqual({
            openEdx: "open-edx-client-id",
            application: "application-client-id",
        });
        await expect(valueOf(clientSecrets)).resolves.toStrictEqual({
            openEdx: "open-edx-client-secret",
            application: "application-client-secret",
        });
        await expect(valueOf(serviceWorkerToken)).resolves.toBe("service-worker-token");
        await expect(valueOf(serviceWorkerTokenExpires)).resolves.toBe("2027-11-23T15:00:00Z");
        const values: object[] = [clientIds, clientSecrets, serviceWorkerToken, serviceWorkerTokenExpires];
        await expect(Promise.all(values.map((value) => pulumi.isSecret(pulumi.output(value))))).resolves.toStrictEqual([
            false,
            true,
            true,
            false,
        ]);
    });

    test("has a readme with a diagram and every link", () => {
        expect(outputs.readme).toContain("```mermaid\n");
        expect(outputs.readme).not.toContain("${");
        for (const link of [outputs.signInUrl, ...Object.values({ ...openEdxUrls, ...urls })]) {
            expect(outputs.readme).toContain(`(${link})`);
        }
    });
});

test("a mistake in the configuration stops the program before any resource", async () => {
    pulumi.runtime.setAllConfig({ "openedx-mit-integration:application": "mitx" });
    const program = "../index.ts?mistake";
    const resources = await deploy(async () => {
        await expect(import(program)).rejects.toThrow('application: "mitx"');
    });

    expect(resources).toStrictEqual([]);
});
