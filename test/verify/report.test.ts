import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import * as cheerio from "cheerio";
import type { Browser } from "playwright-core";
import { parseSettings } from "../../config/load.ts";
import { resolveConfig } from "../../config/stackConfig.ts";
import type { Result } from "../../verify/check.ts";
import { launchChromium } from "../../verify/chromium.ts";
import { reportPage } from "../../verify/report.ts";
import { targetOf } from "../../verify/target.ts";

const secrets = { openEdx: "secret-of-open-edx", application: "secret-of-the-application" };
const target = targetOf(
    resolveConfig(
        parseSettings({
            application: "xpro",
            lmsPassword: "password-of-open-edx",
            applicationPassword: "password-of-the-application",
            lmsGateway: "172.30.80.1",
            applicationGateway: "172.30.53.1",
        }),
    ),
    {
        clientIds: { openEdx: "id-of-open-edx", application: "id-of-the-application" },
        clientSecrets: secrets,
        serviceWorkerToken: "token-of-the-worker",
        superusers: {
            openEdx: { username: "edx", password: "password-of-open-edx" },
            application: { username: "admin", password: "password-of-the-application" },
        },
        gateways: { openEdx: "172.30.80.1", application: "172.30.53.1" },
    },
);

const passed = { state: "passed", findings: [], seconds: 0.1 } as const;
const results: Result[] = [
    { ...passed, name: "lms", title: "Open edX answers" },
    {
        name: "application-client",
        title: "MIT xPro has <edx-oauth-app>",
        state: "failed",
        findings: [{ cause: "client-gone", evidence: "<b>no such id</b>" }],
        seconds: 0.2,
    },
    {
        name: "application-client-secret",
        title: "MIT xPro takes the secret",
        state: "follows",
        follows: "application-client",
        findings: [],
        seconds: 0,
    },
];
const html = reportPage("dev", target, results, new Date("2026-01-31T12:00:00.500Z"));
const page = cheerio.load(html);

test("the report has each result in words, and says what a result follows from", () => {
    const rows = page("tbody tr")
        .toArray()
        .map((row) => page(row).children().first().text() + ": " + page(row).children().eq(1).text());
    expect(rows).toEqual([
        "✓ ok: Open edX answers",
        "✗ failed: MIT xPro has <edx-oauth-app>",
        "– not run: MIT xPro takes the secretneeds: MIT xPro has <edx-oauth-app>",
    ]);
});

test("it draws each leg of the sign-in with a sign and a word for its state", () => {
    const legs = page("svg g")
        .toArray()
        .map((leg) => `${page(leg).attr("class") ?? ""} ${page(leg).text()}`);
    expect(legs).toHaveLength(8);
    expect(legs[0]).toBe("passed ✓ wants to sign in");
    expect(legs[3]).toBe("failed ✗ back with a code (failed)");
    expect(legs[4]).toBe("follows – code for a token (not run)");
});

test("it says what to do, and shows evidence as text", () => {
    expect(page("section.finding .seen").text()).toBe("Seen: <b>no such id</b>");
    expect(page("section.finding code").text()).toContain("up --refresh");
});

test("it needs nothing else, and holds no secret", () => {
    expect(html).not.toMatch(/<(script|link|img)|url\(|@import/);
    expect(html).not.toMatch(/secret-of|password-of|token-of/);
});

test("a try of the sign-in adds its legs, and what was seen at each", () => {
    const trail = ["GET http://local.openedx.io:8000/auth/login/ol-oauth2/: 302"];
    const tried: Result[] = [
        ...results,
        { ...passed, name: "dashboard", title: "The sign-in ends on the dashboard", note: "at <home>", trail },
        { ...passed, name: "sign-out-lms", title: "Signing out of Open edX" },
    ];
    const withTry = cheerio.load(reportPage("dev", target, tried, new Date()));

    expect(withTry("svg g")).toHaveLength(10);
    expect(withTry("svg g").last().text()).toBe("✓ signs out");
    const dashboard = withTry("details").filter((_, details) => withTry(details).text().includes("dashboard"));
    expect(dashboard.find("summary").text()).toBe("✓ shows the dashboard (ok)");
    const seen = dashboard.find("li").toArray();
    expect(seen.map((item) => withTry(item).text())).toEqual(["at <home>", ...trail]);
});

interface Box {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
}

describe("on a phone", () => {
    let chromium: Browser;
    beforeAll(async () => {
        chromium = await launchChromium();
    });
    afterAll(() => chromium.close());

    test("nothing of it is cut off or overlaps, with long evidence and every leg, and no color is needed", async () => {
        const evidence = `GET http://mitxonline.odl.local:9080/${"long-path/".repeat(30)}: 500, ${"word ".repeat(60)}`;
        const broken: Result[] = [
            ...results,
            ...["dashboard", "sign-in-again", "sign-out-lms", "sign-out-application", "account"].map(
                (name): Result => ({
                    ...passed,
                    name,
                    title: `A check with the long title of ${name}`,
                    state: "failed",
                    trail: [evidence],
                    findings: [{ cause: "unexpected-answer", evidence }],
                }),
            ),
        ];
        const phone = await chromium.newPage({ viewport: { width: 390, height: 844 } });
        await phone.setContent(reportPage("dev", target, broken, new Date()));
        for (const details of await phone.locator("summary").all()) await details.click();

        expect(await phone.evaluate("document.documentElement.scrollWidth")).toBe(390);
        const labels = await phone.locator("svg text").all();
        const boxes = (await Promise.all(labels.map((label) => label.boundingBox()))).filter((box) => box !== null);
        expect(boxes).toHaveLength(labels.length);
        for (const { x, width, height } of boxes) {
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x + width).toBeLessThanOrEqual(390);
            expect(height).toBeGreaterThan(10);
        }
        const isOver = (a: Box, b: Box) =>
            a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
        expect(boxes.flatMap((a, index) => boxes.slice(index + 1).filter((b) => isOver(a, b)))).toEqual([]);
        const words = await phone.locator("svg g.failed text, svg g.follows text").allTextContents();
        expect(words).toHaveLength(7);
        for (const text of words) expect(text).toMatch(/^[✗–] .* \((failed|not run)\)$/);
        await phone.close();
    });
});
