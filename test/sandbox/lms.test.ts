import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { AdminBrowser, errorsOn } from "../support/adminBrowser.ts";
import { type TestServers, runScript, startServers } from "../support/sandbox.ts";

const application = "oauth2_provider/application";
const accessToken = "oauth2_provider/accesstoken";
const providerConfig = "third_party_auth/oauth2providerconfig";
const inOneYear = { expires_0: `${new Date().getFullYear() + 1}-01-01`, expires_1: "00:00:00" };

let servers: TestServers<"lms">;
let admin: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    admin = await AdminBrowser.signIn(servers.lms);
});
afterAll(() => servers.stop());

const account = (name: string) => ({
    ...servers.lms,
    username: name,
    email: `${name}@example.org`,
    password: name,
});
const visitor = () => new AdminBrowser(servers.lms.baseUrl);

describe("signing in to the LMS", () => {
    const path = "/api/user/v1/account/login_session/";

    test("sets a session cookie for the host's name and a CSRF cookie for the host only", async () => {
        const cookies = await admin.cookies.getCookies(servers.lms.baseUrl);
        expect(cookies.map(({ key, domain, hostOnly }) => ({ key, domain, hostOnly }))).toEqual(
            expect.arrayContaining([
                { key: "lms_sessionid", domain: "local.openedx.io", hostOnly: false },
                { key: "csrftoken", domain: "local.openedx.io", hostOnly: true },
            ]),
        );
    });

    test("is not possible on the admin's own page, which redirects to the LMS's", async () => {
        const page = await visitor().get("/admin/login/?next=/admin/");
        expect(page.status).toBe(302);
        expect(page.headers["location"]).toMatch(/^\/login/);
    });

    test("without a CSRF token is refused with an HTML page", async () => {
        const answer = await visitor().post(path, new URLSearchParams({ email: "edx@example.org", password: "edx" }));
        expect(answer.status).toBe(403);
        expect(answer.headers["content-type"]).toMatch("text/html");
    });

    test("accepts no username, in version 1, and answers as to a wrong password", async () => {
        const answer = await visitor().signIn({ ...account("learner"), email: "learner" });
        expect(answer.status).toBe(400);
        expect(JSON.parse(answer.data)).toMatchObject({
            success: false,
            value: "Email or password is incorrect.",
            error_code: "incorrect-email-or-password",
        });
    });

    test("shows the admin's front page to staff without permissions, but no list", async () => {
        const staff = await AdminBrowser.signIn(account("staff"));
        expect((await staff.get("/admin/")).status).toBe(200);
        expect((await staff.get(`/admin/${application}/`)).status).toBe(403);
    });

    test("locks an account after six wrong passwords, even for the right one", async () => {
        const wrong = { ...account("staff"), password: "wrong" };
        const last = await inTurn(6, () => visitor().signIn(wrong));
        const right = await visitor().signIn(account("staff"));
        for (const answer of [last, right]) {
            expect(answer.status).toBe(400);
            expect(JSON.parse(answer.data)).toMatchObject({ success: false, error_code: "account-locked-out" });
        }
    });

    test("is possible thirty times in five minutes with an email address, successes included", async () => {
        let successes = 0;
        let answer = await visitor().signIn(account("learner"));
        for (; answer.status === 200; successes++) answer = await visitor().signIn(account("learner"));
        expect(answer.status).toBe(400);
        expect(JSON.parse(answer.data)).toMatchObject({ value: "Too many failed login attempts. Try again later." });
        // The five minutes follow the clock: when they end, counting starts over.
        expect(successes).toBeGreaterThanOrEqual(30);
        expect(successes).toBeLessThan(60);
    });
});

describe("registering with the LMS", () => {
    const register = async (fields: Record<string, string>) => {
        const answer = await visitor().post("/user_api/v1/account/registration/", new URLSearchParams(fields));
        return { status: answer.status, ...(JSON.parse(answer.data) as object) };
    };
    const somebody = {
        username: "sam",
        email: "sam@example.org",
        name: "Sam",
        honor_code: "true",
        password: "a-Password",
    };

    test("creates an account that can sign in, and no second one with the same name or address", async () => {
        await expect(register(somebody)).resolves.toMatchObject({ status: 200, success: true });
        expect((await visitor().signIn({ ...account("sam"), password: "a-Password" })).status).toBe(200);
        await expect(register({ ...somebody, username: "SAM" })).resolves.toMatchObject({
            status: 409,
            error_code: "duplicate-email-username",
        });
        await expect(register({ ...somebody, username: "other" })).resolves.toMatchObject({
            status: 409,
            error_code: "duplicate-email",
        });
    });

    test("says which values it does not accept", async () => {
        const answer = await register({ ...somebody, username: "no spaces", email: "new@example.org", honor_code: "" });
        expect(answer).toMatchObject({ status: 400, error_code: "validation-error" });
        expect(Object.keys(answer)).toEqual(expect.arrayContaining(["username", "honor_code"]));
    });

    test("times out if no sign-in through a provider waits for an account", async () => {
        const late = { ...somebody, social_auth_provider: "Login with MIT App" };
        await expect(register(late)).resolves.toMatchObject({ status: 400, error_code: "tpa-session-expired" });
    });
});

describe("the LMS's admin", () => {
    test("redirects a reader of a missing object to its front page", async () => {
        const page = await admin.get(`/admin/${application}/999/change/`);
        expect(page).toMatchObject({ status: 302 });
        expect(page.headers["location"]).toBe("/admin/");
        expect((await admin.get("/admin/")).data).toMatch(/application with ID “999” doesn’t exist/i);
    });

    test("shows a hundred rows on a page", async () => {
        await runScript(
            servers.lms,
            `
from oauth2_provider.models import get_access_token_model
from django.contrib.auth.models import User
from django.utils.timezone import now
AccessToken = get_access_token_model()
learner = User.objects.get(username="learner")
AccessToken.objects.bulk_create(AccessToken(token=f"many-{n}", user=learner, expires=now()) for n in range(101))`,
        );
        const pages = await Promise.all(["", "p=2"].map((query) => admin.list(accessToken, query)));
        expect(pages.map((rows) => rows.length)).toEqual([100, 1]);
        await runScript(
            servers.lms,
            `
from oauth2_provider.models import get_access_token_model
get_access_token_model().objects.filter(token__startswith="many-").delete()`,
        );
    });

    test("finds by plain fields, refuses look-ups across relations and ignores what it does not know", async () => {
        expect(await admin.list("sites/site", "domain=example.com")).toHaveLength(1);
        expect((await admin.get(`/admin/${accessToken}/?user__username=edx`)).status).toBe(400);
        const unknown = await admin.get(`/admin/${application}/?unknown=1`);
        expect(unknown.headers["location"]).toMatch(/\?e=1$/);
    });

    test("has the site example.com, which serves every other host name, and not local.openedx.io", async () => {
        const sites = await admin.list("sites/site");
        const domains = sites.map(({ domain }) => domain);
        expect(domains).toContain("example.com");
        expect(domains).not.toContain("local.openedx.io:8000");
    });

    test("has the profile's fields on a user's form, and no longer the username once the user exists", async () => {
        const id = await addUser("with-profile");
        await admin.change("auth/user", id, { is_staff: "on" });
        const values = await admin.values("auth/user", id);
        expect(values).toMatchObject({ is_staff: "on", "profile-TOTAL_FORMS": "1" });
        expect(values).not.toHaveProperty("username");
    });

    test("accepts a last name of thirty characters, and none of thirty-one", async () => {
        const id = await addUser("long-named");
        await admin.change("auth/user", id, { last_name: "x".repeat(30) });
        await expect(admin.change("auth/user", id, { last_name: "x".repeat(31) })).rejects.toThrow(
            /at most 30 characters/,
        );
    });

    test("has no page that changes a password", async () => {
        const id = await addUser("keeps-the-password");
        expect((await admin.get(`/admin/auth/user/${id}/password/`)).status).toBe(404);
        expect((await admin.get("/admin/password_change/")).status).toBe(404);
    });

    test("fails on a second account with the same email address, or with none", async () => {
        const add = async (username: string) => {
            const form = await admin.form("/admin/auth/user/add/", "user_form");
            return admin.submit(form, { username, password1: "quite-a-Password-1", password2: "quite-a-Password-1" });
        };
        expect((await add("first-without")).status).toBe(302);
        const second = await add("second-without");
        expect(second.status).toBe(500);
        expect(second.data).toMatch(/IntegrityError/);
        const [first] = await admin.list("auth/user", "username=first-without");
        await admin.change("auth/user", first?.["id"] ?? "", { email: "first@example.org" });
        expect((await add("second-without")).status).toBe(302);
        const [late] = await admin.list("auth/user", "username=second-without");
        const page = `/admin/auth/user/${late?.["id"] ?? ""}/change/`;
        const form = await admin.form(page, "user_form");
        expect((await admin.submit(form, { email: "First@Example.org" })).status).toBe(500);
        await admin.delete("auth/user", late?.["id"] ?? "");
    });

    test("does not delete a user who saved a provider configuration", async () => {
        const [edx] = await admin.list("auth/user", "username=edx");
        const site = await admin.add("sites/site", { domain: "kept.example", name: "kept" });
        await admin.add(providerConfig, { name: "kept", slug: "ol-oauth2", site, backend_name: "ol-oauth2" });
        const path = `/admin/auth/user/${edx?.["id"] ?? ""}/delete/`;
        const page = await admin.get(path);
        expect(page.data).toMatch(/Cannot delete user/);
        const answer = await admin.post(path, confirmed(page.data));
        expect(answer.status).toBe(200);
        expect(answer.data).toMatch(/Cannot delete user/);
        expect(await admin.list("auth/user", "username=edx")).toHaveLength(1);
    });

    test("does not delete a site that has provider configurations", async () => {
        const site = await admin.add("sites/site", { domain: "in-use.example", name: "in use" });
        await admin.add(providerConfig, { name: "in use", slug: "ol-oauth2", site, backend_name: "ol-oauth2" });
        const path = `/admin/sites/site/${site}/delete/`;
        const page = await admin.get(path);
        expect(page.data).toMatch(/your account doesn.t have permission to delete/);
        expect((await admin.post(path, confirmed(page.data))).status).toBe(403);
        expect(await admin.list("sites/site", "domain=in-use.example")).toHaveLength(1);
    });
});

describe("an OAuth application of the LMS", () => {
    const fields = {
        client_id: "a-client",
        client_secret: "a-secret",
        name: "an application",
        client_type: "confidential",
        authorization_grant_type: "authorization-code",
        redirect_uris: "http://one.example/a http://two.example/b",
    };

    test("shows its secret as it was given, and has none of the newer fields", async () => {
        const id = await admin.add(application, fields);
        const values = await admin.values(application, id);
        expect(values).toMatchObject({ client_id: "a-client", client_secret: "a-secret" });
        expect(values).not.toHaveProperty("hash_client_secret");
        expect(values).not.toHaveProperty("post_logout_redirect_uris");
        await admin.delete(application, id);
        expect(await admin.list(application, "client_id=a-client")).toEqual([]);
    });

    test("needs a redirect URI", async () => {
        const form = await admin.form(`/admin/${application}/add/`, "application_form");
        const answer = await admin.submit(form, { ...fields, redirect_uris: "" });
        expect(answer.status).toBe(200);
        expect(errorsOn(answer.data).join()).toMatch(
            /redirect_uris cannot be empty with grant_type authorization-code/,
        );
    });
});

describe("an access token", () => {
    const call = async (token: string) => {
        const answer = await visitor().get("/api/user/v1/me", { Authorization: `Bearer ${token}` });
        return { status: answer.status, ...(JSON.parse(answer.data) as object) };
    };
    const refusal = (code: string) => expect.objectContaining({ status: 401, error_code: code });

    test("works without an application and a scope, and no longer once it is deleted", async () => {
        const user = await addUser("worker");
        const id = await admin.add(accessToken, { user, token: "worker-token", ...inOneYear });
        expect(await call("worker-token")).toEqual({ status: 200, username: "worker" });
        await admin.delete(accessToken, id);
        expect(await call("worker-token")).toEqual(refusal("token_nonexistent"));
    });

    test("is refused once it has expired", async () => {
        const user = await addUser("late");
        await admin.add(accessToken, { user, token: "old-token", expires_0: "2020-01-01", expires_1: "00:00:00" });
        expect(await call("old-token")).toEqual(refusal("token_expired"));
    });

    test("still works if its user is no longer active", async () => {
        const user = await addUser("inactive");
        await admin.add(accessToken, { user, token: "inactive-token", ...inOneYear });
        await admin.change("auth/user", user, { is_active: null });
        expect(await call("inactive-token")).toEqual({ status: 200, username: "inactive" });
    });

    test("is refused if its user has no usable password", async () => {
        const user = await addUser("passwordless", { usable_password: "false", password1: "", password2: "" });
        await admin.add(accessToken, { user, token: "passwordless-token", ...inOneYear });
        expect(await call("passwordless-token")).toEqual(refusal("user_is_disabled"));
    });
});

describe("a provider configuration", () => {
    let site: { id: string; domain: string };
    const fields = (changes = {}) => ({
        enabled: "on",
        name: "Login with MIT App",
        slug: "ol-oauth2",
        site: site.id,
        backend_name: "ol-oauth2",
        key: "a-key",
        secret: "a-secret",
        other_settings: '{"AUTHORIZATION_URL": "http://app.example/authorize"}',
        ...changes,
    });
    const rows = (query = "") => admin.list(providerConfig, `site__id__exact=${site.id}&${query}`);

    // One site per test, because configurations can't be deleted.
    let count = 0;
    const newSite = async () => {
        const domain = `site-${++count}.example`;
        site = { id: await admin.add("sites/site", { domain, name: domain }), domain };
    };

    test("is offered for the backend ol-oauth2", async () => {
        const { choices } = await admin.form(`/admin/${providerConfig}/add/`, "oauth2providerconfig_form");
        expect(choices["backend_name"]).toHaveProperty("ol-oauth2", "ol-oauth2");
    });

    test("is a new row each time it is saved, even with the same values; the list shows the newest", async () => {
        await newSite();
        await admin.add(providerConfig, fields());
        const newest = await admin.add(providerConfig, fields());
        expect((await rows()).map(({ id }) => id)).toEqual([newest]);
        expect(await rows("show_history=1")).toHaveLength(2);
    });

    test("can be updated by a new row that starts from an old one", async () => {
        await newSite();
        const source = await admin.add(providerConfig, fields());
        const id = await admin.add(providerConfig, { key: "new-key" }, `source=${source}`);
        expect(
            await admin.form(`/admin/${providerConfig}/add/?source=${id}`, "oauth2providerconfig_form"),
        ).toMatchObject({
            isMultipart: true,
            values: { enabled: "on", site: site.id, key: "new-key", secret: "a-secret" },
        });
    });

    test("restores old settings when its read-only page is posted to", async () => {
        await newSite();
        const old = await admin.add(providerConfig, fields({ name: "old" }));
        await admin.add(providerConfig, fields({ name: "new" }));
        const page = `/admin/${providerConfig}/${old}/change/?show_history=1`;
        const form = await admin.form(page, "oauth2providerconfig_form");
        expect(form.values).not.toHaveProperty("name");
        expect((await admin.submit(form, {})).status).toBe(302);
        expect(await rows()).toEqual([expect.objectContaining({ name: "old" })]);
        expect(await rows("show_history=1")).toHaveLength(3);
    });

    test("can't be deleted, only disabled", async () => {
        await newSite();
        const id = await admin.add(providerConfig, fields());
        expect((await admin.get(`/admin/${providerConfig}/${id}/delete/`)).status).toBe(403);
        await admin.add(providerConfig, { enabled: null }, `source=${id}`);
        expect(await rows()).toEqual([expect.objectContaining({ enabled: "False" })]);
    });

    test("accepts other settings only as a JSON object, and stores them indented", async () => {
        await newSite();
        await expect(admin.add(providerConfig, fields({ other_settings: "[1]" }))).rejects.toThrow(/Expected a JSON/);
        const id = await admin.add(providerConfig, fields({ other_settings: '{"A":1}' }));
        const form = await admin.form(`/admin/${providerConfig}/add/?source=${id}`, "oauth2providerconfig_form");
        expect(form.values["other_settings"]?.trim().replaceAll("\r", "")).toBe('{\n    "A": 1\n}');
    });

    test("may come from a script that checked nothing, and then fails at every sign-in", async () => {
        await newSite();
        await runScript(
            servers.lms,
            `
from third_party_auth.models import OAuth2ProviderConfig
OAuth2ProviderConfig.objects.create(
    enabled=True, site_id=${site.id}, backend_name="ol-oauth2", name="by a script", other_settings="no JSON"
)`,
        );
        expect(await rows()).toEqual([expect.objectContaining({ name: "by a script", enabled: "True" })]);
        const answer = await visitor().get("/auth/login/ol-oauth2/?auth_entry=login", { Host: site.domain });
        expect(answer.status).toBe(500);
        expect(answer.data).toMatch(/JSONDecodeError/);
    });

    test("serves the site whose domain is the Host header, and no other", async () => {
        const begin = (Host: string) => visitor().get("/auth/login/ol-oauth2/?auth_entry=login", { Host });
        await newSite();
        const withoutRow = await begin(site.domain);
        expect(withoutRow.status).toBe(500);
        expect(withoutRow.data).toMatch(/Can&#x27;t fetch setting of a disabled backend\/provider\./);

        await admin.add(providerConfig, fields());
        const redirect = await begin(site.domain);
        expect(redirect.status).toBe(302);
        expect(redirect.headers["location"]).toMatch(/^http:\/\/app\.example\/authorize\?client_id=a-key&/);
        expect((await begin("stranger.example")).status).toBe(500);
    });
});

describe("the LMS's list of providers", () => {
    test("is cached for ten minutes, whatever is saved, until staff request a fresh one", async () => {
        const own = await startServers(["lms"]);
        try {
            const browser = await AdminBrowser.signIn(own.lms);
            const providers = async (query = "") => {
                const answer = await browser.get(`/api/mfe_context?tpa_hint=oa2-ol-oauth2${query}`);
                const context = JSON.parse(answer.data) as { contextData: { providers: { id: string }[] } };
                return context.contextData.providers.map(({ id }) => id);
            };
            expect(await providers()).toEqual([]);
            const domain = new URL(own.lms.baseUrl).host;
            const site = await browser.add("sites/site", { domain, name: "LMS" });
            const fields = { enabled: "on", name: "MIT", slug: "ol-oauth2", site, backend_name: "ol-oauth2" };
            await browser.add(providerConfig, fields);

            // The admin's message that the configuration was saved is pending in the session, so the request fails,
            // except for an anonymous visitor.
            const answer = await browser.get("/api/mfe_context?tpa_hint=oa2-ol-oauth2");
            expect(answer.status).toBe(500);
            expect(answer.data).toMatch(/IndexError/);
            expect((await new AdminBrowser(own.lms.baseUrl).get("/api/mfe_context")).status).toBe(200);
            await browser.get("/admin/");

            expect(await providers()).toEqual([]);
            expect(await providers("&force_cache_miss=true")).toEqual(["oa2-ol-oauth2"]);
            expect(await providers()).toEqual(["oa2-ol-oauth2"]);

            await browser.add(providerConfig, { ...fields, enabled: null });
            expect((await browser.get("/api/mfe_context?force_cache_miss=true")).status).toBe(500);
            await browser.get("/admin/");
            expect(await providers()).toEqual([]);
        } finally {
            await own.stop();
        }
    });
});

/** Adds a user in the admin's two steps; only the second one asks for an email address. */
async function addUser(username: string, changes: Record<string, string> = {}): Promise<string> {
    const password = "quite-a-Password-1";
    const id = await admin.add("auth/user", { username, password1: password, password2: password, ...changes });
    await admin.change("auth/user", id, { email: `${username}@example.org` });
    return id;
}

/** What a deletion's confirmation page posts, even if the page doesn't offer it. */
function confirmed(page: string): URLSearchParams {
    const csrfmiddlewaretoken = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page)?.[1] ?? "";
    return new URLSearchParams({ csrfmiddlewaretoken, post: "yes" });
}

/** Does something several times, one after another, and returns the last result. */
async function inTurn<Result>(times: number, task: () => Promise<Result>): Promise<Result> {
    const result = await task();
    return times > 1 ? inTurn(times - 1, task) : result;
}
