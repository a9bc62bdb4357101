import { describe, expect, test } from "@jest/globals";
import { dependentLines } from "../../config/environmentLines.ts";
import { parseDotEnv } from "../../dynamic-providers/files/dotEnvBlock.ts";
import { deployed, stackConfig, the } from "../support/pulumiMocks.ts";

/** The handbook's list, "MIT xPro/MITx Online Setup" step 2, in its order. */
const handbook = {
    OPENEDX_IP: "172.18.0.1",
    EDX_IP: "172.18.0.1",
    OPENEDX_API_BASE_URL: "http://local.openedx.io:8000",
    OPENEDX_SERVICE_WORKER_USERNAME: "mitserviceworker",
    OPENEDX_SERVICE_WORKER_API_TOKEN: "service-worker-token",
    OPENEDX_OAUTH_PROVIDER: "ol-oauth2",
    OPENEDX_SOCIAL_LOGIN_PATH: "/auth/login/ol-oauth2/?auth_entry=login",
    OPENEDX_API_CLIENT_ID: "open-edx-client-id",
    OPENEDX_API_CLIENT_SECRET: "open-edx-client-secret",
    OPENEDX_BASE_REDIRECT_URL: "http://local.openedx.io:8000",
    LOGOUT_REDIRECT_URL: "http://local.openedx.io:8000/logout",
};

/** What MITx Online's Compose file requires. */
const ports = { APISIX_PORT: "9080", KEYCLOAK_PORT: "7080", KEYCLOAK_SSL_PORT: "7443" };

/** What both applications need to boot. */
const mail = { MAILGUN_KEY: "not-set", MAILGUN_SENDER_DOMAIN: "odl.local" };

const apisix = {
    COMPOSE_PROFILES: "keycloak,apisix",
    MITOL_APIGATEWAY_DISABLE_MIDDLEWARE: "False",
    MITOL_APIGATEWAY_USERINFO_CREATE: "True",
    MITOL_APIGATEWAY_USERINFO_UPDATE: "True",
    APISIX_SESSION_SECRET_KEY: "apisix-session-secret",
    KEYCLOAK_CLIENT_SECRET: "secret of Keycloak",
};

/** The block, in a file that already contains `text`. */
async function envFile(values: Record<string, string>, text = "") {
    const { profile } = stackConfig(values).application;
    const ownLines = dependentLines(profile, parseDotEnv(text));
    const children = (await deployed(values, { ownLines })).of("ApplicationEnvironment");
    expect(children).toHaveLength(1);
    return the(children, "EnvFile", "env-file");
}

describe("the application's environment", () => {
    test.each([
        [
            "xpro",
            "../mitxpro/.env",
            {
                ...handbook,
                MITXPRO_BASE_URL: "http://xpro.odl.local:8053",
                ...mail,
                EXTERNAL_COURSE_SYNC_API_KEY: "not-set",
            },
        ],
        [
            "mitxonline",
            "../mitxonline/.env",
            {
                ...handbook,
                MITXONLINE_DOCKER_BASE_URL: "http://172.18.0.1:8013",
                MITX_ONLINE_BASE_URL: "http://mitxonline.odl.local:8013",
                ...ports,
                ...mail,
            },
        ],
        [
            "mitxonline-apisix",
            "../mitxonline/.env",
            {
                ...handbook,
                MITXONLINE_DOCKER_BASE_URL: "http://172.18.0.1:9080",
                MITX_ONLINE_BASE_URL: "http://mitxonline.odl.local:9080",
                ...ports,
                ...mail,
                ...apisix,
                CSRF_TRUSTED_ORIGINS: "http://mitxonline.odl.local:9080,http://mitxonline.odl.local:8013",
            },
        ],
    ])("of %s is the handbook's, in a secret block of the checkout's .env", async (application, path, values) => {
        const file = await envFile({ application });

        expect(file.inputs).toStrictEqual({ path, owner: "openedx-mit-integration/test", values });
        expect(file.secrets).toStrictEqual(["values"]);
    });

    test("omits variables required to boot that the developer has set", async () => {
        const file = await envFile({}, "MAILGUN_KEY=my-own\nMAILGUN_SENDER_DOMAIN=\n");

        expect(file.inputs["values"]).not.toHaveProperty("MAILGUN_KEY");
        expect(file.inputs["values"]).toHaveProperty("MAILGUN_SENDER_DOMAIN", "odl.local");
    });

    test("on macOS uses Docker's host name instead of gateways", async () => {
        const file = await envFile({ platform: "macos", lmsGateway: "", applicationGateway: "" });

        expect(file.inputs["values"]).toMatchObject({
            OPENEDX_IP: "host.docker.internal",
            EDX_IP: "host.docker.internal",
            MITXONLINE_DOCKER_BASE_URL: "http://host.docker.internal:8013",
        });
    });

    test("with Tutor on Linux has the gateway of the network that the run finds or creates", async () => {
        const file = await envFile({ lmsFrom: "tutor", lmsGateway: "" });

        expect(file.inputs["values"]).toMatchObject({
            OPENEDX_IP: "172.30.80.1",
            EDX_IP: "172.30.80.1",
            MITXONLINE_DOCKER_BASE_URL: "http://172.30.80.1:8013",
        });
    });

    test("has the ports of the configured addresses", async () => {
        const file = await envFile({
            application: "mitxonline-apisix",
            lmsUrl: "http://local.openedx.io:18000",
            applicationUrl: "http://mitxonline.odl.local:19080",
            applicationAdminUrl: "http://mitxonline.odl.local:18013",
            envFile: ".sandbox/mitxonline/.env",
        });

        expect(file.inputs["path"]).toBe(".sandbox/mitxonline/.env");
        expect(file.inputs["values"]).toMatchObject({
            OPENEDX_API_BASE_URL: "http://local.openedx.io:18000",
            OPENEDX_BASE_REDIRECT_URL: "http://local.openedx.io:18000",
            LOGOUT_REDIRECT_URL: "http://local.openedx.io:18000/logout",
            MITXONLINE_DOCKER_BASE_URL: "http://172.18.0.1:19080",
            MITX_ONLINE_BASE_URL: "http://mitxonline.odl.local:19080",
            APISIX_PORT: "19080",
            CSRF_TRUSTED_ORIGINS: "http://mitxonline.odl.local:19080,http://mitxonline.odl.local:18013",
        });
    });
});
