import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { hashesAnswer } from "./support/composeProject.ts";
import { type FakeCommands, fakeCommands } from "./support/fakeCommands.ts";
import { deploy, type RecordedResource, the, valueOf } from "./support/pulumiMocks.ts";

type Outputs = typeof import("../index.ts");

/** Configures the stack. */
function configure(values: Readonly<Record<string, string>>): void {
    const entries = Object.entries(values).map(([key, value]) => [`openedx-mit-integration:${key}`, value]);
    pulumi.runtime.setAllConfig(Object.fromEntries(entries) as Record<string, string>);
}

/** Runs the whole program, as `pulumi up` does. */
async function run(values: Readonly<Record<string, string>>) {
    configure(values);
    let outputs: Outputs | undefined;
    const resources = await deploy(async () => {
        // The query makes it a separate module.
        outputs = (await import(`../index.ts?${JSON.stringify(values)}`)) as Outputs;
    });
    return { outputs: outputs as unknown as Outputs, resources };
}

/** Servers that someone else runs. */
const external = {
    platform: "linux",
    lmsGateway: "172.18.0.1",
    applicationGateway: "172.19.0.1",
    lmsPassword: "password of the LMS",
    applicationPassword: "password of the application",
    keycloakClientSecret: "secret of Keycloak",
    // In an existing folder.
    envFile: "test/.env",
};

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
        ({ outputs, resources } = await run({ ...external, application }));
    });

    test("deploys these resources, each in a component, and no other", () => {
        expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toStrictEqual(expected);
        expect(resources.filter(({ parent }) => parent === "")).toStrictEqual([]);
    });

    test("outputs the address to try the sign-in with, and every page concerned", () => {
        expect(outputs.application).toBe(application);
        expect(outputs.signInUrl).toBe("http://local.openedx.io:8000/auth/login/ol-oauth2/?auth_entry=login");
        expect(outputs.urls).toStrictEqual({ openEdx: openEdxUrls, application: urls });
    });

    test("outputs what to do before that if the application has no page to sign in on", () => {
        const first = /^Sign in at http:\/\/mitxonline\.odl\.local:8013\/admin\/ first, .* CSRF_TRUSTED_ORIGINS=/;
        expect(outputs.signInFirst).toMatch(application === "mitxonline" ? first : /^Nothing/);
    });

    test("outputs the gateways", async () => {
        await expect(valueOf(outputs.gateways)).resolves.toStrictEqual({
            openEdx: "172.18.0.1",
            application: "172.19.0.1",
        });
    });

    test("outputs who signs in, as a secret", async () => {
        await expect(valueOf(outputs.superusers)).resolves.toStrictEqual({
            openEdx: { username: "edx@example.org", password: "password of the LMS" },
            application: { username: "admin", password: "password of the application" },
        });
        await expect(pulumi.isSecret(pulumi.output(outputs.superusers))).resolves.toBe(true);
    });

    test("outputs the Tutor plugin, as a secret", async () => {
        await expect(valueOf(outputs.tutorPlugin)).resolves.toContain("# Tutor plug-in of ");
        await expect(pulumi.isSecret(outputs.tutorPlugin)).resolves.toBe(true);
    });

    test("outputs client ids in plain text, client secrets and the token as secrets", async () => {
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

    test("has a readme with a diagram and every link", async () => {
        const readme = await valueOf(outputs.readme);

        expect(readme).toContain("```mermaid\n");
        expect(readme).not.toContain("${");
        for (const link of [outputs.signInUrl, ...Object.values({ ...openEdxUrls, ...urls })]) {
            expect(readme).toContain(`(${link})`);
        }
    });
});

describe("the program that runs both servers", () => {
    let commands: FakeCommands;
    let values: Record<string, string>;
    beforeEach(async () => {
        commands = await fakeCommands();
        const checkout = join(commands.folder, "mitxonline");
        await mkdir(checkout);
        await writeFile(join(commands.folder, "config.yml"), "LMS_HOST: local.openedx.io\n");
        await commands.make("tutor", {
            "--version": "echo 'tutor, version 21.0.3'",
            "config printroot": `echo '${commands.folder}'`,
            "config printvalue DEV_PROJECT_NAME": "echo tutor_dev",
            "config printvalue LMS_HOST": "echo local.openedx.io",
        });
        const model = JSON.stringify({ services: { web: {} } });
        const normalized = JSON.stringify({
            name: "mitxonline",
            services: { web: { image: "web", networks: { default: null } } },
            networks: { default: { name: "mitxonline_default" } },
        });
        const compose = `compose --project-directory ${checkout}`;
        await commands.make("docker", {
            "version --format": "echo 28.5.2",
            "compose version": "echo 2.40.3",
            [`${compose} config --no-interpolate`]: `echo '${model}'`,
            [`${compose} --file - config --format json`]: `cat >/dev/null; echo '${normalized}'`,
            [`${compose} --file - config --environment`]: "cat >/dev/null",
            [`${compose} --profile * --file - config --no-interpolate`]: `cat >/dev/null; ${hashesAnswer("web")}`,
            info: "echo /no/such/folder/here",
            ps: "true",
            "network ls --quiet --filter": "true",
            "network ls --quiet": "echo one",
            "network inspect --format": "echo bridge 172.17.0.0/16",
            "network ls --filter": "true",
            "volume ls --quiet": "true",
            "image inspect": "echo null",
        });
        values = {
            platform: "linux",
            lmsFrom: "tutor",
            lmsUrl: "http://local.openedx.io:8999",
            applicationFrom: "compose",
            applicationUrl: "http://localhost:8998",
            envFile: join(checkout, ".env"),
        };
    });
    afterEach(() => commands.remove());

    test("deploys them too, with superusers, and needs no password", async () => {
        const { outputs, resources } = await run(values);

        const integration = all.map((resource) => resource.replace("local.openedx.io:8000", "local.openedx.io:8999"));
        expect(resources.map(({ type, name }) => `${type} ${name}`).sort()).toStrictEqual(
            [
                ...integration,
                "Command lms-image",
                "ComposeLeftovers mitxonline-leftovers",
                "ComposeVolumes mitxonline-volumes",
                "Container web",
                "Network default",
                "OfferedBackend backend",
                "RandomPassword application-superuser-password",
                "RandomPassword open-edx-superuser-password",
                "RemoteImage web",
                "SignInPage application-sign-in",
                "SignInPage lms-sign-in",
                "Superuser application-superuser",
                "Superuser lms-superuser",
                "TutorNetwork network",
                "TutorPlugin tutor-plugin",
                "TutorServer lms",
            ].sort(),
        );
        expect(resources.filter(({ parent }) => parent === "")).toStrictEqual([]);
        await expect(valueOf(outputs.gateways)).resolves.toStrictEqual({
            openEdx: "172.30.80.1",
            application: "172.30.13.1",
        });
        await expect(valueOf(outputs.superusers)).resolves.toStrictEqual({
            openEdx: { username: "edx@example.org", password: "open-edx-superuser-password" },
            application: { username: "admin", password: "application-superuser-password" },
        });
    });

    test("registers with each application only when its superuser exists", async () => {
        const { resources } = await run({ ...values, adopt: "true" });

        expect(the(resources, "OAuthApplication", "mit-oauth-app").after).toContain("Superuser lms-superuser");
        expect(the(resources, "OAuthApplication", "edx-oauth-app").after).toContain("Superuser application-superuser");
    });

    test("is stopped before any resource by every problem of the machine", async () => {
        await rm(join(commands.folder, "config.yml"));
        await commands.make("docker", { "version --format": "exit 1" });
        configure(values);
        const program = "../index.ts?machine";
        const resources = await deploy(async () => {
            await expect(import(program)).rejects.toThrow(
                /^Found 2 problems on this machine; nothing was changed\.[^]*Tutor has no configuration[^]*Docker can't be used/,
            );
        });

        expect(resources).toStrictEqual([]);
    });
});

test("a mistake in the configuration stops the program before any resource", async () => {
    configure({ application: "mitx" });
    const program = "../index.ts?mistake";
    const resources = await deploy(async () => {
        await expect(import(program)).rejects.toThrow('application: "mitx"');
    });

    expect(resources).toStrictEqual([]);
});
