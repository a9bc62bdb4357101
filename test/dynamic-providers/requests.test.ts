import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import Table from "cli-table3";
import type { CompleteProvider } from "../../dynamic-providers/crud.ts";
import { provider as accessToken } from "../../dynamic-providers/openedx/accessToken.provider.ts";
import { provider as djangoUser } from "../../dynamic-providers/openedx/djangoUser.provider.ts";
import { provider as oauth2ProviderConfig } from "../../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import { provider as oauthApplication } from "../../dynamic-providers/openedx/oauthApplication.provider.ts";
import { provider as signInPage } from "../../dynamic-providers/openedx/signInPage.provider.ts";
import { provider as site } from "../../dynamic-providers/openedx/site.provider.ts";
import { startCountingProxy, type CountingProxy } from "../support/countingProxy.ts";
import { checked, connectionTo } from "../support/providers.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";

const SIGN_IN = /\/login(_session)?\/$/;
/** Requested after a change so that the LMS shows it at once; not part of the change. */
const PROVIDER_CACHE = ["/api/mfe_context", "/admin/jsi18n/"];

let servers: TestServers<"lms" | "mitxonline">;
let lms: CountingProxy;
let mitxonline: CountingProxy;

beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline"]);
    await writeFile(servers.mitxonline.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
    [lms, mitxonline] = await Promise.all([startCountingProxy(servers.lms), startCountingProxy(servers.mitxonline)]);
});
afterAll(async () => {
    await Promise.all([lms.stop(), mitxonline.stop()]);
    await servers.stop();
});

interface Counts {
    readonly create: number;
    readonly read: number;
    readonly update: number;
    readonly delete: number;
}

/** Whether a request belongs to an operation, not to the sign-in or a follow-up. */
const isOfOperation = ({ path }: { path: string }) => !SIGN_IN.test(path) && !PROVIDER_CACHE.includes(path);

/** How many requests of that kind each operation of a resource takes. */
async function countRequests<Inputs extends object, Outputs extends Inputs>(
    proxy: CountingProxy,
    provider: CompleteProvider<Inputs, Outputs>,
    args: Partial<Inputs>,
    change: Partial<Inputs>,
    isCounted: (request: { path: string }) => boolean = isOfOperation,
): Promise<Counts> {
    const counted = async <Result>(operation: Promise<Result>): Promise<[Result, number]> => {
        const before = proxy.requests.length;
        const result = await operation;
        return [result, proxy.requests.slice(before).filter(isCounted).length];
    };
    const inputs = await checked(provider, args);
    const news = await checked(provider, { ...args, ...change }, inputs);
    const [{ id, outs }, create] = await counted(provider.create(inputs));
    const [, read] = await counted(provider.read(id, outs));
    const [updated, update] = await counted(provider.update(id, outs, news));
    const [, deleted] = await counted(provider.delete(id, updated.outs));
    return { create, read, update, delete: deleted };
}

test("every operation takes few requests, and a run one sign-in per server", async () => {
    const connection = connectionTo(servers.lms, lms.baseUrl);
    const application = { name: "a", clientId: "a", clientSecret: "s", redirectUris: ["http://a.local/"] };
    const edxApplication = {
        ...application,
        name: "edx-oauth-app",
        connection: connectionTo(servers.mitxonline, mitxonline.baseUrl),
    };
    const configuration = { name: "C", slug: "c", clientId: "a", site: "example.com" };
    const otherUris = { redirectUris: ["http://b.local/"] };
    const counts: Record<string, Counts> = {
        "OAuthApplication (LMS)": await countRequests(lms, oauthApplication, { connection, ...application }, otherUris),
        "OAuthApplication (MITx Online)": await countRequests(
            mitxonline,
            oauthApplication,
            { ...edxApplication, name: "a" },
            otherUris,
        ),
        "OAuthApplication (adopted)": await countRequests(
            mitxonline,
            oauthApplication,
            { ...edxApplication, adopt: true },
            otherUris,
        ),
        DjangoUser: await countRequests(
            lms,
            djangoUser,
            { connection, username: "u", owner: "o", email: "u@x.org", password: "Passw0rd-1" },
            { isStaff: true },
        ),
        AccessToken: await countRequests(
            lms,
            accessToken,
            { connection, username: "staff", token: "t", lifetimeDays: 100 },
            { lifetimeDays: 200 },
        ),
        Site: await countRequests(
            lms,
            site,
            { connection, domain: "a.local", displayName: "one" },
            { displayName: "other" },
        ),
        OAuth2ProviderConfig: await countRequests(
            lms,
            oauth2ProviderConfig,
            { connection, ...configuration },
            { otherSettings: { a: "b" } },
        ),
        SignInPage: await countRequests(
            lms,
            signInPage,
            { kind: connection.kind, baseUrl: connection.baseUrl, servedBy: "1" },
            { servedBy: "2" },
            // It only requests the page.
            () => true,
        ),
    };
    const table = new Table({
        head: ["Requests", "create", "read", "update", "delete"],
        style: { head: [], border: [] },
    });
    for (const [resource, { create, read, update, delete: deleted }] of Object.entries(counts)) {
        table.push([resource, create, read, update, deleted]);
    }
    process.stdout.write(`${table.toString()}\n`);

    const usual = { create: 3, read: 1, update: 2, delete: 1 };
    expect(counts).toEqual({
        "OAuthApplication (LMS)": usual,
        // An MIT application looks up its OAuth application by name, so the list shows whether there are two. MITx
        // Online's CSRF cookie has its own name, so deleting needs the confirmation page.
        "OAuthApplication (MITx Online)": { ...usual, read: 2, delete: 2 },
        "OAuthApplication (adopted)": { ...usual, read: 2, delete: 2 },
        DjangoUser: usual,
        AccessToken: { ...usual, create: 2 },
        // The LMS usually keeps a site, which only the confirmation page shows.
        Site: { create: 2, read: 1, update: 0, delete: 2 },
        // Only the newest row of a provider configuration counts; the list shows which one it is.
        OAuth2ProviderConfig: { create: 3, read: 1, update: 3, delete: 3 },
        SignInPage: { create: 1, read: 1, update: 1, delete: 0 },
    });
    expect(lms.count("POST", SIGN_IN)).toBe(1);
    expect(mitxonline.count("POST", SIGN_IN)).toBe(1);
});
