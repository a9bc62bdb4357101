import type { AxiosResponse } from "axios";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import { type HttpClient, serverWords } from "../dynamic-providers/openedx/django-admin/http.ts";
import { addressOf, visitor } from "./answers.ts";

/** More redirects than a sign-in has. */
const MOST_REDIRECTS = 20;
/** The names that Django's CSRF cookie has on the servers. */
const CSRF_COOKIES = ["csrftoken", "csrf_mitxonline"];

/** Where a browser comes to rest. */
export interface Landing {
    /** The address with its query, which may hold a secret: for messages there is {@link addressOf}. */
    readonly url: URL;
    readonly answer: AxiosResponse<string>;
    /** What was asked on the way, and the status of each answer; without queries. The last is where it rests. */
    readonly trail: readonly string[];
    /** How it ended: on a page, in a circle of redirects, or at a redirect to a server that does not count. */
    readonly end: "page" | "circle" | "elsewhere";
}

/** The browser of somebody who has just opened it: cookies of all servers, redirects followed, no JavaScript. */
export class Browser {
    readonly #http: HttpClient;
    readonly #isOurs: (url: URL) => boolean;

    /**
     * @param baseUrl - where it begins.
     * @param isOurs - which servers it follows redirects to. Default: all.
     */
    constructor(baseUrl: string, isOurs: (url: URL) => boolean = () => true) {
        this.#http = visitor(baseUrl);
        this.#isOurs = isOurs;
    }

    /** Cookies that a server set for another name than its own. */
    get foreignCookies(): ReadonlyMap<string, string> {
        return this.#http.foreignCookies;
    }

    /** One answer, redirects included. */
    ask(address: string): Promise<AxiosResponse<string>> {
        return this.#http.send({ method: "GET", path: address });
    }

    /** Opens an address and follows redirects. */
    async open(address: string): Promise<Landing> {
        return this.#follow(new URL(address), await this.ask(address), "GET");
    }

    /** Sends a form, or JSON, with the token that Django wants, and follows redirects. */
    async post(address: string, data: URLSearchParams | Readonly<Record<string, unknown>>): Promise<Landing> {
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

    async #follow(start: URL, first: AxiosResponse<string>, method: "GET" | "POST"): Promise<Landing> {
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
            // The LMS's completion sends a browser to itself once, for a cookie.
            const times = (visited.get(addressOf(url)) ?? 0) + 1;
            visited.set(addressOf(url), times);
            if (times > 2 || trail.length > MOST_REDIRECTS) {
                return { url, answer, trail, end: "circle" };
            }
            answer = await this.ask(url.href);
            trail.push(step("GET", url, answer));
        }
    }
}

/** A form of a page, to be filled in. */
export interface PageForm {
    /** Where it is sent to. */
    readonly action: string;
    readonly fields: URLSearchParams;
}

/** The form of a page that asks for a password, or `undefined`. */
export function passwordForm({ url, answer }: Landing): PageForm | undefined {
    const $ = parseHtml(answer.data);
    const form = $("form:has(input[type=password])").first();
    if (form.length === 0) {
        return undefined;
    }
    const fields = new URLSearchParams(form.serializeArray().map(({ name, value }): [string, string] => [name, value]));
    return { action: new URL(form.attr("action") ?? url.href, url).href, fields };
}

/** The address of the page where somebody new signs up, as a sign-in page links to it, or `undefined`. */
export function signUpAddress({ url, answer }: Landing): string | undefined {
    const $ = parseHtml(answer.data);
    const link = $("a[href]")
        .toArray()
        .find((one) => /^\s*(register|create an account|sign up)\s*$/i.test($(one).text()));
    const target = link && $(link).attr("href");
    return target === undefined ? undefined : new URL(target, url).href;
}

/** A form with values for those of its fields that it has. */
export function filled({ fields }: PageForm, values: Readonly<Record<string, string>>): URLSearchParams {
    const all = new URLSearchParams(fields);
    for (const [name, value] of Object.entries(values)) {
        if (all.has(name)) {
            all.set(name, value);
        }
    }
    return all;
}

/** Where a browser came to rest and what it saw there, for a message. */
export function seenAt({ url, answer, end, trail }: Landing): string {
    if (end === "circle") {
        return `a circle of redirects: ${[...new Set(trail.slice(-3).map((one) => one.replace(/^GET |: \d+$/g, "")))].join(" and ")}`;
    }
    return end === "elsewhere"
        ? `redirected to ${addressOf(url)}`
        : `${addressOf(url)}: ${answer.status}, ${withoutSecrets(serverWords(answer.data))}`;
}

/** A server's words, or an error's, without the queries of addresses: they may hold codes, states and tokens. */
export function withoutSecrets(text: string): string {
    return text
        .replaceAll(/\?[\w.~%+-]+=[^\s"'<>]*/g, "")
        .replaceAll(
            /\b(code|state|access_token|refresh_token|client_secret|csrftoken|sessionid)\b(['"]?\s*[=:]\s*['"]?)[\w.~+/-]{6,}/gi,
            "$1$2[secret]",
        );
}

function step(method: string, url: URL, answer: AxiosResponse<string>): string {
    return `${method} ${addressOf(url)}: ${answer.status}`;
}
