import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { AdminBrowser, errorsOn } from "../support/adminBrowser.ts";
import { type TestServers, startServers } from "../support/sandbox.ts";

const application = "oauth2_provider/application";
const settings = {
    OPENEDX_API_CLIENT_ID: "an-id",
    OPENEDX_API_CLIENT_SECRET: "a-secret",
    MAILGUN_KEY: "a-key",
    MAILGUN_SENDER_DOMAIN: "mail.example",
    EXTERNAL_COURSE_SYNC_API_KEY: "a-key",
};

let servers: TestServers<"mitxonline" | "xpro">;

beforeAll(async () => {
    servers = await startServers(["mitxonline", "xpro"]);
});
afterAll(() => servers.stop());

const configure = (name: "mitxonline" | "xpro", env: Record<string, string>) =>
    writeFile(
        servers[name].envFile,
        Object.entries(env)
            .map(([key, value]) => `${key}=${value}\n`)
            .join(""),
    );

describe.each(["mitxonline", "xpro"] as const)("%s without its settings", (name) => {
    const home = () => new AdminBrowser(servers[name].baseUrl).get("/");

    test("says what is missing, and works as soon as it is in the .env", async () => {
        const missing = await home();
        expect(missing.status).toBe(503);
        expect(missing.data).toContain("The following settings are missing");
        expect(missing.data).toContain("OPENEDX_API_CLIENT_ID");

        await configure(name, settings);
        expect((await home()).status).toBe(200);
        await configure(name, { ...settings, OPENEDX_API_CLIENT_SECRET: "" });
        const empty = await home();
        expect(empty.status).toBe(503);
        expect(empty.data).toContain("OPENEDX_API_CLIENT_SECRET");
        expect(empty.data).not.toContain("OPENEDX_API_CLIENT_ID");
    });
});

describe.each([
    ["mitxonline", ["csrf_mitxonline", "mitxonline_sessionid"]],
    ["xpro", ["csrftoken", "sessionid"]],
] as const)("%s", (name, cookieNames) => {
    let admin: AdminBrowser;

    beforeAll(async () => {
        await configure(name, settings);
        admin = await AdminBrowser.signIn(servers[name]);
    });

    const visitor = () => new AdminBrowser(servers[name].baseUrl);
    const fields = (changes = {}) => ({
        client_id: randomUUID(),
        client_secret: "a-secret",
        name: "an application",
        client_type: "confidential",
        authorization_grant_type: "authorization-code",
        redirect_uris: "http://one.example/a http://two.example/b",
        algorithm: "",
        ...changes,
    });
    /** The token endpoint's response to an ID and a secret with a made-up code. */
    const probe = async (client_id: string, client_secret: string) => {
        const grant = { grant_type: "authorization_code", code: "made-up", redirect_uri: "http://one.example/a" };
        const answer = await visitor().post(
            "/oauth2/token/",
            new URLSearchParams({ ...grant, client_id, client_secret }),
        );
        return { status: answer.status, error: (JSON.parse(answer.data) as { error: string }).error };
    };
    const right = { status: 400, error: "invalid_grant" };
    const wrong = { status: 401, error: "invalid_client" };

    test("signs in with the form of the Django admin, and its own cookies", async () => {
        const cookies = await admin.cookies.getCookies(servers[name].baseUrl);
        expect(cookies.map(({ key }) => key).sort()).toEqual([...cookieNames].sort());
    });

    test("shows the sign-in form again, with an error, after a wrong password", async () => {
        const answer = await visitor().signIn({ ...servers[name], password: "wrong" });
        expect(answer.status).toBe(200);
        expect(errorsOn(answer.data).join()).toMatch(/Please enter the correct username and password/);
    });

    test("redirects to the sign-in page without a session, and refuses a post", async () => {
        const page = await visitor().get(`/admin/${application}/`);
        expect(page.status).toBe(302);
        expect(page.headers["location"]).toMatch(/^\/admin\/login\//);
        expect((await visitor().post(`/admin/${application}/add/`, new URLSearchParams())).status).toBe(403);
    });

    test("answers 200 for an anonymous user's details", async () => {
        const answer = await visitor().get("/api/users/me", { Authorization: "Bearer unknown" });
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.data)).toMatchObject({ is_anonymous: true });
        const page = await visitor().get("/api/users/me", { Accept: "text/html,*/*;q=0.8" });
        expect(page.data).toMatch(/^<pre>/);
    });

    test("stores a client secret as a hash, and its token endpoint shows whether a secret is right", async () => {
        const values = fields();
        const id = await admin.add(application, values);
        expect((await admin.values(application, id))["client_secret"]).toMatch(/^pbkdf2_sha256\$/);
        expect(await probe(values.client_id, "a-secret")).toEqual(right);
        expect(await probe(values.client_id, "another")).toEqual(wrong);
        expect(await probe("unknown", "a-secret")).toEqual(wrong);
    });

    test("keeps the secret when its hash is posted back or left out, and takes new text", async () => {
        const values = fields();
        const id = await admin.add(application, values);
        await admin.change(application, id, { name: "renamed" });
        await admin.change(application, id, { client_secret: null });
        expect(await probe(values.client_id, "a-secret")).toEqual(right);
        await admin.change(application, id, { client_secret: "new-secret" });
        expect(await probe(values.client_id, "new-secret")).toEqual(right);
    });

    test("loses the secret when it is posted back empty", async () => {
        const values = fields();
        const id = await admin.add(application, values);
        await admin.change(application, id, { client_secret: "" });
        expect(await probe(values.client_id, "a-secret")).toEqual(wrong);
    });

    test("treats a checkbox that is left out as false", async () => {
        const id = await admin.add(application, fields({ skip_authorization: "on" }));
        expect(await admin.values(application, id)).toHaveProperty("skip_authorization", "on");
        await admin.change(application, id, { skip_authorization: null });
        expect(await admin.values(application, id)).not.toHaveProperty("skip_authorization");
    });

    test("needs a redirect URI", async () => {
        await expect(admin.add(application, fields({ redirect_uris: "" }))).rejects.toThrow(
            /redirect_uris cannot be empty with grant_type authorization-code/,
        );
    });

    test("deletes an application", async () => {
        const values = fields();
        await admin.delete(application, await admin.add(application, values));
        expect(await admin.list(application, `client_id=${values.client_id}`)).toEqual([]);
        expect(await probe(values.client_id, "a-secret")).toEqual(wrong);
    });
});

describe("mitxonline", () => {
    let admin: AdminBrowser;
    beforeAll(async () => {
        await configure("mitxonline", settings);
        admin = await AdminBrowser.signIn(servers.mitxonline);
    });

    test("has an edx-oauth-app from the start, with one redirect URI and a secret that nobody knows", async () => {
        const [app, ...others] = await admin.list(application, "name=edx-oauth-app");
        expect(others).toEqual([]);
        const values = await admin.values(application, app?.["id"] ?? "");
        expect(values["redirect_uris"]?.trim().split(/\s+/)).toHaveLength(1);
        expect(values["client_secret"]).toMatch(/^pbkdf2_sha256\$/);
    });

    test("publishes its endpoints by discovery, on the address for containers except for the browser's one", async () => {
        const publicUrl = servers.mitxonline.baseUrl;
        await configure("mitxonline", {
            ...settings,
            MITX_ONLINE_BASE_URL: publicUrl,
            MITXONLINE_DOCKER_BASE_URL: "http://127.0.0.1:8013",
        });
        const answer = await new AdminBrowser(publicUrl).get("/.well-known/openid-configuration");
        expect(JSON.parse(answer.data)).toMatchObject({
            authorization_endpoint: `${publicUrl}/oauth2/authorize/`,
            token_endpoint: "http://127.0.0.1:8013/oauth2/token/",
            userinfo_endpoint: "http://127.0.0.1:8013/api/v0/userinfo/",
        });
    });

    test("has Django's debug toolbar on its pages", async () => {
        const page = await new AdminBrowser(servers.mitxonline.baseUrl).get("/admin/login/");
        expect(page.data).toMatch(/<div id="djDebug".*SQL/);
    });

    test("returns a user's details only by the name for Open edX, and refuses users who have none", async () => {
        const userInfo = async (username: string) => {
            const account = { ...servers.mitxonline, username, password: username };
            return (await AdminBrowser.signIn(account)).get("/api/v0/userinfo/");
        };
        const named = await userInfo("admin");
        expect(named.status).toBe(200);
        expect(JSON.parse(named.data)).toMatchObject({ username: "admin", email: "admin@odl.local" });
        for (const answer of [
            await userInfo("staff"),
            await new AdminBrowser(servers.mitxonline.baseUrl).get("/api/v0/userinfo/"),
        ]) {
            expect(answer.status).toBe(409);
            expect(JSON.parse(answer.data)).toEqual({ error: "User has no edx_username." });
        }
    });

    test("has no page to sign in on, but redirects back", async () => {
        const page = await new AdminBrowser(servers.mitxonline.baseUrl).get("/login/?next=/oauth2/authorize/");
        expect(page.status).toBe(302);
        expect(page.headers["location"]).toBe("/oauth2/authorize/");
    });

    test("refuses a browser's post at its own port, unless the settings trust that address", async () => {
        const post = async (origin: string) => {
            const browser = new AdminBrowser(servers.mitxonline.baseUrl);
            const { values } = await browser.form("/admin/login/?next=/admin/", "login-form");
            const fields = { ...values, username: "admin", password: "admin" };
            return browser.post("/admin/login/?next=/admin/", new URLSearchParams(fields), { Origin: origin });
        };
        const own = servers.mitxonline.baseUrl;
        await configure("mitxonline", { ...settings, CSRF_TRUSTED_ORIGINS: "" });
        const refused = await post(own);
        expect(refused.status).toBe(403);
        expect(refused.data).toContain("Origin checking failed");
        await configure("mitxonline", { ...settings, CSRF_TRUSTED_ORIGINS: `http://elsewhere.example,${own}` });
        expect((await post(own)).status).toBe(302);
    });

    test("has its API gateway only with that profile, and there the admin's sign-in belongs to Keycloak", async () => {
        const signInPage = () => new AdminBrowser(servers.mitxonline.apisixBaseUrl).get("/admin/login/");
        await configure("mitxonline", settings);
        expect((await signInPage()).status).toBe(502);
        await configure("mitxonline", { ...settings, COMPOSE_PROFILES: "keycloak,apisix" });
        const redirect = await signInPage();
        expect(redirect.status).toBe(302);
        expect(redirect.headers["location"]).toMatch(/^\/realms\//);
    });
});

describe("xpro", () => {
    let admin: AdminBrowser;
    beforeAll(async () => {
        await configure("xpro", settings);
        admin = await AdminBrowser.signIn(servers.xpro);
    });

    test("has no edx-oauth-app", async () => {
        expect(await admin.list(application, "name=edx-oauth-app")).toEqual([]);
    });

    test("answers 500 where a superuser, who has no legal address, would get an error page", async () => {
        const missing = "/oauth2/authorize/?client_id=nobody&response_type=code";
        await expect(admin.get(missing)).resolves.toMatchObject({ status: 500, data: "" });
        await expect(admin.get("/no/such/page/")).resolves.toMatchObject({ status: 500, data: "" });
    });

    test("has no user info endpoint to discover", async () => {
        const answer = await new AdminBrowser(servers.xpro.baseUrl).get("/.well-known/openid-configuration");
        expect(answer.data).not.toContain("userinfo_endpoint");
    });

    test("refuses an application's form without the fields of its inline formset", async () => {
        const form = await admin.form(`/admin/${application}/add/`, "application_form");
        const management = Object.keys(form.values).filter((field) => field.startsWith("access-"));
        expect(management).toContain("access-TOTAL_FORMS");
        const without = Object.fromEntries(management.map((field) => [field, null]));
        const answer = await admin.submit(form, { name: "refused", ...without });
        expect(answer.status).not.toBe(302);
        expect(await admin.list(application, "name=refused")).toEqual([]);
    });
});
