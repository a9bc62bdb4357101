import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import axios, { type AxiosResponse } from "axios";
import type { Server } from "../../sandbox/sandbox.ts";

/** A request with everything that a client needs to send it again. */
export interface SentRequest {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
    readonly status: number;
}

/** A proxy in front of a server, with a record of the requests. */
export interface BenchProxy {
    /** The server's URL through the proxy. */
    readonly baseUrl: string;
    /** In the order of their responses. */
    readonly requests: readonly SentRequest[];
    /** How many connections there were at most at the same time. */
    readonly mostConnections: () => number;
    readonly stop: () => Promise<void>;
}

/** How to slow a server down. */
export interface Slowness {
    /** How many milliseconds to add to each request. */
    readonly milliseconds?: number;
    /** How many requests it handles at the same time; the others wait. Default: all. */
    readonly atOnce?: number;
}

/** Starts a proxy that records requests, and slows the server down. */
export async function startBenchProxy(
    target: Server,
    { milliseconds = 0, atOnce = Number.POSITIVE_INFINITY }: Slowness = {},
): Promise<BenchProxy> {
    const requests: SentRequest[] = [];
    const waiting: (() => void)[] = [];
    let running = 0;
    let connections = 0;
    let mostConnections = 0;
    const turn = async () => {
        if (running >= atOnce) {
            await new Promise<void>((resolve) => waiting.push(resolve));
        }
        running++;
    };
    const server = createServer((incoming, outgoing) => {
        const { method = "", url = "", headers } = incoming;
        void (async () => {
            const body = await buffer(incoming);
            await turn();
            await sleep(milliseconds);
            const answer = await send(target, { method, url, headers, body });
            running--;
            waiting.shift()?.();
            requests.push({ method, url, headers, body, status: answer.status });
            outgoing.writeHead(
                answer.status,
                Object.fromEntries(Object.entries(answer.headers)) as IncomingHttpHeaders,
            );
            outgoing.end(answer.data);
        })();
    });
    server.on("connection", (socket) => {
        mostConnections = Math.max(mostConnections, ++connections);
        socket.on("close", () => connections--);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    return {
        baseUrl: `http://${target.host}:${(server.address() as AddressInfo).port}`,
        requests,
        mostConnections: () => mostConnections,
        stop: async () => {
            server.close();
            server.closeAllConnections();
            await once(server, "close");
        },
    };
}

/**
 * Sends recorded requests to a server again, one after another, in a session of their own.
 *
 * @throws Error if a request fails that succeeded before. In another order, one that failed on the admin's pending messages
 * may succeed.
 */
export async function replay(target: Server, requests: readonly SentRequest[]): Promise<void> {
    const cookies = new Map<string, string>();
    for (const { status, body, ...request } of requests) {
        const headers = {
            ...request.headers,
            cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
            "x-csrftoken": [...cookies].find(([name]) => name.includes("csrf"))?.[1] ?? "",
        };
        const answer = await send(target, { ...request, headers, body: withoutToken(body) });
        if (answer.status >= 400 && status < 400) {
            throw new Error(`${request.method} ${request.url}: ${answer.status} in place of ${status}`);
        }
        for (const cookie of answer.headers["set-cookie"] ?? []) {
            const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
            cookies.set(name, value);
        }
    }
}

/** A form without the CSRF token of the recorded session: Django takes the header's then. */
function withoutToken(body: Buffer): Buffer {
    const text = body.toString("latin1");
    return Buffer.from(
        text
            .replace(/\bcsrfmiddlewaretoken=[^&]*/, "csrfmiddlewaretoken=")
            .replace(/(name="csrfmiddlewaretoken"\r\n\r\n)[^\r]*/, "$1"),
        "latin1",
    );
}

/** Sends a request as it is: to the server, whatever host the headers name. */
function send(
    { port }: Server,
    { method, url, headers, body }: Omit<SentRequest, "status">,
): Promise<AxiosResponse<Buffer>> {
    const { "content-length": _length, "transfer-encoding": _encoding, connection: _connection, ...kept } = headers;
    return axios.request<Buffer>({
        method,
        url: `http://127.0.0.1:${port}${url}`,
        headers: kept,
        ...(body.length > 0 && { data: body }),
        maxRedirects: 0,
        proxy: false,
        decompress: false,
        responseType: "arraybuffer",
        validateStatus: () => true,
    });
}
