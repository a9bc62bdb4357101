import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/**
 * Starts a real browser, for which the names of development lead to this machine.
 *
 * @throws Error where there is none, with what to install.
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
        // As root, in a container, Chromium's own sandbox does not work.
        args: ["--no-sandbox", "--host-resolver-rules=MAP *.odl.local 127.0.0.1, MAP local.openedx.io 127.0.0.1"],
    });
}
