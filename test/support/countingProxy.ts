import { once } from "node:events";
import { type IncomingMessage, type ServerResponse, createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";

export interface RecordedRequest {
    method: string;
    /** Without the query. */
    path: string;
    /** 0 where the connection was dropped. */
    status: number;
}

/**
 * What goes wrong with a request: the connection is dropped before the server sees the request (`reset`) or after the
 * server has processed it (`reset-after-forward`), or the proxy answers by itself.
 */
export type Fault =
    "reset" | "reset-after-forward" | { status: number; body?: string; headers?: Record<string, string> } | undefined;

export interface CountingProxy {
    /** The server's address through the proxy: the same host name, another port. */
    baseUrl: string;
    /** The requests so far, in the order of their answers. */
    requests: RecordedRequest[];
    /** How many requests there were of this method and with this path. */
    count: (method: string, path: string | RegExp) => number;
    /** Decides about a request, the n-th (from 1) with its method and path. */
    fault?: ((request: { method: string; path: string; url: string }, n: number) => Fault) | undefined;
    stop: () => Promise<void>;
}

/** Starts a proxy in front of a server; it records the requests and can disturb them. */
export async function startCountingProxy(target: { host: string; port: number }): Promise<CountingProxy> {
    const seen = new Map<string, number>();

    const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
        const { method = "", url = "" } = incoming;
        const path = url.replace(/\?.*/, "");
        const n = (seen.get(`${method} ${path}`) ?? 0) + 1;
        seen.set(`${method} ${path}`, n);
        const drop = () => {
            proxy.requests.push({ method, path, status: 0 });
            incoming.socket.resetAndDestroy();
        };

        const fault = proxy.fault?.({ method, path, url }, n);
        if (fault === "reset") {
            drop();
        } else if (typeof fault === "object") {
            proxy.requests.push({ method, path, status: fault.status });
            outgoing.writeHead(fault.status, fault.headers).end(fault.body);
        } else {
            // The Host header is passed on as it is: the server's sites, cookies and CSRF check depend on it.
            const options = { host: "127.0.0.1", port: target.port, method, path: url, headers: incoming.headers };
            const onward = forward(options, (answer) => {
                if (fault === "reset-after-forward") {
                    answer.resume().on("end", drop);
                    return;
                }
                const status = answer.statusCode ?? 0;
                proxy.requests.push({ method, path, status });
                outgoing.writeHead(status, answer.rawHeaders);
                answer.pipe(outgoing);
            });
            incoming.pipe(onward.on("error", drop));
        }
    };

    const server = createServer(handle).listen(0, "127.0.0.1");
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
        stop: async () => {
            server.closeAllConnections();
            server.close();
            await once(server, "close");
        },
    };
    return proxy;
}
