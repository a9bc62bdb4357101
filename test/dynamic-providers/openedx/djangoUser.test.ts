import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { DjangoUserInputs, DjangoUserOutputs } from "../../../dynamic-providers/openedx/djangoUser.ts";
import { provider } from "../../../dynamic-providers/openedx/djangoUser.provider.ts";
import { AdminBrowser, type Changes } from "../../support/adminBrowser.ts";
import { startCountingProxy, type CountingProxy } from "../../support/countingProxy.ts";
import { checked, connectionTo, refreshed } from "../../support/providers.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

const MODEL = "auth/user";

let servers: TestServers<"lms">;
let browser: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    browser = await AdminBrowser.signIn(servers.lms);
});
afterAll(() => servers.stop());

let proxy: CountingProxy | undefined;
afterEach(() => proxy?.stop());
/** A proxy in front of the LMS that stops after the test. */
const proxyOfTest = async () => (proxy = await startCountingProxy(servers.lms));

const args = (username: string, more: Partial<DjangoUserInputs> = {}): Partial<DjangoUserInputs> => ({
    connection: connectionTo(servers.lms),
    username,
    owner: "project/stack",
    email: `${username}@mit.odl.local`,
    password: "Initial-Passw0rd",
    isStaff: true,
    ...more,
});
const rows = (username: string) => browser.list(MODEL, `username=${username}`);
const trySignIn = async (username: string, password: string) => {
    const email = `${username}@mit.odl.local`;
    return (await new AdminBrowser(servers.lms.baseUrl).signIn({ ...servers.lms, email, password })).status;
};

describe("DjangoUser", () => {
    test("is created with email address, flags and a password to sign in with", async () => {
        const inputs = await checked(provider, args("worker"));
        const { id, outs } = await provider.create(inputs);
        await expect(rows("worker")).resolves.toMatchObject([
            {
                id,
                email: "worker@mit.odl.local",
                is_staff: "True",
                first_name: "Managed by Pulumi",
                last_name: "project/stack",
            },
        ]);
        await expect(trySignIn("worker", "Initial-Passw0rd")).resolves.toBe(200);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("is taken over and finished if an interrupted run created it", async () => {
        await browser.add(MODEL, { username: "half", password1: "Initial-Passw0rd", password2: "Initial-Passw0rd" });
        const inputs = await checked(provider, args("half"));
        const { id, outs } = await provider.create(inputs);
        expect(outs.former).toBeNull();
        await expect(rows("half")).resolves.toMatchObject([{ id, email: "half@mit.odl.local", is_staff: "True" }]);
        await expect(provider.create(inputs)).resolves.toEqual({ id, outs });
    });

    test("refuses someone else's account, and says how to take it over", async () => {
        await expect(provider.create(await checked(provider, args("staff")))).rejects.toThrow(
            /User "staff" already exists .*adopt: true/,
        );
    });

    test("names the account with the same email address, because the LMS allows each only once", async () => {
        const { id } = await provider.create(await checked(provider, args("first")));
        const inputs = await checked(provider, args("second", { email: "first@mit.odl.local" }));
        await expect(provider.create(inputs)).rejects.toThrow(
            new RegExp(
                `User "second" can't be saved.* "first" has the address first@mit.odl.local.*/auth/user/${id}/change/`,
            ),
        );
        await expect(provider.create({ ...inputs, email: "second@mit.odl.local" })).resolves.toMatchObject({
            outs: { former: null },
        });
    });

    test("names the account without an email address, next to which the LMS creates no other", async () => {
        const id = await browser.add(MODEL, {
            username: "mailless",
            password1: "Initial-Passw0rd",
            password2: "Initial-Passw0rd",
        });
        const inputs = await checked(provider, args("blocked"));
        await expect(provider.create(inputs)).rejects.toThrow(
            /User "blocked" can't be saved.* "mailless" has no email address either.*\/change\//,
        );
        await browser.change(MODEL, id, { email: "mailless@mit.odl.local" });
        await expect(provider.create(inputs)).resolves.toMatchObject({ outs: { former: null } });
    });

    test("refuses the user of another stack", async () => {
        await provider.create(await checked(provider, args("shared")));
        await expect(
            provider.create(await checked(provider, args("shared", { owner: "project/other" }))),
        ).rejects.toThrow(/User "shared" already exists and was not created by this stack/);
    });

    test("adopts an account if requested, without its password, and restores its former values", async () => {
        const [before] = await rows("learner");
        const inputs = await checked(provider, {
            connection: connectionTo(servers.lms),
            username: "learner",
            owner: "project/stack",
            email: "learner@example.org",
            isStaff: true,
            isSuperuser: true,
            adopt: true,
        });
        const { id, outs } = await provider.create(inputs);
        await expect(rows("learner")).resolves.toMatchObject([{ is_staff: "True" }]);
        await provider.delete(id, outs);
        await expect(rows("learner")).resolves.toEqual([before]);
    });

    test("says that a missing user can't be created without a password", async () => {
        const inputs = await checked(provider, args("nobody"));
        const { password: _password, ...without } = inputs;
        await expect(provider.create(without)).rejects.toThrow(/no user "nobody", and creating one takes a password/);
    });

    test("is updated in place, except for the password, which the LMS has no page for: that replaces the user", async () => {
        const user = await ManagedResource.up(provider, args("changed"));
        await expect(user.up({ isStaff: false, isSuperuser: true })).resolves.toEqual(["update"]);
        await expect(browser.values(MODEL, user.id)).resolves.toMatchObject({ is_superuser: "on" });
        await expect(rows("changed")).resolves.toMatchObject([{ is_staff: "False" }]);
        await expect(user.up({ password: "Another-Passw0rd" })).resolves.toEqual(["delete", "create"]);
        await expect(trySignIn("changed", "Another-Passw0rd")).resolves.toBe(200);
    });

    test("keeps its password if it was adopted", async () => {
        const user = await ManagedResource.up(provider, args("staff", { email: "staff@example.org", adopt: true }));
        await expect(user.up({ password: "Another-Passw0rd" })).resolves.toEqual(["update"]);
        await expect(user.up()).resolves.toEqual(["same"]);
        await user.destroy();
    });

    test("is the same one if its server has another name", async () => {
        const inputs = await checked(provider, args("moved"));
        const { id, outs } = await provider.create(inputs);
        const proxy = await startCountingProxy(servers.lms);
        const news = { ...inputs, connection: connectionTo(servers.lms, proxy.baseUrl) };
        await expect(provider.diff(id, outs, news)).resolves.toEqual({ changes: true, replaces: [] });
        await browser.change(MODEL, id, { last_name: "of another stack" });
        await expect(provider.diff(id, outs, news)).resolves.toEqual({ changes: true, replaces: ["connection"] });
        await proxy.stop();
    });

    test("is active again after it was deactivated", async () => {
        const user = await ManagedResource.up(provider, args("inactive"));
        await browser.change(MODEL, user.id, { is_active: null });
        await expect(user.up({}, { refresh: true })).resolves.toEqual(["update"]);
        await expect(browser.values(MODEL, user.id)).resolves.toMatchObject({ is_active: "on" });
    });

    test("of an earlier version's state, which does not say whether it is active, has no diff", async () => {
        const inputs = await checked(provider, args("earlier"));
        const { isActive: _isActive, ...earlier } = inputs;
        const outs = { ...earlier, former: null } as DjangoUserOutputs;
        await expect(provider.diff("1", outs, inputs)).resolves.toEqual({ changes: false, replaces: [] });
    });

    test("without a password, whose token the API refuses, is recreated; an adopted one is an error", async () => {
        const proxy = await startCountingProxy(servers.lms);
        const inputs = await checked(
            provider,
            args("disabled", { connection: connectionTo(servers.lms, proxy.baseUrl) }),
        );
        const { id, outs } = await provider.create(inputs);
        const page = await browser.get(`/admin/${MODEL}/${id}/change/`);
        // As Django renders an unusable password.
        const body = page.data.replace(
            /(field-password[\s\S]*?)<p>[\s\S]*?<\/p>/,
            "$1<p><strong>No password set.</strong></p>",
        );
        expect(body).toContain("No password set.");
        proxy.fault = ({ method, path }) =>
            method === "GET" && path.endsWith(`/${id}/change/`) ? { status: 200, body } : undefined;
        const { props } = await refreshed(provider, id, outs, inputs);
        await expect(provider.diff(id, props ?? outs, inputs)).resolves.toEqual({
            changes: true,
            replaces: ["password"],
        });
        const adopted = { ...outs, former: { email: "", isStaff: false, isSuperuser: false } };
        await expect(provider.update(id, adopted, { ...inputs, isStaff: false })).rejects.toThrow(
            /User "disabled" has no password.*changepassword disabled/,
        );
        await proxy.stop();
    });

    test("of a stack with a long name carries a mark that the LMS's form accepts, and is recognized by it", async () => {
        const owner = `openedx-mit-integration/${"a-long-name".repeat(8)}`;
        const inputs = await checked(provider, args("long", { owner }));
        const { id, outs } = await provider.create(inputs);
        const [row] = await rows("long");
        expect(row?.["last_name"]?.length).toBeLessThanOrEqual(30);
        await expect(provider.create(inputs)).resolves.toEqual({ id, outs });
        const other = await checked(provider, args("long", { owner: `${owner}-2` }));
        await expect(provider.create(other)).rejects.toThrow(/was not created by this stack/);
    });

    test("keeps its former values when adopted, even if the answer is lost or the run is repeated", async () => {
        const [before] = await rows("learner");
        const proxy = await startCountingProxy(servers.lms);
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/change/") && n === 1 ? "reset-after-forward" : undefined;
        const inputs = await checked(
            provider,
            args("learner", {
                connection: connectionTo(servers.lms, proxy.baseUrl),
                email: "learner@example.org",
                adopt: true,
            }),
        );
        const adopted = await provider.create(inputs);
        const resumed = await provider.create(inputs);
        expect(resumed).toEqual(adopted);
        await provider.delete(resumed.id, resumed.outs);
        await proxy.stop();
        await expect(rows("learner")).resolves.toEqual([before]);
    });

    test("loses its permissions, and can't sign in, if the server does not delete it", async () => {
        const proxy = await startCountingProxy(servers.lms);
        const inputs = await checked(provider, args("kept", { connection: connectionTo(servers.lms, proxy.baseUrl) }));
        const { id, outs } = await provider.create(inputs);
        const page = await browser.get(`/admin/${MODEL}/${id}/delete/`);
        // As Django renders it if protected objects refer to the object, also in response to a post: without a form.
        const body = page.data.replace(
            /<form method="post">[\s\S]*<\/form>/,
            "<p>Deleting the user 'kept' would require deleting the following protected related objects:</p>" +
                "<ul><li>Provider Configuration: 1</li></ul>",
        );
        proxy.fault = ({ path }) => (path.endsWith("/delete/") ? { status: 200, body } : undefined);
        const warn = jest.spyOn(console, "warn").mockReturnValue();
        await provider.delete(id, outs);
        expect(warn).toHaveBeenCalledWith(expect.stringMatching(/User "kept" can't be deleted/));
        warn.mockRestore();
        await proxy.stop();
        const [row] = await rows("kept");
        expect(row).toMatchObject({ is_staff: "False" });
        await expect(browser.values(MODEL, id)).resolves.not.toHaveProperty("is_active");
    });

    test("detects flags that were changed in the admin, and repairs them without touching the profile", async () => {
        const user = await ManagedResource.up(provider, args("drifted"));
        await browser.change(MODEL, user.id, { is_staff: null, "profile-0-name": "A Name" });
        await expect(user.up({}, { refresh: true })).resolves.toEqual(["update"]);
        await expect(browser.values(MODEL, user.id)).resolves.toMatchObject({
            is_staff: "on",
            "profile-0-name": "A Name",
        });
    });

    test("is deleted, and its absence is detected", async () => {
        const { id, outs } = await provider.create(await checked(provider, args("deleted")));
        await provider.delete(id, outs);
        await expect(rows("deleted")).resolves.toEqual([]);
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });

    test("whose second step fails is saved as partially created, and the next up finishes it", async () => {
        const proxy = await proxyOfTest();
        proxy.fault = ({ method, path }) =>
            method === "POST" && path.endsWith("/change/") ? { status: 500, body: "<h1>Out of order</h1>" } : undefined;
        const connection = connectionTo(servers.lms, proxy.baseUrl);
        const user = new ManagedResource(provider, args("partly", { connection }));
        await expect(user.up()).rejects.toThrow(/answered 500: Out of order/);
        proxy.fault = undefined;
        const { id } = user;
        // Refresh and destroy need the provider in the properties of a partly created object.
        await expect(user.up({}, { refresh: true })).resolves.toEqual(["update"]);
        await expect(rows("partly")).resolves.toMatchObject([
            { id, email: "partly@mit.odl.local", is_staff: "True", last_name: "project/stack" },
        ]);
    });

    test.each([
        ["the answer is lost", "reset-after-forward"],
        ["the answer is cut off", "cut"],
        ["the answer is empty", { status: 200 }],
        ["the session's tokens changed", { status: 403, body: "CSRF verification failed." }],
        ["the session ended", { status: 302, headers: { location: "/login?next=/admin/" } }],
    ] as const)("is still finished if in its second step %s", async (what, fault) => {
        const username = what.replaceAll(/[ ']/g, "-");
        const proxy = await proxyOfTest();
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/change/") && n === 1 ? fault : undefined;
        const connection = connectionTo(servers.lms, proxy.baseUrl);
        await provider.create(await checked(provider, args(username, { connection })));
        await expect(rows(username)).resolves.toMatchObject([{ is_staff: "True", last_name: "project/stack" }]);
    });

    test("keeps its profile if the answer to its first form says nothing", async () => {
        const proxy = await proxyOfTest();
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/add/") && n === 1 ? { status: 200, body: "<p>Hello</p>" } : undefined;
        const inputs = await checked(provider, args("kept", { connection: connectionTo(servers.lms, proxy.baseUrl) }));
        const { id } = await provider.create(inputs);
        await expect(browser.values(MODEL, id)).resolves.toMatchObject({ "profile-0-name": "kept" });
    });

    test("is created without a profile if the server requires more for one than a name", async () => {
        const proxy = await proxyOfTest();
        const row =
            '<form id="user_form"><div class="form-row field-year_of_birth"><ul class="errorlist"><li>Required.</li></ul></div></form>';
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/add/") && n === 1 ? { status: 200, body: row } : undefined;
        const inputs = await checked(provider, args("bare", { connection: connectionTo(servers.lms, proxy.baseUrl) }));
        const { id } = await provider.create(inputs);
        await expect(rows("bare")).resolves.toMatchObject([{ id, email: "bare@mit.odl.local", is_staff: "True" }]);
    });

    test("is finished through its form if the server requires more fields than those of a new user", async () => {
        const proxy = await proxyOfTest();
        const row =
            '<form id="user_form"><div class="form-row field-color"><ul class="errorlist"><li>Required.</li></ul></div></form>';
        proxy.fault = ({ method, path }, n) =>
            method === "POST" && path.endsWith("/change/") && n === 1 ? { status: 200, body: row } : undefined;
        const inputs = await checked(provider, args("more", { connection: connectionTo(servers.lms, proxy.baseUrl) }));
        const { id } = await provider.create(inputs);
        await expect(rows("more")).resolves.toMatchObject([{ id, email: "more@mit.odl.local", is_staff: "True" }]);
    });
});

const edit = (changes: Changes) => (id: string) => browser.change(MODEL, id, changes);

describeLife("openedx:DjangoUser", {
    provider,
    args: () => ({
        connection: connectionTo(servers.lms),
        username: "lively",
        owner: "project/stack",
        email: "lively@mit.odl.local",
        password: "Initial-Passw0rd",
    }),
    inputs: {
        username: { to: "livelier", does: "replace" },
        owner: { to: "project/renamed", does: "update" },
        email: { to: "new@mit.odl.local", does: "update", byHand: edit({ email: "by-hand@mit.odl.local" }) },
        password: { to: "Another-Passw0rd", does: "replace" },
        isStaff: { to: true, does: "update", byHand: edit({ is_staff: "on" }) },
        isSuperuser: { to: true, does: "update", byHand: edit({ is_superuser: "on" }) },
        isActive: { to: false, does: "update", byHand: edit({ is_active: null }) },
        adopt: { to: true, does: "same" },
    },
    loseByHand: (id) => browser.delete(MODEL, id),
    async look(id) {
        const values = await browser.look(MODEL, id);
        return (
            values &&
            Object.fromEntries(
                ["email", "is_staff", "is_superuser", "is_active", "first_name", "last_name"].map((field) => [
                    field,
                    values[field],
                ]),
            )
        );
    },
});
