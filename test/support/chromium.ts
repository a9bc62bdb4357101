import type { Browser, Page } from "playwright-core";

/** Opens a URL in a fresh session, as in a new browser. */
export async function visit(browser: Browser, address: string): Promise<Page> {
    const context = await browser.newContext({ colorScheme: "light", viewport: { width: 720, height: 400 } });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(address);
    return page;
}

/** Fills in a page's form and submits it. */
export async function send(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
    await page.click("form [type=submit], form button");
}

/** Waits for the LMS dashboard and returns the name of the user signed in there. */
export async function nameOnDashboard(page: Page, lmsUrl: string): Promise<string | null> {
    await page.waitForURL(`${lmsUrl}/dashboard`);
    return page.textContent("#username");
}
