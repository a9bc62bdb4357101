import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { type ApplicationName, profiles } from "../../config/profiles.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { launchChromium } from "../../verify/chromium.ts";
import { nameOnDashboard, send, visit } from "../support/chromium.ts";
import { integrate } from "../support/integrated.ts";
import { type TestServers, runScript, startServers } from "../support/sandbox.ts";
import { sandboxServer } from "../support/sandboxStack.ts";

let servers: TestServers<"lms" | "mitxonline" | "xpro">;
let chromium: Browser;

beforeAll(async () => {
    [servers, chromium] = await Promise.all([startServers(["lms", "mitxonline", "xpro"]), launchChromium()]);
});
afterAll(async () => {
    await chromium.close();
    await servers.stop();
});

const open = (address: string) => visit(chromium, address);
const onDashboard = (page: Page) => nameOnDashboard(page, servers.lms.baseUrl);

/** Clicks "Sign out" and waits for the next page, which has this text. */
async function signOut(page: Page, text: string): Promise<void> {
    await page.click("text=Sign out");
    await page.getByText(text).waitFor();
}

/** With SCREENSHOTS=FOLDER in the environment: takes the documentation's screenshots. */
async function picture(page: Page, name: string): Promise<void> {
    const folder = process.env["SCREENSHOTS"];
    if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** The names in the rows on each page of the handbook's last step. */
async function known(application: ApplicationName) {
    const { openEdxUsers, openEdxApiAuths } = profiles[application].confirmPages;
    const lms = await AdminBrowser.signIn(servers.lms);
    const admin = await AdminBrowser.signIn(servers[sandboxServer(application)]);
    const model = (page: string) => page.replace(/^\/admin\/|\/$/g, "");
    const users = await admin.list(model(openEdxUsers));
    return {
        openEdxUsers: users.filter((row) => row["has_been_synced"] === "True").map((row) => row["user"]),
        openEdxApiAuths: (await admin.list(model(openEdxApiAuths))).map((row) => row["user"]),
        users: (await lms.list("auth/user")).map((row) => row["username"]),
        userSocialAuths: (await lms.list("social_django/usersocialauth")).map((row) => row["uid"]),
    };
}

const newcomer = (username: string) => ({
    username,
    name: "Nina Newcomer",
    email: `${username}@example.com`,
    password: "quite-a-Password-1",
});

describe("signing in with a browser, through xPro", () => {
    let signIn: string;
    const { username, password } = newcomer("nina");

    beforeAll(async () => {
        signIn = await integrate("xpro", servers);
    });

    test("leads a new user to xPro, and back to the dashboard once they have signed up there", async () => {
        const page = await open(signIn);
        expect(page.url()).toContain(`${servers.xpro.baseUrl}/signin/`);
        await picture(page, "sign-in");
        await page.click("text=Create an account");
        await send(page, newcomer("nina"));
        await expect(onDashboard(page)).resolves.toBe("nina");
        await picture(page, "dashboard");
    });

    test("leaves the rows that the handbook looks for on both sides", async () => {
        const rows = await known("xpro");
        for (const names of Object.values(rows)) expect(names).toContain("nina");
    });

    test("takes the password in a fresh session, and asks for it again after signing out on both sides", async () => {
        const page = await open(signIn);
        await send(page, { username, password });
        await expect(onDashboard(page)).resolves.toBe("nina");

        await signOut(page, "What to try");
        await page.goto(`${servers.lms.baseUrl}/dashboard`);
        expect(page.url()).toContain(`${servers.lms.baseUrl}/login`);
        await page.goto(signIn);
        await expect(onDashboard(page)).resolves.toBe("nina");

        await page.goto(`${servers.xpro.baseUrl}/`);
        await signOut(page, "Nobody is signed in");
        await page.goto(`${servers.lms.baseUrl}/dashboard`);
        expect(page.url()).toContain(`${servers.lms.baseUrl}/login`);
        await page.goto(signIn);
        expect(page.url()).toContain(`${servers.xpro.baseUrl}/signin/`);
    });

    test("registers a user whom only xPro knows, by a form that submits itself", async () => {
        await runScript(
            servers.xpro,
            `
from django.contrib.auth import get_user_model
get_user_model().objects.create_user("otto", "otto@example.com", "otto", first_name="Otto")`,
        );
        const page = await open(signIn);
        const registration = page.waitForResponse((answer) => answer.url().endsWith("/v2/account/registration/"));
        await send(page, { username: "otto", password: "otto" });
        await expect(onDashboard(page)).resolves.toBe("otto");
        expect((await registration).status()).toBe(200);
        const rows = await known("xpro");
        expect(rows.userSocialAuths).toContain("otto");
        expect(rows.openEdxApiAuths).not.toContain("otto");
    });

    test("makes no browser ask for an icon, whose answer could end the session of a sign-in that ends just then", async () => {
        await expect(readFile(servers.lms.logFile, "utf8")).resolves.not.toContain("favicon");
    });
});

describe("signing in with a browser, through MITx Online at its own port", () => {
    let signIn: string;

    beforeAll(async () => {
        signIn = await integrate("mitxonline", servers);
    });

    const admin = async (username: string) => {
        const page = await open(`${servers.mitxonline.baseUrl}/admin/login/?next=/admin/`);
        await send(page, { username, password: username });
        await page.waitForURL(`${servers.mitxonline.baseUrl}/admin/`);
        return page;
    };

    test("loops without a session there", async () => {
        await expect(open(signIn)).rejects.toThrow(/ERR_TOO_MANY_REDIRECTS/);
    });

    test("leads to the dashboard with a session from its admin, every time", async () => {
        for (const page of [await admin("admin"), await admin("admin")]) {
            await page.goto(signIn);
            await expect(onDashboard(page)).resolves.toBe("admin");
        }
        expect((await known("mitxonline")).userSocialAuths).toContain("admin");
    });

    test("ends on the side where the user signs out", async () => {
        const page = await admin("admin");
        await page.goto(signIn);
        await onDashboard(page);
        await signOut(page, "What to try");
        await page.goto(`${servers.lms.baseUrl}/dashboard`);
        expect(page.url()).toContain("/login");
        await page.goto(`${servers.mitxonline.baseUrl}/`);
        await signOut(page, "Logged out");
        await expect(page.goto(signIn)).rejects.toThrow(/ERR_TOO_MANY_REDIRECTS/);
    });

    test("is refused with a token of the application that does not exist, and without one", async () => {
        const register = async (token: Record<string, string>) => {
            const fields = { username: "fay", email: "fay@example.com", name: "Fay", honor_code: "true" };
            const data = new URLSearchParams({ ...fields, provider: "ol-oauth2", ...token });
            const lms = new AdminBrowser(servers.lms.baseUrl);
            return JSON.parse((await lms.post("/user_api/v1/account/registration/", data)).data) as unknown;
        };
        await expect(register({ access_token: "made-up" })).resolves.toMatchObject({
            error_code: "tpa-invalid-access-token",
        });
        await expect(register({})).resolves.toMatchObject({ error_code: "tpa-missing-access-token" });
        expect((await known("mitxonline")).users).not.toContain("fay");
    });

    test("fails for a user without a name for Open edX, until they have chosen one", async () => {
        const page = await admin("staff");
        await page.goto(signIn);
        await expect(page.textContent("pre")).resolves.toMatch(/409 Client Error/);

        await page.goto(`${servers.mitxonline.baseUrl}/create-profile/`);
        await send(page, { username: "stanley", name: "Stanley Staff" });
        await page.waitForURL(`${servers.mitxonline.baseUrl}/`);
        await page.goto(signIn);
        await expect(onDashboard(page)).resolves.toBe("stanley");
    });
});

describe("signing in with a browser, through MITx Online behind APISIX", () => {
    let signIn: string;

    beforeAll(async () => {
        signIn = await integrate("mitxonline-apisix", servers);
    });

    const dashboardOfMitxOnline = () => `${servers.mitxonline.apisixBaseUrl}/dashboard`;

    test("leads to the page in Keycloak's place, then to MITx Online's dashboard; from there on to Open edX's", async () => {
        await runScript(
            servers.mitxonline,
            `
from django.contrib.auth import get_user_model
get_user_model().objects.create_user("learner", "kim@example.com", "kims-password")`,
        );
        const page = await open(signIn);
        expect(page.url()).toContain(`${servers.mitxonline.apisixBaseUrl}/realms/ol-local/`);
        await send(page, { username: "kim@example.com", password: "wrong" });
        await page.getByText("Invalid username or password.").waitFor();
        await send(page, { username: "kim@example.com", password: "kims-password" });
        // The first time, MITx Online asks for a user name in Open edX.
        await page.waitForURL(/create-profile/);
        await send(page, { username: "kim", name: "Kim Newcomer" });
        await page.waitForURL(dashboardOfMitxOnline());
        await page.goto(signIn);
        await expect(onDashboard(page)).resolves.toBe("kim");
        const rows = await known("mitxonline-apisix");
        expect(rows.userSocialAuths).toContain("kim");
        expect(rows.openEdxApiAuths).toContain("learner");

        const later = await open(signIn);
        await send(later, { username: "kim@example.com", password: "kims-password" });
        await later.waitForURL(dashboardOfMitxOnline());
        await later.goto(signIn);
        await expect(onDashboard(later)).resolves.toBe("kim");
    });

    test("asks for the password again after MITx Online's sign-out, which ends that of Open edX, too", async () => {
        const page = await open(signIn);
        await send(page, { username: "kim@example.com", password: "kims-password" });
        await page.waitForURL(dashboardOfMitxOnline());
        await page.goto(signIn);
        await onDashboard(page);
        await page.goto(`${servers.mitxonline.apisixBaseUrl}/logout`);
        await page.goto(`${servers.lms.baseUrl}/dashboard`);
        expect(page.url()).toContain(`${servers.lms.baseUrl}/login`);
        await page.goto(`${servers.mitxonline.apisixBaseUrl}/logout/oidc`);
        await page.goto(signIn);
        expect(page.url()).toContain(`${servers.mitxonline.apisixBaseUrl}/realms/`);
    });
});
