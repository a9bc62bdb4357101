import type { ServerName } from "../../sandbox/sandbox.ts";
import type { CountingProxy, Fault } from "../support/countingProxy.ts";

/** A request of a run, identified by what it requests and how many like it came before. */
export interface RequestName {
    readonly server: ServerName;
    /** Method and path, with `N` for numbers. */
    readonly name: string;
    /** From 1. */
    readonly occurrence: number;
}

/** What happens to a request, once. */
export interface Kind {
    readonly title: string;
    /** How many seconds a run waits for a response. Default: 30, because a slow machine takes its time to respond. */
    readonly patience?: number;
    readonly apply: (at: {
        readonly proxy: CountingProxy;
        readonly server: ServerName;
        endSessions: () => void;
    }) => Fault;
}

const page = (status: number, text: string): (() => Fault) => {
    const headers = { "Content-Type": "text/html; charset=utf-8" };
    return () => ({ status, headers, body: `<html><body><h1>${text}</h1></body></html>` });
};

/** How long a restarting server refuses connections, in milliseconds. */
const RESTART_MILLISECONDS = 100;

/** Every fault that a request can meet. */
export const kinds: readonly Kind[] = [
    {
        title: "refused",
        apply: ({ proxy }) => {
            // On the next turn, so that this request is affected too.
            setImmediate(proxy.pause);
            setTimeout(() => void proxy.resume(), RESTART_MILLISECONDS);
            return "hang";
        },
    },
    { title: "cut before the server", apply: () => "reset" },
    { title: "dropped after the server acted", apply: () => "reset-after-forward" },
    { title: "cut in the body", apply: () => "cut" },
    { title: "hang", patience: 2, apply: () => "hang" },
    { title: "hang after the server acted", patience: 2, apply: () => "hang-after-forward" },
    { title: "404", apply: page(404, "Not Found") },
    { title: "429", apply: page(429, "Too Many Requests") },
    { title: "500", apply: page(500, "Server Error (500)") },
    { title: "502", apply: page(502, "Bad Gateway") },
    { title: "503", apply: page(503, "Service Unavailable") },
    {
        title: "sign-in page",
        apply: ({ server }) => ({
            status: 302,
            headers: { Location: server === "lms" ? "/login?next=/admin/" : "/admin/login/?next=/admin/" },
        }),
    },
    {
        title: "session ended",
        apply: ({ endSessions }) => {
            endSessions();
            return undefined;
        },
    },
    { title: "another page with 200", apply: page(200, "Welcome to nginx!") },
    { title: "empty 200", apply: () => ({ status: 200 }) },
];

/** A request's name without its occurrence. */
export function nameOf({ method, path }: { method: string; path: string }): string {
    return `${method} ${path.replaceAll(/\d+/g, "N")}`;
}
