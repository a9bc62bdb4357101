import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import type { ApplicationName } from "../../config/profiles.ts";
import type { Servers } from "../../sandbox/sandbox.ts";
import { runScript } from "./sandbox.ts";
import { sandboxServer } from "./sandboxStack.ts";

/**
 * Integrates the sandbox's LMS with a profile's server, as the program does, in their databases and `.env`: for tests
 * of how the servers then behave. The program itself is tested with the engine.
 *
 * @returns the URL where a sign-in begins.
 */
export async function integrate(application: ApplicationName, servers: Servers): Promise<string> {
    const { lms, mitxonline } = servers;
    const server = servers[sandboxServer(application)];
    const baseUrl = application === "mitxonline-apisix" ? mitxonline.apisixBaseUrl : server.baseUrl;
    const gatewayUrl = `http://127.0.0.1:${new URL(baseUrl).port}`;
    const secret = () => randomBytes(20).toString("hex");
    const ids = { clientId: secret(), clientSecret: secret(), edxClientId: secret(), edxClientSecret: secret() };
    const endpoints =
        server.name === "mitxonline"
            ? { DISCOVERY_URL: `${gatewayUrl}/.well-known/openid-configuration`, API_ROOT: `${gatewayUrl}/` }
            : {
                  AUTHORIZATION_URL: `${baseUrl}/oauth2/authorize/`,
                  ACCESS_TOKEN_URL: `${gatewayUrl}/oauth2/token/`,
                  API_ROOT: `${gatewayUrl}/`,
              };
    const environment = {
        OPENEDX_API_BASE_URL: lms.baseUrl,
        OPENEDX_OAUTH_PROVIDER: "ol-oauth2",
        OPENEDX_SOCIAL_LOGIN_PATH: "/auth/login/ol-oauth2/?auth_entry=login",
        OPENEDX_API_CLIENT_ID: ids.clientId,
        OPENEDX_API_CLIENT_SECRET: ids.clientSecret,
        LOGOUT_REDIRECT_URL: `${lms.baseUrl}/logout`,
        [server.name === "mitxonline" ? "MITX_ONLINE_BASE_URL" : "MITXPRO_BASE_URL"]: baseUrl,
        MITXONLINE_DOCKER_BASE_URL: gatewayUrl,
        CSRF_TRUSTED_ORIGINS: `${server.baseUrl},${baseUrl}`,
        ...(application === "mitxonline-apisix" && { COMPOSE_PROFILES: "keycloak,apisix" }),
    };
    await writeFile(
        server.envFile,
        Object.entries(environment)
            .map(([name, value]) => `${name}=${value}\n`)
            .join(""),
        { mode: 0o600 },
    );
    const literal = (value: unknown) => `json.loads(${JSON.stringify(JSON.stringify(value))})`;
    await Promise.all([
        runScript(
            lms,
            `
import json
from django.contrib.sites.models import Site
from django.core.cache import cache
from oauth2_provider.models import get_application_model
from third_party_auth.models import OAuth2ProviderConfig
given = ${literal({ ...ids, baseUrl, host: new URL(lms.baseUrl).host, endpoints })}
get_application_model().objects.create(
    name="mit-application", client_id=given["clientId"], client_secret=given["clientSecret"],
    client_type="confidential", authorization_grant_type="authorization-code", skip_authorization=True,
    redirect_uris=f"{given['baseUrl']}/login/_private/complete {given['baseUrl']}/_/auth/complete",
)
for domain in (given["host"], "example.com"):
    site, _ = Site.objects.get_or_create(domain=domain, defaults={"name": domain})
    OAuth2ProviderConfig.objects.create(
        enabled=True, name="Login with MIT App", slug="ol-oauth2", site=site, backend_name="ol-oauth2",
        skip_hinted_login_dialog=True, skip_registration_form=True, skip_email_verification=True,
        sync_learner_profile_data=True, key=given["edxClientId"], secret=given["edxClientSecret"],
        other_settings=json.dumps(given["endpoints"]),
    )
cache.clear()`,
        ),
        runScript(
            server,
            `
import json
from oauth2_provider.models import get_application_model
given = ${literal({ ...ids, redirectUri: `${lms.baseUrl}/auth/complete/ol-oauth2/` })}
Application = get_application_model()
row = Application.objects.filter(name="edx-oauth-app").first() or Application(name="edx-oauth-app")
row.client_id, row.client_secret = given["edxClientId"], given["edxClientSecret"]
row.client_type, row.authorization_grant_type = "confidential", "authorization-code"
row.redirect_uris, row.skip_authorization = given["redirectUri"], True
row.save()`,
        ),
    ]);
    return `${lms.baseUrl}/auth/login/ol-oauth2/?auth_entry=login`;
}
