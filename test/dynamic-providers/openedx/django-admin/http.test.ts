import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { UnreachableError } from "../../../../dynamic-providers/errors.ts";
import {
    httpClient,
    jsonOf,
    serverWords,
    TIMEOUT_SECONDS,
} from "../../../../dynamic-providers/openedx/django-admin/http.ts";
import { lookup } from "../../../../dynamic-providers/openedx/django-admin/lookup.ts";
import { forgetSilences } from "../../../../dynamic-providers/openedx/django-admin/silences.ts";

let server: Server | undefined;
/** How many requests reached the server. */
let asked = 0;
/** Starts a server for a test, and returns a client for it. */
async function clientOf(listener: RequestListener) {
    asked = 0;
    server = createServer((request, response) => {
        asked++;
        request.resume();
        listener(request, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return httpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}
afterEach(() => {
    server?.closeAllConnections();
    server?.close();
    forgetSilences();
    Reflect.deleteProperty(process.env, TIMEOUT_SECONDS);
    jest.restoreAllMocks();
});
const failure = async (promise: Promise<unknown>) =>
    (await promise.then(
        () => undefined,
        (error: unknown) => error,
    )) as UnreachableError;
const GET = { method: "GET", path: "/page" } as const;
const POST = { method: "POST", path: "/page", data: new URLSearchParams({ a: "b" }) } as const;

describe("an answer whose body is cut off", () => {
    /** Cuts off the first responses, then responds in full. */
    const cutting = (times: number) =>
        clientOf((_request, response) => {
            response.writeHead(200, { "content-length": "10" });
            if (asked <= times) {
                response.write("01234", () => response.destroy());
            } else {
                response.end("0123456789");
            }
        });

    test("is requested again when reading", async () => {
        const client = await cutting(2);
        await expect(client.send(GET)).resolves.toMatchObject({ data: "0123456789" });
        expect(asked).toBe(3);
    });

    test("is lost when posting: the post is not repeated, but may have been carried out", async () => {
        const client = await cutting(1);
        const error = await failure(client.send(POST));
        expect(error).toBeInstanceOf(UnreachableError);
        expect(error.mayHaveSucceeded).toBe(true);
        expect(error.message).toMatch(/^POST http:.*\/page: the server's answer \(status 200\) broke off\./);
        expect(asked).toBe(1);
    });
});

describe("a server that takes connections and never answers", () => {
    const silent = () => clientOf(() => undefined);

    test("is asked twice, by all requests together, and then no more in this run", async () => {
        process.env[TIMEOUT_SECONDS] = "0.3";
        const client = await silent();
        const log = jest.spyOn(console, "log").mockReturnValue();
        const start = Date.now();
        const errors = await Promise.all([client.send(GET), client.send(GET)].map(failure));
        const before = asked;
        const later = await failure(httpClient(client.baseUrl).send(POST));
        expect(Date.now() - start).toBeLessThan(2000);
        expect(errors.map(({ mayHaveSucceeded }) => mayHaveSucceeded)).toEqual([true, true]);
        expect(later.message).toMatch(/^GET http:.*: no answer for \d+ s, although .* OPENEDX_TIMEOUT_SECONDS=60$/);
        expect(asked).toBe(before);
        expect(log).toHaveBeenCalledWith(
            expect.stringMatching(/^Waiting for an answer of http:.*, for 0\.6 s at most/),
        );
    });

    test("is asked again by what waits for it", async () => {
        process.env[TIMEOUT_SECONDS] = "0.2";
        jest.spyOn(console, "log").mockReturnValue();
        let isUp = false;
        const client = await clientOf((_request, response) => {
            if (isUp) {
                response.end("up");
            }
        });
        await failure(client.send(GET));
        isUp = true;
        await expect(client.send(GET)).rejects.toThrow("no answer for");
        forgetSilences();
        await expect(client.send(GET)).resolves.toMatchObject({ data: "up" });
    });

    test("has its whole timeout again once it has answered", async () => {
        process.env[TIMEOUT_SECONDS] = "0.2";
        jest.spyOn(console, "log").mockReturnValue();
        const client = await clientOf((_request, response) => {
            if (asked % 2 === 0) {
                response.end("late");
            }
        });
        for (const requests of [2, 4, 6]) {
            await expect(client.send(GET)).resolves.toMatchObject({ data: "late" });
            expect(asked).toBe(requests);
        }
    });

    test("requires a number of seconds in the variable that sets its timeout", async () => {
        process.env[TIMEOUT_SECONDS] = "long";
        const client = await silent();
        await expect(client.send(GET)).rejects.toThrow(
            'OPENEDX_TIMEOUT_SECONDS is "long": set it to a number of seconds, for instance 60.',
        );
    });
});

test("a server that says when to retry is asked then, and not at all if that is too late", async () => {
    process.env[TIMEOUT_SECONDS] = "2";
    const client = await clientOf((_request, response) => {
        response.writeHead(429, { "retry-after": asked === 1 ? "1" : "60" }).end("Slow down");
    });
    const start = Date.now();
    await expect(client.send(GET)).rejects.toThrow("the server answered 429: Slow down");
    expect(asked).toBe(2);
    expect(Date.now() - start).toBeGreaterThanOrEqual(1000);
});

test("cookies for another domain are ignored, and recorded", async () => {
    const client = await clientOf((_request, response) => {
        response.setHeader("set-cookie", ["a=1; Domain=local.openedx.io", "b=2"]).end();
    });
    await client.send(GET);
    await expect(client.cookie("a")).resolves.toBeUndefined();
    await expect(client.cookie("b")).resolves.toBe("2");
    expect([...client.foreignCookies]).toEqual([["a", "local.openedx.io"]]);
});

test.each([
    ["a page", "<h1>Welcome</h1>", "Welcome"],
    ["nothing", "", "(empty answer)"],
    ["JSON that is no object", "12", "12"],
])("%s in place of JSON is a readable error", async (_what, body, words) => {
    const client = await clientOf((_request, response) => response.end(body));
    const answer = await client.send(GET);
    expect(() => jsonOf(answer)).toThrow(`/page: the server answered 200 with something other than JSON: ${words}`);
});

describe("lookup", () => {
    const resolve = promisify(lookup);

    test.each(["mitxonline.odl.local", "local.openedx.io", "studio.local.openedx.io", "xpro.odl.local"])(
        "sends %s to this machine, whether or not it resolves",
        async (name) => {
            await expect(resolve(name, { all: true })).resolves.toEqual([{ address: "127.0.0.1", family: 4 }]);
            await expect(resolve(name, { all: true })).resolves.toHaveLength(1);
        },
    );

    test.each(["local.openedx.io.invalid", "printer-of-nobody.local", "notodl.local"])(
        "does not mistake %s, which does not resolve, for this machine",
        async (name) => {
            await expect(resolve(name, {})).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
        },
    );
});

describe("serverWords", () => {
    test("is the text of an error page, without markup, scripts and title, and not too long", () => {
        const page = "<title>Error</title><script>alert(1)</script><h1>Bad\n  gateway</h1><p>Later</p>";
        expect(serverWords(page)).toBe("Bad gateway Later");
        expect(serverWords(`<p>${"long ".repeat(200)}</p>`).length).toBeLessThan(310);
        expect(serverWords("")).toBe("(empty answer)");
    });

    test("leaves out Django's debug toolbar", () => {
        const toolbar = '<div id="djDebug"><ul><li>Hide »</li><li>SQL 3 queries in 80.04ms</li></ul></div>';
        expect(serverWords(`<body><h1>Access Forbidden</h1>${toolbar}</body>`)).toBe("Access Forbidden");
    });
});
