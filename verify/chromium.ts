/** A real browser that signs in: Chromium, driven by Playwright. Loaded only with `--browser`, as loading it takes long. */
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
    type Browser as Chromium,
    type BrowserContext,
    chromium,
    errors,
    type Page,
    type Request,
    type Response,
} from "playwright-core";
import { ProviderError, UnreachableError } from "../dynamic-providers/errors.ts";
import { type Answer, noteForeignCookie, timeoutMilliseconds } from "../dynamic-providers/openedx/django-admin/http.ts";
import { addressOf } from "./answers.ts";
import { type Browser, CSRF_COOKIES, type Landing, type NewBrowser, type PostData, step } from "./browser.ts";

/** The environment variable with the path of the browser's program. */
const PROGRAM = "CHROMIUM";
const USUAL_PLACES = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/snap/bin/chromium",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
    String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
];
/** Development names lead to this machine, as they do for the checks, whether or not the hosts file has them. */
const HOSTS = "--host-resolver-rules=MAP *.odl.local 127.0.0.1, MAP local.openedx.io 127.0.0.1";
/** A page has settled when it has requested nothing for this long, in milliseconds, and its scripts rest. */
const QUIET = 500;
const PASSWORD_FORM = "form:has(input[type=password])";

/**
 * Starts Chromium without a window.
 *
 * @throws ProviderError that says what to do if there is none.
 */
export async function launchChromium(): Promise<Chromium> {
    const named = process.env[PROGRAM];
    const places = named === undefined ? USUAL_PLACES : [named];
    const executablePath = places.find((place) => existsSync(place));
    if (executablePath === undefined) {
        throw new ProviderError(
            `There is no browser at ${named ?? "the usual places"}. Install Chromium (Debian: apt-get install chromium) ` +
                `or Chrome, or set the environment variable ${PROGRAM} to the path of its program.`,
        );
    }
    return chromium.launch({
        executablePath,
        args: [HOSTS],
        // Root, as in a container, can't use Chromium's own sandbox.
        chromiumSandbox: process.getuid?.() !== 0,
        // An interrupted run still removes its user.
        handleSIGINT: false,
        handleSIGTERM: false,
    });
}

/**
 * Sessions in one Chromium, which runs until `close`.
 *
 * @param quiet - shorter, for pages without timers.
 */
export async function chromiumBrowsers(quiet = QUIET): Promise<{ newBrowser: NewBrowser; close(): Promise<void> }> {
    const program = await launchChromium();
    return { newBrowser: (isOurs) => new ChromiumBrowser(program, isOurs, quiet), close: () => program.close() };
}

/** A session in Chromium: runs the JavaScript of the pages, and sends what a browser sends. */
class ChromiumBrowser implements Browser {
    readonly foreignCookies = new Map<string, string>();
    readonly #context: Promise<BrowserContext>;
    readonly #isOurs: (url: URL) => boolean;
    readonly #quiet: number;
    readonly #timeout = timeoutMilliseconds();
    #page: Promise<Page> | undefined;
    /** For `ask`, which leaves the user's page as it is. A page of Chromium's for each question costs more. */
    #asking: Promise<Page> | undefined;

    constructor(program: Chromium, isOurs: (url: URL) => boolean, quiet: number) {
        // Nobody else signed the certificates of development servers, such as Keycloak's.
        this.#context = program.newContext({ ignoreHTTPSErrors: true });
        this.#isOurs = isOurs;
        this.#quiet = quiet;
    }

    async ask(address: string): Promise<Answer> {
        this.#asking ??= this.#context.then((context) => context.newPage());
        const page = await this.#asking;
        try {
            // Django REST framework has a page for browsers; extra headers don't replace what Chromium accepts.
            await page.route(
                address,
                (route) => route.continue({ headers: { ...route.request().headers(), accept: "application/json" } }),
                { times: 1 },
            );
            const answer = await page.goto(address, { timeout: this.#timeout });
            return { status: answer?.status() ?? 0, data: (await answer?.text()) ?? "", config: { url: address } };
        } catch (error) {
            throw new UnreachableError(`GET ${address}: no answer (${firstLine(error)})`, false);
        }
    }

    async open(address: string): Promise<Landing> {
        return this.#follow(address, (page) => page.goto(address, { timeout: this.#timeout }));
    }

    async submit(_page: Landing, values: Readonly<Record<string, string>>): Promise<Landing | undefined> {
        const page = await this.#current();
        const form = page.locator(PASSWORD_FORM).first();
        if ((await form.count()) === 0) {
            return undefined;
        }
        return this.#follow(page.url(), async () => {
            for (const [name, value] of Object.entries(values)) {
                const field = form.locator(`[name="${name}"]:visible`).first();
                if ((await field.count()) > 0) await field.fill(value);
            }
            await form
                .locator("[type=submit]:visible, button:not([type]):visible")
                .first()
                .click({ noWaitAfter: true });
        });
    }

    /** Chromium loads the address; what it sends becomes a post on the way. */
    async post(address: string, data: PostData): Promise<Landing> {
        const page = await this.#current();
        const isForm = data instanceof URLSearchParams;
        const token = await this.#csrfToken(address);
        const headers = {
            Origin: new URL(address).origin,
            "Content-Type": isForm ? "application/x-www-form-urlencoded" : "application/json",
            ...(token !== undefined && { "X-CSRFToken": token }),
        };
        const postData = isForm ? data.toString() : JSON.stringify(data);
        await page.route(
            address,
            (route) =>
                route.continue({ method: "POST", headers: { ...route.request().headers(), ...headers }, postData }),
            { times: 1 },
        );
        return this.#follow(address, () => page.goto(address, { timeout: this.#timeout, referer: address }));
    }

    async #csrfToken(address: string): Promise<string | undefined> {
        const cookies = await (await this.#context).cookies(address);
        return cookies.findLast(({ name }) => CSRF_COOKIES.includes(name))?.value;
    }

    #current(): Promise<Page> {
        this.#page ??= this.#context.then((context) => context.newPage());
        return this.#page;
    }

    /** Does something that loads a page, and waits until the page has settled, wherever its scripts lead. */
    async #follow(address: string, act: (page: Page) => Promise<unknown>): Promise<Landing> {
        const page = await this.#current();
        const traffic = new Traffic(page);
        try {
            await act(page).catch(ignoreNavigation);
            await traffic.settled(this.#quiet, this.#timeout);
        } finally {
            traffic.stop();
        }
        for (const response of traffic.responses) {
            for (const { name, value } of await response.headersArray()) {
                if (name.toLowerCase() === "set-cookie") {
                    noteForeignCookie(this.foreignCookies, value, new URL(response.url()));
                }
            }
        }
        const trail = traffic.responses.map((response) =>
            step(response.request().method(), new URL(response.url()), { status: response.status() }),
        );
        const last = traffic.responses.findLast((response) => response.request().isNavigationRequest());
        const { stopped } = traffic;
        const url = new URL(stopped?.url() ?? page.url());
        const answer = {
            status: last?.status() ?? 0,
            data: stopped === undefined ? await contentOf(page, last) : "",
            config: { method: "GET", url: url.href },
        };
        if (!this.#isOurs(url)) {
            return { url, answer, trail: [...trail, addressOf(url)], end: "elsewhere" };
        }
        if (stopped === undefined) {
            return { url, answer, trail, end: "page" };
        }
        const reason = stopped.failure()?.errorText ?? `no answer for ${this.#timeout / 1000} s`;
        if (reason === "net::ERR_TOO_MANY_REDIRECTS") {
            return { url, answer, trail, end: "circle" };
        }
        throw new UnreachableError(
            `${stopped.method()} ${addressOf(url)}, on the way from ${address}: ${reason}`,
            true,
        );
    }
}

/** What a page requests while it loads and runs. */
class Traffic {
    /** The responses to the page's own requests and to what its scripts post, in order. */
    readonly responses: Response[] = [];
    readonly #page: Page;
    readonly #open = new Set<Request>();
    #failed: Request | undefined;
    #last = Date.now();

    constructor(page: Page) {
        this.#page = page;
        page.on("request", this.#begun);
        page.on("response", this.#answered);
        page.on("requestfinished", this.#ended);
        page.on("requestfailed", this.#ended);
    }

    /** The page's own request that got no page: because it failed, or because there is still no response. */
    get stopped(): Request | undefined {
        return this.#failed ?? [...this.#open].find((request) => this.#isPage(request));
    }

    /** Waits until nothing has been requested for a while, and the page has nothing left to run. */
    async settled(quiet: number, timeout: number): Promise<void> {
        this.#last = Date.now();
        const end = Date.now() + timeout;
        let seen: number;
        do {
            while (Date.now() < end && (this.#open.size > 0 || Date.now() - this.#last < quiet)) {
                await sleep(quiet / 10);
            }
            seen = this.#last;
            await idle(this.#page, end - Date.now());
        } while (Date.now() < end && seen !== this.#last);
    }

    stop(): void {
        this.#page.off("request", this.#begun);
        this.#page.off("response", this.#answered);
        this.#page.off("requestfinished", this.#ended);
        this.#page.off("requestfailed", this.#ended);
    }

    readonly #begun = (request: Request) => {
        this.#last = Date.now();
        if (this.#isPage(request)) this.#failed = undefined;
        if (["document", "script", "xhr", "fetch"].includes(request.resourceType())) this.#open.add(request);
    };

    readonly #answered = (response: Response) => {
        const request = response.request();
        if (this.#isPage(request) || request.method() === "POST") this.responses.push(response);
    };

    readonly #ended = (request: Request) => {
        this.#last = Date.now();
        this.#open.delete(request);
        const error = request.failure()?.errorText;
        // A navigation that another one replaces is aborted.
        if (this.#isPage(request) && error !== undefined && error !== "net::ERR_ABORTED") this.#failed = request;
    };

    #isPage(request: Request): boolean {
        return request.isNavigationRequest() && request.frame() === this.#page.mainFrame();
    }
}

/** Waits until a page has run what it can run for now; its scripts may have requested something by then. */
async function idle(page: Page, timeout: number): Promise<void> {
    const idled = page.evaluate("new Promise((resolve) => requestIdleCallback(() => resolve()))");
    // Another page takes its place, or its scripts never rest.
    await Promise.race([idled.catch(() => undefined), sleep(timeout, undefined, { ref: false })]);
}

/** What a page shows: its HTML after its scripts ran, or the text of another kind of document. */
async function contentOf(page: Page, last: Response | undefined): Promise<string> {
    return last?.headers()["content-type"]?.includes("html") === false
        ? page.locator("body").innerText()
        : page.content();
}

function firstLine(error: unknown): string {
    const [line = ""] = (error as Error).message.split("\n");
    return line;
}

/** Failed and endless navigations are seen by their requests. */
function ignoreNavigation(error: unknown): void {
    if (!(error instanceof errors.TimeoutError || (error as Error).message.includes("net::ERR_"))) {
        throw error;
    }
}
