import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import type { AxiosError, AxiosInstance, AxiosRequestConfig, AxiosResponse } from "axios";
import pRetry, { AbortError } from "p-retry";
import type { CookieJar } from "tough-cookie";
import { ProviderError, UnreachableError } from "../../errors.ts";
import { parseHtml } from "./html.ts";
import { isDevelopmentName, lookup } from "./lookup.ts";
import { silences } from "./silences.ts";

/** An HTTP client with one session's cookies. */
export interface HttpClient {
    /** The server's address, without a trailing slash. */
    readonly baseUrl: string;
    /**
     * Sends one request and returns the full response whatever its status, redirects included.
     * @throws UnreachableError if there is no full response in time, or still a 429, 502, 503, or 504 after the last try.
     */
    send(request: HttpRequest): Promise<AxiosResponse<string>>;
    /**
     * The value of the cookie with that name, or `undefined`.
     *
     * @param address - the server it is for. Default: `baseUrl`.
     */
    cookie(name: string, address?: string): Promise<string | undefined>;
    /** All cookies, in the form that {@link httpClient} accepts. */
    cookies(): string;
    /** Cookies that the server set for a domain other than its own, which browsers ignore: the domain of each name. */
    readonly foreignCookies: ReadonlyMap<string, string>;
}

/** What is read of a response. */
export interface Answer {
    readonly status: number;
    readonly data: string;
    readonly config: { readonly method?: string; readonly url?: string };
}

/** One request. A `GET` is retried automatically on transient failures; others only on request. */
export interface HttpRequest {
    readonly method: "GET" | "POST" | "DELETE";
    readonly path: string;
    /** A form, or text with a `Content-Type` header. */
    readonly data?: URLSearchParams | FormData | string;
    readonly headers?: Record<string, string>;
    /** Whether delivering it twice does no harm. Default: true for `GET` only. */
    readonly repeatable?: boolean;
}

/**
 * The environment variable that sets how many seconds a server has to respond. Default: 30. A server that is silent for
 * twice as long gets no more requests in this run.
 */
export const TIMEOUT_SECONDS = "OPENEDX_TIMEOUT_SECONDS";

const require = createRequire(import.meta.url);
/** Loaded with the first client: a run without changes contacts no server. */
const loadAxios = () => require("axios") as typeof import("axios");
const loadCookies = () => require("tough-cookie") as typeof import("tough-cookie");

const PASSING_STATUS = new Set([429, 502, 503, 504]);
/** Connection errors that occur before anything is sent. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

let sent = 0;

/** The number of requests sent so far, including automatic retries. */
export function requestsSent(): number {
    return sent;
}

/**
 * A client for one server, with its own cookie jar.
 *
 * @param retries - the maximum number of retries per request.
 * @param cookies - another client's cookies, to continue its session. Default: none.
 */
export function httpClient(baseUrl: string, retries = 5, cookies?: string): HttpClient {
    const { CookieJar } = loadCookies();
    const jar = cookies === undefined ? new CookieJar() : CookieJar.deserializeSync(cookies);
    const foreignCookies = new Map<string, string>();
    return {
        baseUrl,
        foreignCookies,
        cookies: () => JSON.stringify(jar.serializeSync()),
        send: (request) => send(new URL(request.path, baseUrl), request, { jar, foreignCookies }, retries),
        cookie: async (name, address = baseUrl) =>
            (await jar.getCookies(address)).find((cookie) => cookie.key === name)?.value,
    };
}

interface Cookies {
    readonly jar: CookieJar;
    readonly foreignCookies: Map<string, string>;
}

/** Sends a request until there is a response, with backoff, for as long as a server may be silent. */
async function send(url: URL, request: HttpRequest, cookies: Cookies, retries: number): Promise<AxiosResponse<string>> {
    const timeout = timeoutMilliseconds();
    const end = Date.now() + 2 * timeout;
    const isRepeatable = request.repeatable ?? request.method === "GET";
    return pRetry(() => sendOnce(url, request, cookies, timeout), {
        retries,
        minTimeout: 200,
        maxRetryTime: 2 * timeout,
        async shouldRetry({ error }) {
            const mayRepeat = error instanceof UnreachableError && (isRepeatable || !error.mayHaveSucceeded);
            const wait = error instanceof BusyError ? error.waitMilliseconds : 0;
            if (!mayRepeat || Date.now() + wait > end) {
                return false;
            }
            await sleep(wait);
            return true;
        },
    });
}

let client: AxiosInstance | undefined;
let trusting: HttpsAgent | undefined;

/** One client for all servers, since it keeps connections alive. */
function sharedClient(): AxiosInstance {
    client ??= loadAxios().create({
        httpAgent: new HttpAgent({ keepAlive: true, lookup }),
        httpsAgent: new HttpsAgent({ keepAlive: true, lookup }),
        maxRedirects: 0,
        proxy: false,
        responseType: "text",
        validateStatus: () => true,
    });
    return client;
}

/** For development servers, whose certificates nobody else signed: Keycloak's, for instance. */
function trustingAgent(): HttpsAgent {
    trusting ??= new HttpsAgent({ keepAlive: true, lookup, rejectUnauthorized: false });
    return trusting;
}

async function sendOnce(
    url: URL,
    request: HttpRequest,
    { jar, foreignCookies }: Cookies,
    timeout: number,
): Promise<AxiosResponse<string>> {
    const where = `${request.method} ${url.href.replaceAll(SECRET_PARAMETER, "$1[secret]")}`;
    if (request.data !== undefined && typeof request.data !== "string") {
        noteSecrets(request.data);
    }
    const start = Date.now();
    const signal = AbortSignal.timeout(patienceLeft(url.origin, timeout));
    const config: AxiosRequestConfig = {
        method: request.method,
        url: url.href,
        // Django checks the referrer of an https form, and edX's sign-in always does.
        headers: { Referer: url.href, Cookie: await jar.getCookieString(url.href), ...request.headers },
        signal,
        ...(isDevelopmentName(url.hostname) && { httpsAgent: trustingAgent() }),
        ...(request.data !== undefined && { data: request.data }),
    };
    const notice = setTimeout(() => {
        reportSilence(url.origin, where, timeout);
    }, timeout / 3);
    sent++;
    let answer: AxiosResponse<string>;
    try {
        answer = await sharedClient().request<string>(config);
    } catch (error) {
        if (!loadAxios().isAxiosError(error)) {
            throw error;
        }
        throw signal.aborted ? noteSilence(url.origin, where, start) : lostAnswer(where, error);
    } finally {
        clearTimeout(notice);
    }
    silences.delete(url.origin);
    for (const text of answer.headers["set-cookie"] ?? []) {
        noteForeignCookie(foreignCookies, text, url);
        await jar.setCookie(text, url.href, { ignoreError: true });
    }
    if (PASSING_STATUS.has(answer.status)) {
        const message = `${where}: the server answered ${answer.status}: ${serverWords(answer.data)}`;
        throw new BusyError(message, retryAfter(answer));
    }
    return answer;
}

/** Adds a cookie's name and domain if browsers ignore it, because the domain is not that of the server that set it. */
export function noteForeignCookie(foreignCookies: Map<string, string>, setCookie: string, { hostname }: URL): void {
    const { Cookie, domainMatch } = loadCookies();
    const { key, domain } = Cookie.parse(setCookie) ?? {};
    if (key !== undefined && typeof domain === "string" && domainMatch(hostname, domain) !== true) {
        foreignCookies.set(key, domain);
    }
}

/** The server says that it is unavailable for now, and perhaps when to try again. */
class BusyError extends UnreachableError {
    readonly waitMilliseconds: number;

    constructor(message: string, waitMilliseconds: number) {
        super(message, true);
        this.waitMilliseconds = waitMilliseconds;
    }
}

function retryAfter(answer: AxiosResponse<string>): number {
    const seconds = Number(answer.headers["retry-after"]);
    return seconds > 0 ? seconds * 1000 : 0;
}

/** The error in words, without the request headers and body that axios keeps in it. */
function lostAnswer(where: string, error: AxiosError): UnreachableError {
    if (error.response !== undefined) {
        const message = `${where}: the server's answer (status ${error.response.status}) broke off. Is the server running?`;
        return new UnreachableError(message, true);
    }
    return new UnreachableError(
        `${where}: no answer (${error.code ?? error.message}). Is the server running, and is the address right?`,
        !NEVER_SENT.has(error.code ?? ""),
    );
}

/**
 * How long a request may take, given how long the server has been silent.
 * @throws AbortError with the last request's error if the server has been silent for too long.
 */
function patienceLeft(origin: string, timeout: number): number {
    const silence = silences.get(origin);
    const left = 2 * timeout - (silence?.milliseconds ?? 0);
    if (silence !== undefined && left <= 0) {
        throw new AbortError(silence.error);
    }
    return Math.min(left, timeout);
}

/** Adds the duration of an unanswered request; time that parallel requests share counts once. */
function noteSilence(origin: string, where: string, start: number): UnreachableError {
    const former = silences.get(origin);
    const end = Date.now();
    const milliseconds = (former?.milliseconds ?? 0) + end - Math.max(start, former?.end ?? 0);
    const error = new UnreachableError(
        `${where}: no answer for ${Math.round(milliseconds / 1000)} s, although something accepts connections there. ` +
            `See the server's logs. To wait longer for each answer, in seconds: ${TIMEOUT_SECONDS}=60`,
        true,
    );
    silences.set(origin, { milliseconds, end, error });
    return error;
}

/** When a silent server was last reported, by its origin. */
const reported = new Map<string, number>();

/** The engine shows what a provider prints. Parallel requests report a silent server once. */
function reportSilence(origin: string, where: string, timeout: number): void {
    if (Date.now() - (reported.get(origin) ?? 0) >= timeout / 3) {
        reported.set(origin, Date.now());
        console.log(`Waiting for an answer of ${origin}, for ${(2 * timeout) / 1000} s at most (${where})`);
    }
}

/** How long a server has to respond, in milliseconds. */
export function timeoutMilliseconds(): number {
    const text = process.env[TIMEOUT_SECONDS] ?? "30";
    const seconds = Number(text);
    if (!(seconds > 0 && seconds < 86_400)) {
        throw new ProviderError(`${TIMEOUT_SECONDS} is "${text}": set it to a number of seconds, for instance 60.`);
    }
    return seconds * 1000;
}

/**
 * The JSON object in a response.
 * @throws UnreachableError if the response is something else, such as a proxy's page.
 */
export function jsonOf(answer: Answer): Readonly<Record<string, unknown>> {
    try {
        const value: unknown = JSON.parse(answer.data);
        if (typeof value === "object" && value !== null) {
            return value as Record<string, unknown>;
        }
    } catch {
        // Not JSON.
    }
    throw new UnreachableError(
        `${String(answer.config.method).toUpperCase()} ${String(answer.config.url)}: the server answered ` +
            `${answer.status} with something other than JSON: ${serverWords(answer.data)}`,
        true,
    );
}

/**
 * What this run sent in secret fields. A database error or Django's debug page may repeat it; messages must not. Words
 * shorter than a generated secret are left alone.
 */
const sentSecrets = new Set<string>();
const SECRET_FIELD = /^(password\d?|secret|client_secret|token)$/;
const SHORTEST_SECRET = 8;
/** What a sign-in address carries. */
const SECRET_PARAMETER = /([?&](?:code|state|redirect_state)=)[^&]*/g;

function noteSecrets(data: URLSearchParams | FormData): void {
    for (const [field, value] of data) {
        if (SECRET_FIELD.test(field) && typeof value === "string" && value.length >= SHORTEST_SECRET) {
            sentSecrets.add(value);
        }
    }
}

/**
 * The gist of an error page: its text, shortened, without markup, Django's debug toolbar (MITx Online has it), and the
 * secrets that were sent.
 */
export function serverWords(body: string): string {
    const $ = parseHtml(body);
    $("script, style, title, #djDebug").remove();
    $("body *").before(" ").after(" ");
    let text = $("body").text().replaceAll(/\s+/g, " ").trim();
    for (const secret of sentSecrets) {
        text = text.replaceAll(secret, "[secret]");
    }
    return text === "" ? "(empty answer)" : text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
