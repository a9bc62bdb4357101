import type { AxiosResponse } from "axios";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import { type Answer, type HttpClient, serverWords } from "../dynamic-providers/openedx/django-admin/http.ts";
import { addressOf, visitor } from "./answers.ts";

/** What counts as a redirect loop. */
export interface LoopLimits {
    /** More redirects than this. */
    readonly redirects: number;
    /** More redirects to the same URL than this. */
    readonly visits: number;
}

/** More than any sign-in takes. The LMS's completion page redirects to itself once, to set a cookie. */
const SIGN_IN: LoopLimits = { redirects: 20, visits: 2 };
/** The names of Django's CSRF cookie on the servers. */
export const CSRF_COOKIES = ["csrftoken", "csrf_mitxonline"];

/** Where a browser ends up. */
export interface Landing {
    /** The URL with its query, which may contain a secret: use {@link addressOf} in messages. */
    readonly url: URL;
    readonly answer: Answer;
    /**
     * The requests along the way with the status of each response, without queries. The last one is where it stopped.
     */
    readonly trail: readonly string[];
    /** How it ended: on a page, in a redirect loop, or at a redirect to a server that it does not follow. */
    readonly end: "page" | "circle" | "elsewhere";
}

/** A browser with a session of its own. */
export interface Browser {
    /** Cookies that a server set for a domain other than its own. */
    readonly foreignCookies: ReadonlyMap<string, string>;
    /** Asks the way a page's script does: without leaving the page, and without following redirects. */
    ask(address: string): Promise<Answer>;
    /** Opens a URL and follows redirects. */
    open(address: string): Promise<Landing>;
    /**
     * Fills in and submits the first form with a password field.
     *
     * @param page - where the browser is.
     * @returns `undefined` if the page has no such form.
     */
    submit(page: Landing, values: Readonly<Record<string, string>>): Promise<Landing | undefined>;
    /** Posts a form or JSON with the CSRF token that Django requires, and follows redirects. */
    post(address: string, data: PostData): Promise<Landing>;
}

/** A form's fields, or an object to send as JSON. */
export type PostData = URLSearchParams | Readonly<Record<string, unknown>>;

/**
 * Starts a browser.
 *
 * @param isOurs - which servers belong to the integration. A redirect to another one ends the way.
 */
export type NewBrowser = (isOurs: (url: URL) => boolean) => Browser;

/** A browser made of requests: keeps the cookies of all servers and follows redirects, but runs no JavaScript. */
export class PlainBrowser implements Browser {
    readonly #http: HttpClient;
    readonly #isOurs: (url: URL) => boolean;

    /**
     * @param baseUrl - where it starts.
     * @param isOurs - which servers to follow redirects to. Default: all.
     */
    constructor(baseUrl: string, isOurs: (url: URL) => boolean = () => true) {
        this.#http = visitor(baseUrl);
        this.#isOurs = isOurs;
    }

    get foreignCookies(): ReadonlyMap<string, string> {
        return this.#http.foreignCookies;
    }

    ask(address: string): Promise<AxiosResponse<string>> {
        return this.#http.send({ method: "GET", path: address });
    }

    /** @param limits - default: those of a whole sign-in. */
    async open(address: string, limits = SIGN_IN): Promise<Landing> {
        return this.#follow(new URL(address), await this.ask(address), "GET", limits);
    }

    async submit(page: Landing, values: Readonly<Record<string, string>>): Promise<Landing | undefined> {
        const form = passwordForm(page);
        return form && this.post(form.action, filled(form, values));
    }

    async post(address: string, data: PostData): Promise<Landing> {
        const isForm = data instanceof URLSearchParams;
        const token = await this.#csrfToken(address);
        const answer = await this.#http.send({
            method: "POST",
            path: address,
            data: isForm ? data : JSON.stringify(data),
            headers: {
                ...(token !== undefined && { "X-CSRFToken": token }),
                ...(!isForm && { "Content-Type": "application/json" }),
            },
        });
        return this.#follow(new URL(address), answer, "POST");
    }

    async #csrfToken(address: string): Promise<string | undefined> {
        const tokens = await Promise.all(CSRF_COOKIES.map((name) => this.#http.cookie(name, address)));
        return tokens.find((token) => token !== undefined);
    }

    async #follow(
        start: URL,
        first: AxiosResponse<string>,
        method: "GET" | "POST",
        limits = SIGN_IN,
    ): Promise<Landing> {
        let [url, answer] = [start, first];
        const trail = [step(method, url, answer)];
        const visited = new Map<string, number>();
        for (;;) {
            const location = answer.headers["location"] as string | undefined;
            if (answer.status < 300 || answer.status >= 400 || location === undefined) {
                return { url, answer, trail, end: "page" };
            }
            url = new URL(location, url);
            if (!this.#isOurs(url)) {
                return { url, answer, trail: [...trail, addressOf(url)], end: "elsewhere" };
            }
            const times = (visited.get(addressOf(url)) ?? 0) + 1;
            visited.set(addressOf(url), times);
            if (times > limits.visits || trail.length > limits.redirects) {
                return { url, answer, trail, end: "circle" };
            }
            answer = await this.ask(url.href);
            trail.push(step("GET", url, answer));
        }
    }
}

/** A form on a page, ready to fill in. */
interface PageForm {
    /** Where to submit it. */
    readonly action: string;
    readonly fields: URLSearchParams;
}

/** The first form on the page with a password field, or `undefined`. */
export function passwordForm({ url, answer }: Landing): PageForm | undefined {
    const $ = parseHtml(answer.data);
    const form = $("form:has(input[type=password])").first();
    if (form.length === 0) {
        return undefined;
    }
    const fields = new URLSearchParams(form.serializeArray().map(({ name, value }): [string, string] => [name, value]));
    return { action: new URL(form.attr("action") ?? url.href, url).href, fields };
}

/** The URL of the sign-up page that a sign-in page links to, or `undefined`. */
export function signUpAddress({ url, answer }: Landing): string | undefined {
    const $ = parseHtml(answer.data);
    const link = $("a[href]")
        .toArray()
        .find((one) => /^\s*(register|create an account|sign up)\s*$/i.test($(one).text()));
    const target = link && $(link).attr("href");
    return target === undefined ? undefined : new URL(target, url).href;
}

/** The form's fields with those values filled in that it has a field for. */
function filled({ fields }: PageForm, values: Readonly<Record<string, string>>): URLSearchParams {
    const all = new URLSearchParams(fields);
    for (const [name, value] of Object.entries(values)) {
        if (all.has(name)) {
            all.set(name, value);
        }
    }
    return all;
}

/** The URLs of the requests along the way, once each, without queries. */
export function addressesOf(trail: Landing["trail"]): string[] {
    return [...new Set(trail.map((one) => one.replace(/^GET |: \d+$/g, "")))];
}

/** Where a browser ended up and what it saw there, for a message. */
export function seenAt({ url, answer, end, trail }: Landing): string {
    if (end === "circle") {
        return `a circle of redirects: ${addressesOf(trail.slice(-3)).join(" and ")}`;
    }
    return end === "elsewhere"
        ? `redirected to ${addressOf(url)}`
        : `${addressOf(url)}: ${answer.status}, ${withoutSecrets(serverWords(answer.data))}`;
}

/** A message without URL queries and secrets: it may contain codes, states and tokens. */
export function withoutSecrets(text: string): string {
    return text
        .replaceAll(/\?[\w.~%+-]+=[^\s"'<>]*/g, "")
        .replaceAll(
            /\b(code|state|access_token|refresh_token|client_secret|csrftoken|sessionid)\b(['"]?\s*[=:]\s*['"]?)[\w.~+/-]{6,}/gi,
            "$1$2[secret]",
        );
}

/** A request and the status of its response, as a part of a trail. */
export function step(method: string, url: URL, { status }: Pick<Answer, "status">): string {
    return `${method} ${addressOf(url)}: ${status}`;
}
