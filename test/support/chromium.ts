import { existsSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/**
 * Starts a real browser that resolves the development hosts to this machine.
 *
 * @throws Error if none is installed, saying what to install.
 */
export async function startChromium(): Promise<Browser> {
    if (!existsSync(executablePath)) {
        throw new Error(
            `There is no browser at ${executablePath}. Install Chromium (Debian: apt-get install chromium), ` +
                "or name its program in the environment variable CHROMIUM.",
        );
    }
    return chromium.launch({
        executablePath,
        // In a container, as root, Chromium's own sandbox does not work.
        args: ["--no-sandbox", "--host-resolver-rules=MAP *.odl.local 127.0.0.1, MAP local.openedx.io 127.0.0.1"],
    });
}

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
