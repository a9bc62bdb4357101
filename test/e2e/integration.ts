import { existsSync } from "node:fs";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import axios from "axios";
import type { ApplicationName } from "../../config/profiles.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { launchChromium } from "../../verify/chromium.ts";
import { nameOnDashboard, send, visit } from "../support/chromium.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const APPLICATIONS = "oauth2_provider/application";
const TOKENS = "oauth2_provider/accesstoken";
const CONFIGURATIONS = "third_party_auth/oauth2providerconfig";
const FORM = "oauth2providerconfig_form";

/** A profile, and what its test adds. */
export interface Integration {
    readonly application: ApplicationName;
    /** The application's sandbox server. */
    readonly server: "mitxonline" | "xpro";
    /** The name of its OAuth application in Open edX. */
    readonly openEdxName: string;
    /** The profile that the stack moves to. */
    readonly other: ApplicationName;
    /**
     * Whether to test changes, repairs and a second creation too: these are similar for all profiles, and every run of
     * Pulumi takes seconds.
     */
    readonly wholeLife: boolean;
}

/** The life cycle of a stack on the real engine and real servers. */
export function describeIntegration({ application, server, openEdxName, other, wholeLife }: Integration): void {
    describe(`the integration of ${application}`, () => {
        let servers: TestServers<"lms" | "mitxonline" | "xpro">;
        let stack: TestStack;
        let before: unknown;
        const cleanUp = cleanUpIn(afterAll);

        beforeAll(async () => {
            servers = await startServers(["lms", "mitxonline", "xpro"]);
            cleanUp(() => servers.stop());
            before = await allThereIs();
            stack = await makeStack(configFor(application));
            cleanUp(() => stack.remove());
        });

        const configFor = (name: ApplicationName) => ({ ...sandboxConfig(name, servers), checkHealth: "true" });

        /** The LMS's objects, by the texts of its lists; versions of provider configurations can't be deleted. */
        async function inventory() {
            const lms = await AdminBrowser.signIn(servers.lms);
            const configurations = await lms.list(CONFIGURATIONS);
            return {
                applications: await lms.list(APPLICATIONS),
                tokens: await lms.list(TOKENS),
                users: await lms.list("auth/user"),
                enabled: configurations.filter((row) => row["enabled"] === "True"),
                envFiles: [servers.mitxonline.envFile, servers.xpro.envFile].filter((file) => existsSync(file)),
            };
        }

        /** An application's own row for Open edX without the stack; the application needs an `.env` to respond. */
        async function applicationAlone(of: "mitxonline" | "xpro") {
            const { envFile } = servers[of];
            await writeFile(envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
            const admin = await AdminBrowser.signIn(servers[of]);
            const rows = await admin.list(APPLICATIONS);
            const values = await Promise.all(rows.map((row) => admin.values(APPLICATIONS, row["id"] ?? "")));
            await rm(envFile);
            return values.map((row) => ({
                id: row["client_id"],
                secret: row["client_secret"],
                uris: row["redirect_uris"],
            }));
        }

        /** Everything on the servers before and after the stack. */
        const allThereIs = async () => ({
            ...(await inventory()),
            mitxonline: await applicationAlone("mitxonline"),
            xpro: await applicationAlone("xpro"),
        });

        const output = async (name: string): Promise<unknown> => (await stack.outputs())[name];
        const lmsAdmin = () => AdminBrowser.signIn(servers.lms);
        const applicationAdmin = () => AdminBrowser.signIn(servers[server]);
        const rowIds = async () =>
            (await (await lmsAdmin()).list(CONFIGURATIONS, "show_history=1")).map((row) => row["id"]);
        const edxOAuthApp = async () => {
            const admin = await applicationAdmin();
            const rows = await admin.list(APPLICATIONS, "name=edx-oauth-app");
            expect(rows).toHaveLength(1);
            return { admin, id: rows[0]?.["id"] ?? "" };
        };

        test("is created by one up", async () => {
            const made = await stack.up();
            expect(Object.keys(made)).toEqual(["create"]);
            await expect(output("health")).resolves.toBe("ok");

            const lms = await lmsAdmin();
            await expect(lms.list(APPLICATIONS, `name=${openEdxName}`)).resolves.toHaveLength(1);
            await expect(lms.list("auth/user", "username=mitserviceworker")).resolves.toMatchObject([
                { is_staff: "True" },
            ]);
            const sites = (await lms.list(CONFIGURATIONS)).filter((row) => row["enabled"] === "True");
            expect(sites.map((row) => row["site"]).sort()).toEqual(
                [`local.openedx.io:${servers.lms.port}`, "example.com"].sort(),
            );

            const { admin, id } = await edxOAuthApp();
            const redirectUris = (await admin.values(APPLICATIONS, id))["redirect_uris"]?.split(/\s+/);
            expect(redirectUris).toEqual([
                `${servers.lms.baseUrl}/auth/complete/ol-oauth2/`,
                `http://127.0.0.1:${servers.lms.port}/auth/complete/ol-oauth2/`,
            ]);
        });

        test("lets the application call Open edX with the token", async () => {
            const token = (await output("serviceWorkerToken")) as string;
            const me = await axios.get<unknown>(`http://127.0.0.1:${servers.lms.port}/api/user/v1/me`, {
                headers: { Authorization: `Bearer ${token}` },
            });
            expect(me.data).toMatchObject({ username: "mitserviceworker" });
            const env = await readFile(servers[server].envFile, "utf8");
            expect(env).toContain(`OPENEDX_SERVICE_WORKER_API_TOKEN=${token}\n`);
            expect((await stat(servers[server].envFile)).mode & 0o777).toBe(0o600);
        });

        test("accepts Open edX's credentials at the application's token endpoint", async () => {
            const { application: clientId } = (await output("clientIds")) as { application: string };
            const { application: clientSecret } = (await output("clientSecrets")) as { application: string };
            const ask = (secret: string) =>
                axios.post<unknown>(
                    `http://127.0.0.1:${servers[server].port}/oauth2/token/`,
                    new URLSearchParams({
                        grant_type: "authorization_code",
                        code: "made-up",
                        client_id: clientId,
                        client_secret: secret,
                        redirect_uri: `${servers.lms.baseUrl}/auth/complete/ol-oauth2/`,
                    }),
                    { validateStatus: () => true },
                );
            await expect(ask(clientSecret)).resolves.toMatchObject({ status: 400, data: { error: "invalid_grant" } });
            await expect(ask("wrong")).resolves.toMatchObject({ status: 401, data: { error: "invalid_client" } });
        });

        test("redirects a browser that wants to sign in from Open edX to the application", async () => {
            const signIn = new URL((await output("signInUrl")) as string);
            const answer = await new AdminBrowser(servers.lms.baseUrl).get(signIn.pathname + signIn.search);
            expect(answer.status).toBe(302);
            const target = new URL(String(answer.headers["location"]));
            expect(target.searchParams.get("client_id")).toBe(
                ((await output("clientIds")) as { application: string }).application,
            );
            expect(target.hostname).toBe(servers[server].host);
        });

        test("lets a person sign in with a browser after doing what the outputs say", async () => {
            const browser = await launchChromium();
            try {
                const signIn = (await output("signInUrl")) as string;
                const first = /^Sign in at (\S+) first/.exec((await output("signInFirst")) as string);
                const page = await visit(browser, first?.[1] ?? signIn);
                await send(page, { username: "admin", password: "admin" });
                if (first || application === "mitxonline-apisix") {
                    await page.waitForURL(first ? "**/admin/" : "**/dashboard");
                    await page.goto(signIn);
                }
                await expect(nameOnDashboard(page, servers.lms.baseUrl)).resolves.toBe("admin");
            } finally {
                await browser.close();
            }
            const lms = await lmsAdmin();
            const [link] = await lms.list("social_django/usersocialauth");
            expect(link).toMatchObject({ uid: "admin", provider: "ol-oauth2" });
            const [user] = await lms.list("auth/user", "username=admin");
            await lms.delete("auth/user", user?.["id"] ?? "");
        });

        test("is up to date after that: for refresh and up, and without a new row", async () => {
            const rows = await rowIds();
            await expect(stack.upRefreshing()).resolves.toEqual({});
            await expect(rowIds()).resolves.toEqual(rows);
        });

        if (wholeLife) {
            const otherSettings = async () => {
                const lms = await lmsAdmin();
                const [row] = await lms.list(CONFIGURATIONS);
                const { values } = await lms.form(`/admin/${CONFIGURATIONS}/add/?source=${row?.["id"] ?? ""}`, FORM);
                return values["other_settings"];
            };

            test("has nothing to change in a preview, which doesn't know the health yet", async () => {
                const said = stack.transcript().length;
                await expect(stack.preview()).resolves.toEqual({});
                expect(stack.transcript().slice(said)).not.toMatch(/^ *[~+-] health/m);
            });

            test("applies a changed configuration in place", async () => {
                await stack.configure({ applicationGateway: "127.0.0.2", tokenLifetimeDays: "100" });
                const planned = await stack.preview();
                expect(planned).toEqual({ update: 3 });
                await expect(stack.up()).resolves.toEqual(planned);
                await expect(otherSettings()).resolves.toContain("http://127.0.0.2:");
            });

            test("detects what was changed and deleted outside Pulumi, and repairs it together with another change", async () => {
                const lms = await lmsAdmin();
                const [token] = await lms.list(TOKENS);
                await lms.delete(TOKENS, token?.["id"] ?? "");
                const [configuration] = await lms.list(CONFIGURATIONS);
                await lms.add(
                    CONFIGURATIONS,
                    { skip_registration_form: null },
                    `source=${configuration?.["id"] ?? ""}`,
                );
                const { admin, id } = await edxOAuthApp();
                await admin.change(APPLICATIONS, id, {
                    client_secret: "somebody-elses",
                    redirect_uris: "http://wrong.local/",
                });

                await expect(stack.refresh()).resolves.toEqual({ delete: 1, update: 2 });
                // Of both provider configurations.
                await stack.configure({ applicationGateway: "127.0.0.1" });
                await expect(stack.up()).resolves.toEqual({ create: 1, update: 3 });
                await expect(stack.previewRefreshing()).resolves.toEqual({});
                await expect(otherSettings()).resolves.toContain("http://127.0.0.1:");
                await expect(edxOAuthApp()).resolves.toMatchObject({ id });
            });
        }

        test("shows no secret in the state or the output", async () => {
            const secrets = [
                ...Object.values((await output("clientSecrets")) as Record<string, string>),
                (await output("serviceWorkerToken")) as string,
                "client-secret-of-the-realm",
            ];
            const state = await stack.state();
            expect(secrets.filter((secret) => state.includes(secret))).toEqual([]);
            expect(state).not.toMatch(/"password":\s*"/);
            expect(secrets.filter((secret) => stack.transcript().includes(secret))).toEqual([]);
        });

        test("stores no code in the state, only a line that names each provider's type", async () => {
            const { deployment } = JSON.parse(await stack.state()) as {
                deployment: { resources: { inputs?: object }[] };
            };
            const providers = deployment.resources
                .map(({ inputs }) => (inputs as { __provider?: unknown } | undefined)?.__provider)
                .filter((text) => text !== undefined);
            expect(providers.length).toBeGreaterThan(5);
            for (const text of providers) {
                expect(text).toMatch(
                    /^exports\.handler = \(\) => require\("@openedx-mit\/dynamic-providers\/registry"\)\.provider\("[\w:]+"\);$/,
                );
            }
        });

        test("moves to another application with one up, and is deleted by destroy", async () => {
            await stack.configure(configFor(other));
            await stack.up();
            await expect(stack.preview()).resolves.toEqual({});
            const lms = await lmsAdmin();
            await expect(lms.list(APPLICATIONS)).resolves.toHaveLength(1);
            const expected = servers[other === "xpro" ? "xpro" : "mitxonline"];
            expect((await inventory()).envFiles).toEqual([expected.envFile]);
            await expect(stack.destroyRefreshing()).resolves.toEqual({ delete: expect.any(Number) });
            await expect(allThereIs()).resolves.toEqual(before);
        });

        if (wholeLife) {
            test("is created again, and deleted again", async () => {
                await stack.configure(configFor(application));
                await stack.up();
                await expect(stack.preview()).resolves.toEqual({});
                await stack.destroy();
                await expect(allThereIs()).resolves.toEqual(before);
            });
        }
    });
}
