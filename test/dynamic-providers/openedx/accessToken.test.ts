import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import axios from "axios";
import type { AccessTokenInputs } from "../../../dynamic-providers/openedx/accessToken.ts";
import { provider } from "../../../dynamic-providers/openedx/accessToken.provider.ts";
import { UNKNOWN } from "../../../dynamic-providers/crud.ts";
import { AdminBrowser } from "../../support/adminBrowser.ts";
import { checked, connectionTo, refreshed } from "../../support/providers.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

/** A time zone with daylight saving. */
const NEW_YORK = "America/New_York";
const MODEL = "oauth2_provider/accesstoken";
const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

let servers: TestServers<"lms">;
let browser: AdminBrowser;

beforeAll(async () => {
    servers = await startServers(["lms"]);
    browser = await AdminBrowser.signIn(servers.lms);
});
afterAll(() => servers.stop());

const args = (token: string, more: Partial<AccessTokenInputs> = { lifetimeDays: 365 }) => ({
    connection: connectionTo(servers.lms),
    username: "staff",
    token,
    ...more,
});

/** The response of an LMS API to a bearer token. */
const ask = (token: string) =>
    axios.get<unknown>(`http://127.0.0.1:${servers.lms.port}/api/user/v1/me`, {
        headers: { Authorization: `Bearer ${token}` },
        validateStatus: () => true,
    });

describe("AccessToken", () => {
    test("lets an API client in as the user, and leaves no diff", async () => {
        const inputs = await checked(provider, args("token-created"));
        const { id, outs } = await provider.create(inputs);
        await expect(ask("token-created")).resolves.toMatchObject({ status: 200, data: { username: "staff" } });
        await expect(browser.values(MODEL, id)).resolves.toMatchObject({ scope: "", application: "" });
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("is taken over if an interrupted run of this stack left it, and not created twice", async () => {
        const inputs = await checked(provider, args("token-resumed"));
        const first = await provider.create(inputs);
        await expect(provider.create(inputs)).resolves.toEqual(first);
    });

    test("refuses a token that another user has", async () => {
        await provider.create(await checked(provider, args("token-taken")));
        const inputs = await checked(provider, { ...args("token-taken"), username: "learner" });
        await expect(provider.create(inputs)).rejects.toThrow(/"learner" already belongs to another user/);
    });

    test("reports a missing user", async () => {
        const inputs = await checked(provider, { ...args("token-nobody"), username: "nobody" });
        await expect(provider.create(inputs)).rejects.toThrow(/no user "nobody"/);
    });

    test("keeps its expiry from run to run until less than the margin is left, then extends it", async () => {
        const inputs = await checked(provider, args("t", { lifetimeDays: 100, renewBeforeDays: 10 }));
        expect(Date.parse(inputs.expires) - Date.now()).toBeGreaterThan(99 * DAY);
        const inDays = (days: number) => ({ ...inputs, expires: new Date(Date.now() + days * DAY).toISOString() });
        const again = (olds: AccessTokenInputs) =>
            checked(provider, args("t", { lifetimeDays: 100, renewBeforeDays: 10 }), olds);
        const lasting = inDays(11);
        expect((await again(lasting)).expires).toBe(lasting.expires);
        expect(Date.parse((await again(inDays(9))).expires)).toBeGreaterThan(Date.now() + 99 * DAY);
        // Someone extended it in the admin.
        expect(Date.parse((await again(inDays(2000))).expires)).toBeLessThan(Date.now() + 101 * DAY);
    });

    test("moves the expiry on the server in place", async () => {
        const token = await ManagedResource.up(
            provider,
            args("token-renewed", { lifetimeDays: 10, renewBeforeDays: 1 }),
        );
        await expect(token.up({ lifetimeDays: 200 })).resolves.toEqual(["update"]);
        await expect(token.refresh()).resolves.toBe(false);
        expect(Date.parse(token.outputs.expires)).toBeGreaterThan(Date.now() + 199 * DAY);
        const { expires_0 } = await browser.values(MODEL, token.id);
        expect(token.outputs.expires.startsWith(expires_0 ?? "none")).toBe(true);
    });

    test("accepts a date as given, and refuses one in the past", async () => {
        const inputs = await checked(provider, args("token-dated", { expires: "2099-01-31T12:30:00Z" }));
        const { id } = await provider.create(inputs);
        await expect(browser.values(MODEL, id)).resolves.toMatchObject({
            expires_0: "2099-01-31",
            expires_1: "12:30:00",
        });
        await expect(checked(provider, args("t", { expires: "2020-01-31T12:30:00Z" }))).rejects.toThrow(/has passed/);
        await expect(checked(provider, args("t", { expires: "tomorrow" }))).rejects.toThrow(/expires: must be/);
    });

    test("detects an expiry and a user that were changed in the admin, and repairs them", async () => {
        const token = await ManagedResource.up(provider, args("token-drifted", { expires: "2099-01-31T12:30:00Z" }));
        const [learner] = await browser.list("auth/user", "username=learner");
        await browser.change(MODEL, token.id, { expires_0: "2020-01-01", user: learner?.["id"] ?? "" });
        await expect(token.refresh()).resolves.toBe(true);
        expect(token.outputs).toMatchObject({ username: "learner" });
        // Deleting a user deletes their tokens: another user's token is a different token.
        await expect(token.up()).resolves.toEqual(["delete", "create"]);
        await expect(token.refresh()).resolves.toBe(false);
        await expect(ask("token-drifted")).resolves.toMatchObject({ status: 200, data: { username: "staff" } });
    });

    test("belongs to its user: another user means another token", async () => {
        const inputs = await checked(provider, args("token-moved"));
        const { id, outs } = await provider.create(inputs);
        await expect(provider.diff(id, outs, { ...inputs, username: UNKNOWN })).resolves.toEqual({
            changes: true,
            replaces: ["username"],
        });
    });

    test("is deleted, and its absence is detected", async () => {
        const { id, outs } = await provider.create(await checked(provider, args("token-deleted")));
        await provider.delete(id, outs);
        await expect(ask("token-deleted")).resolves.toMatchObject({ status: 401 });
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });
});

describeLife("openedx:AccessToken", {
    provider,
    args: () => ({
        connection: connectionTo(servers.lms),
        username: "staff",
        token: "token-lively",
        expires: "2099-01-31T12:30:00Z",
    }),
    inputs: {
        username: {
            to: "learner",
            does: "replace",
            byHand: async (id) => {
                const [learner] = await browser.list("auth/user", "username=learner");
                await browser.change(MODEL, id, { user: learner?.["id"] ?? "" });
            },
        },
        token: { to: "token-livelier", does: "replace", byHand: (id) => browser.change(MODEL, id, { token: "x" }) },
        expires: {
            to: "2098-01-31T12:30:00Z",
            does: "update",
            byHand: (id) => browser.change(MODEL, id, { expires_0: "2020-01-01" }),
        },
        lifetimeDays: { to: 100, does: "update" },
        renewBeforeDays: { to: 10, does: "update" },
    },
    loseByHand: (id) => browser.delete(MODEL, id),
    look: (id) => browser.look(MODEL, id),
});

describe("AccessToken on a server that is not in UTC", () => {
    let away: TestServers<"lms">;
    let reader: AdminBrowser;

    beforeAll(async () => {
        away = await startServers(["lms"], { environment: { SANDBOX_TIME_ZONE: NEW_YORK } });
        reader = await AdminBrowser.signIn(away.lms);
    });
    afterAll(() => away.stop());

    /** An instant, in that many years, when New York's UTC offset is the same as now, and one when it isn't. */
    const noons = () => {
        const clock = (date: Date) =>
            new Intl.DateTimeFormat("en", { timeZone: NEW_YORK, timeZoneName: "short" }).format(date).split(" ").at(-1);
        const days = ["2099-01-31T12:30:00Z", "2099-07-31T12:30:00Z"];
        const [same, other] = days.sort((day) => (clock(new Date(day)) === clock(new Date()) ? -1 : 1));
        return { same: same ?? "", other: other ?? "" };
    };
    /** The time of day there, that many milliseconds after an instant. */
    const inNewYork = (instant: string, later: number) =>
        new Date(Date.parse(instant) + later).toLocaleTimeString("en-GB", { timeZone: NEW_YORK });
    const created = async (token: string, expires: string) => {
        const inputs = await checked(provider, {
            connection: connectionTo(away.lms),
            username: "staff",
            token,
            expires,
        });
        return { inputs, ...(await provider.create(inputs)) };
    };
    /** Whether the token expires on the server at an instant; a lookup takes an instant with its own UTC offset. */
    const expiresAt = async (id: string, instant: string) =>
        (await reader.list(MODEL, `expires=${instant}`)).some((row) => row["id"] === id);

    test("expires at the requested instant, and leaves no diff", async () => {
        const { same } = noons();
        const { id, outs, inputs } = await created("token-away", same);
        await expect(expiresAt(id, same)).resolves.toBe(true);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("expires within an hour of the requested instant if daylight saving differs from now", async () => {
        const { other } = noons();
        const { id, outs, inputs } = await created("token-other-season", other);
        const hours = [-1, 0, 1].map((hour) => new Date(Date.parse(other) + hour * HOUR).toISOString());
        await expect(Promise.all(hours.map((hour) => expiresAt(id, hour)))).resolves.toContain(true);
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
    });

    test("ignores a difference of one hour, as daylight saving causes it, but not of a minute more", async () => {
        const { same } = noons();
        const { id, outs, inputs } = await created("token-hour", same);
        await reader.change(MODEL, id, { expires_1: inNewYork(same, HOUR) });
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(false);
        await reader.change(MODEL, id, { expires_1: inNewYork(same, HOUR + 60_000) });
        expect((await refreshed(provider, id, outs, inputs)).drifted).toBe(true);
    });

    test("is reset to the requested instant after a manual change in the server's time", async () => {
        const { same } = noons();
        const connection = connectionTo(away.lms);
        const token = await ManagedResource.up(provider, {
            connection,
            username: "staff",
            token: "token-moved-away",
            expires: same,
        });
        await reader.change(MODEL, token.id, { expires_1: "12:30:00" });
        await expect(token.up({}, { refresh: true })).resolves.toEqual(["update"]);
        await expect(expiresAt(token.id, same)).resolves.toBe(true);
    });
});
