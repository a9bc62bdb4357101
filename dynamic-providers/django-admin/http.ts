import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from "axios";
import axiosRetry, { exponentialDelay, isNetworkError } from "axios-retry";
import { CookieJar } from "tough-cookie";
import { UnreachableError } from "./errors.ts";

/** An HTTP client with the cookies of one session. */
export interface HttpClient {
    /** The server's address without a trailing slash. */
    readonly baseUrl: string;
    /**
     * Sends one request and returns the answer whatever its status, redirects included.
     * @throws UnreachableError where there is no answer, or 429, 502, 503 or 504 after the last try.
     */
    send(request: HttpRequest): Promise<AxiosResponse<string>>;
    /** The value of the cookie of that name for the server, or `undefined`. */
    cookie(name: string): Promise<string | undefined>;
}

/** One request. `GET` is repeated by itself on passing faults; a `POST` only where that is asked for. */
export interface HttpRequest {
    readonly method: "GET" | "POST";
    readonly path: string;
    readonly data?: URLSearchParams | FormData;
    readonly headers?: Record<string, string>;
    /** Whether a second delivery does no harm. Default: true for `GET`, false for `POST`. */
    readonly repeatable?: boolean;
}

const TIMEOUT_MILLISECONDS = 30_000;
const RETRIES = 5;
const PASSING_STATUS = new Set([429, 502, 503, 504]);
/** Connection errors that arise before anything is sent. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** A client for one server with a cookie jar of its own. */
export function httpClient(baseUrl: string): HttpClient {
    const jar = new CookieJar();
    const client = axios.create({
        baseURL: baseUrl,
        httpAgent: new HttpAgent({ keepAlive: true, lookup }),
        httpsAgent: new HttpsAgent({ keepAlive: true, lookup }),
        maxRedirects: 0,
        proxy: false,
        responseType: "text",
        timeout: TIMEOUT_MILLISECONDS,
        validateStatus: (status) => !PASSING_STATUS.has(status),
    });
    axiosRetry(client, {
        retries: RETRIES,
        retryDelay: (count, error) => exponentialDelay(count, error),
        shouldResetTimeout: true,
        retryCondition: (error) => isPassing(error) && (isRepeatable(error.config) || wasNeverSent(error)),
    });
    return {
        baseUrl,
        send: (request) => send(client, jar, request),
        cookie: async (name) => (await jar.getCookies(baseUrl)).find((cookie) => cookie.key === name)?.value,
    };
}

async function send(client: AxiosInstance, jar: CookieJar, request: HttpRequest): Promise<AxiosResponse<string>> {
    const url = new URL(request.path, client.defaults.baseURL);
    const config: RepeatableConfig = {
        method: request.method,
        url: url.href,
        // Django wants to know where an https form came from, and edX's sign-in asks for it always.
        headers: { Referer: url.href, Cookie: await jar.getCookieString(url.href), ...request.headers },
        repeatable: request.repeatable ?? request.method === "GET",
    };
    if (request.data !== undefined) {
        config.data = request.data;
    }
    try {
        const response = await client.request<string>(config);
        for (const cookie of response.headers["set-cookie"] ?? []) {
            await jar.setCookie(cookie, url.href);
        }
        return response;
    } catch (error) {
        if (error instanceof AxiosError) {
            throw unreachable(`${request.method} ${url.href}`, error);
        }
        throw error;
    }
}

interface RepeatableConfig extends AxiosRequestConfig {
    repeatable?: boolean;
}

function isRepeatable(config: RepeatableConfig | undefined): boolean {
    return config?.repeatable === true;
}

function isPassing(error: AxiosError): boolean {
    return error.response === undefined
        ? isNetworkError(error) || error.code === "ECONNABORTED" || error.code === "ETIMEDOUT"
        : PASSING_STATUS.has(error.response.status);
}

function wasNeverSent(error: AxiosError): boolean {
    return error.response === undefined && NEVER_SENT.has(error.code ?? "");
}

/** The error in words, without the request's headers and body that axios keeps in it. */
function unreachable(request: string, error: AxiosError): UnreachableError {
    if (error.response === undefined) {
        const reason = error.code ?? error.message;
        return new UnreachableError(
            `${request}: no answer (${reason}). Is the server running, and is the address right?`,
            !wasNeverSent(error),
        );
    }
    const words = serverWords(String(error.response.data));
    return new UnreachableError(`${request}: the server answered ${error.response.status}: ${words}`, true);
}

/** The gist of an error page: its text without markup, shortened. */
export function serverWords(body: string): string {
    const text = body
        .replaceAll(/<(script|style|title)[\s\S]*?<\/\1>/gi, " ")
        .replaceAll(/<[^>]*>/g, " ")
        .replaceAll(/\s+/g, " ")
        .trim();
    return text === "" ? "(empty answer)" : text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Development names that stand for this machine; they often lack in DNS and in the hosts file. */
const LOOPBACK_NAMES = /(^|\.)(local|localhost|local\.openedx\.io)$/;
const unresolvable = new Set<string>();

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * `dns.lookup`, but development names such as `mitxonline.odl.local` that do not resolve go to the loopback address, so
 * that provisioning needs no hosts file.
 */
export function lookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
    const loopback = () => {
        if (options.all === true) {
            callback(null, [{ address: "127.0.0.1", family: 4 }]);
        } else {
            callback(null, "127.0.0.1", 4);
        }
    };
    if (unresolvable.has(hostname)) {
        loopback();
        return;
    }
    dnsLookup(hostname, options, (error, address, family) => {
        if (error !== null && LOOPBACK_NAMES.test(hostname)) {
            unresolvable.add(hostname);
            loopback();
        } else {
            callback(error, address, family);
        }
    });
}
