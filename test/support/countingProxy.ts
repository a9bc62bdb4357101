import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface RecordedRequest {
    method: string;
    /** Without the query. */
    path: string;
    /** 0 if there was no response. */
    status: number;
}

/** What goes wrong with a request. */
export type Fault =
    /** Drops the connection before the server sees the request. */
    | "reset"
    /** The server processes the request; then the connection is dropped without a response. */
    | "reset-after-forward"
    /** The server processes the request; the connection is dropped halfway through the response body. */
    | "cut"
    /** The server never sees the request, and no response ever comes. */
    | "hang"
    /** The server processes the request, but no response ever comes. */
    | "hang-after-forward"
    /** The server never sees the request; the proxy responds. Without a body, the response is empty. */
    | { status: number; body?: string; headers?: Record<string, string> }
    | undefined;

export interface CountingProxy {
    /** The server's URL through the proxy: same host name, different port. */
    baseUrl: string;
    /** The requests so far, in the order of their responses. */
    requests: RecordedRequest[];
    /** The number of requests with this method and path. */
    count: (method: string, path: string | RegExp) => number;
    /** Chooses the fault for a request, the n-th (from 1) with its method and path. */
    fault?: ((request: { method: string; path: string; url: string }, n: number) => Fault | Promise<Fault>) | undefined;
    /** Waits until the server has processed everything that it was sent, even if nobody waits for the response. */
    idle: () => Promise<void>;
    /** Drops all connections and refuses new ones until `resume`. */
    pause: () => void;
    resume: () => Promise<void>;
    /** Drops all connections and stops for good. */
    stop: () => Promise<void>;
}

/** Starts a proxy in front of a server that records requests and can inject faults. */
export async function startCountingProxy(target: { host: string; port: number }): Promise<CountingProxy> {
    const seen = new Map<string, number>();
    const forwarded = new Set<Promise<unknown>>();

    const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
        const { method = "", url = "" } = incoming;
        const path = url.replace(/\?.*/, "");
        const n = (seen.get(`${method} ${path}`) ?? 0) + 1;
        seen.set(`${method} ${path}`, n);
        const drop = () => {
            proxy.requests.push({ method, path, status: 0 });
            incoming.socket.resetAndDestroy();
        };

        const fault = await proxy.fault?.({ method, path, url }, n);
        if (fault === "reset") {
            drop();
        } else if (fault === "hang") {
            proxy.requests.push({ method, path, status: 0 });
        } else if (typeof fault === "object") {
            proxy.requests.push({ method, path, status: fault.status });
            outgoing.writeHead(fault.status, fault.headers).end(fault.body);
        } else {
            // Passes the Host header on unchanged: the server's sites, cookies and CSRF check depend on it.
            const options = { host: "127.0.0.1", port: target.port, method, path: url, headers: incoming.headers };
            const onward = forward(options, (answer) => {
                const status = answer.statusCode ?? 0;
                if (fault === "reset-after-forward") {
                    answer.resume().on("end", drop);
                    return;
                }
                if (fault === "hang-after-forward") {
                    answer.resume().on("end", () => proxy.requests.push({ method, path, status: 0 }));
                    return;
                }
                proxy.requests.push({ method, path, status });
                if (fault === "cut") {
                    void cutOff(answer, outgoing);
                    return;
                }
                outgoing.writeHead(status, answer.rawHeaders);
                answer.pipe(outgoing);
            });
            const processed = new Promise((resolve) => onward.once("close", resolve));
            forwarded.add(processed);
            void processed.then(() => forwarded.delete(processed));
            incoming.pipe(onward.on("error", drop));
        }
    };

    const server = createServer((incoming, outgoing) => void handle(incoming, outgoing)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const proxy: CountingProxy = {
        baseUrl: `http://${target.host}:${port}`,
        requests: [],
        count: (method, path) =>
            proxy.requests.filter(
                (request) =>
                    request.method === method &&
                    (typeof path === "string" ? request.path === path : path.test(request.path)),
            ).length,
        idle: async () => {
            while (forwarded.size > 0) {
                await Promise.all(forwarded);
            }
        },
        pause: () => {
            server.close();
            server.closeAllConnections();
        },
        resume: async () => {
            if (!server.listening) {
                await once(server.listen(port, "127.0.0.1"), "listening");
            }
        },
        stop: async () => {
            if (!server.listening) {
                return;
            }
            server.close();
            server.closeAllConnections();
            await once(server, "close");
        },
    };
    return proxy;
}

/** Forwards a response's headers and half of its body, then drops the connection. */
async function cutOff(answer: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await buffer(answer);
    const headers = { ...answer.headers, "content-length": String(Math.max(body.length, 1)) };
    delete headers["transfer-encoding"];
    outgoing.writeHead(answer.statusCode ?? 0, headers);
    outgoing.flushHeaders();
    outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
}
