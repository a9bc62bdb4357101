import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import type { ApplicationName } from "../../config/profiles.ts";
import { describeDocker } from "../docker/docker.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker, type TutorRoot } from "../docker/environment.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { type Landing, PlainBrowser } from "../../verify/browser.ts";
import { runChecks } from "../../verify/check.ts";
import { readOnlyChecks } from "../../verify/checks.ts";
import { signInChecks } from "../../verify/signInChecks.ts";
import { outputsSchema, targetFrom } from "../../verify/target.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const CONFIGURATIONS = "third_party_auth/oauth2providerconfig";
/** The settings of the default stack `dev` that all tests share. */
const development = { lmsFrom: "tutor", applicationFrom: "compose", platform: "linux", checkHealth: "true" };

/** A profile, and what its test adds. */
export interface Development {
    readonly application: ApplicationName;
    readonly checkout: "mitxonline" | "mitxpro";
    /** The address of its admin. */
    readonly adminUrl: string;
    /** The port through which Open edX's containers reach it. */
    readonly port: number;
    /** The services of its Compose project that run. */
    readonly services: readonly string[];
    /** The initial state of Open edX: only configured by Tutor, or set up and running. */
    readonly from: "configuration" | "launched";
    /** Whether to test repairs too, after these changes: they are similar for all profiles, and take minutes. */
    readonly undoneBy?: "docker" | "compose";
    /** How `verify` reports that it created a user, and how it created their account, if it had to. */
    readonly userMade: RegExp;
    /** Additional configuration. */
    readonly config: Readonly<Record<string, string>>;
}

/** What a test of the stack `dev` uses: a real daemon, Tutor, a checkout, and the stack. */
export interface DevelopmentEnvironment {
    readonly docker: DockerEnvironment;
    readonly tutor: TutorRoot;
    readonly checkout: string;
    readonly stack: TestStack;
    /** The stack's configuration. */
    readonly settings: Readonly<Record<string, string>>;
    /** `docker compose` in the checkout. */
    compose(...args: readonly string[]): Promise<string>;
    /** What exists of everything that a stack may create, by name. */
    inventory(): Promise<Readonly<Record<string, unknown>>>;
}

/**
 * Creates an empty stack of a profile.
 *
 * @param cleanUp - takes the teardown of everything that is created.
 */
export async function makeDevelopment(
    { application, checkout: name, config }: Pick<Development, "application" | "checkout" | "config">,
    from: Development["from"] | "nothing",
    cleanUp: ReturnType<typeof cleanUpIn>,
): Promise<DevelopmentEnvironment> {
    const docker = await prepareDocker();
    cleanUp(() => docker.release());
    const tutor = await docker.tutorRoot("22", { from: from === "nothing" ? from : "configuration" });
    if (from !== "nothing") {
        // Enabled by default and not installed here: Tutor drops them as soon as any plugin is enabled.
        await tutor.tutor("plugins", "disable", "mfe", "indigo");
    }
    if (from === "launched") {
        await tutor.tutor("dev", "launch", "--non-interactive");
    }
    const checkout = await docker.checkout(name);
    Object.assign(process.env, tutor.env);
    const envFile = join(checkout, ".env");
    const settings = {
        ...development,
        application,
        envFile,
        lmsLaunch: String(from !== "launched"),
        ...config,
    };
    const stack = await makeStack(settings);
    cleanUp(() => stack.remove());
    return {
        docker,
        tutor,
        checkout,
        stack,
        settings,
        compose: async (...args) => (await execa("docker", ["compose", ...args], { cwd: checkout })).stdout,
        inventory: async () => ({
            containers: (await docker.docker("ps", "--all", "--format", "{{.Names}}")).split("\n").sort(),
            networks: (await docker.docker("network", "ls", "--format", "{{.Name}}")).split("\n").sort(),
            plugins: await readdir(tutor.plugins),
            configuration: existsSync(join(tutor.root, "config.yml"))
                ? withoutSecrets(await readFile(join(tutor.root, "config.yml"), "utf8"))
                : undefined,
            env: existsSync(envFile) ? await readFile(envFile, "utf8") : undefined,
            files: await readdir(join(checkout, "config"), { recursive: true }),
        }),
    };
}

/** The real xPro renders its sign-in page with JavaScript; the sandbox's doesn't. */
class BrowserWithoutJavaScript extends PlainBrowser {
    override async open(address: string): Promise<Landing> {
        const landing = await super.open(address);
        return landing.url.pathname === "/signin/"
            ? { ...landing, answer: { ...landing.answer, data: "<body></body>" } }
            : landing;
    }
}

/**
 * The life cycle of the stack `dev`, on a real Docker daemon with the real Tutor and Compose, back to the initial state.
 */
export function describeDevelopment(profile: Development): void {
    const { application, adminUrl, port, services } = profile;

    describeDocker(`the stack dev for ${application}`, () => {
        let environment: DevelopmentEnvironment;
        let stack: TestStack;
        let before: object;
        const cleanUp = cleanUpIn(afterAll);

        beforeAll(async () => {
            environment = await makeDevelopment(profile, profile.from, cleanUp);
            stack = environment.stack;
            before = await environment.inventory();
        }, preparationTimeout);

        const output = async (name: string): Promise<unknown> => (await stack.outputs())[name];
        const superuser = async (server: "openEdx" | "application") =>
            ((await output("superusers")) as Record<string, { username: string; password: string }>)[server];
        const lmsAdmin = async () =>
            AdminBrowser.signIn({
                baseUrl: "http://local.openedx.io:8000",
                signIn: "openedx",
                username: "edx",
                email: "edx@example.org",
                password: (await superuser("openEdx"))?.password ?? "",
            });
        const applicationAdmin = async () => {
            const { username = "", password = "" } = (await superuser("application")) ?? {};
            return AdminBrowser.signIn({ baseUrl: adminUrl, signIn: "django", username, email: "", password });
        };
        const ids = () => environment.docker.docker("ps", "--quiet", "--no-trunc");
        const gatewayOf = (network: string) =>
            environment.docker.docker("network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Gateway}}");

        test("is planned without a running container, and without changing anything", async () => {
            const planned = await stack.preview();
            expect(Object.keys(planned)).toEqual(["create"]);
            await expect(environment.inventory()).resolves.toEqual(before);
        });

        test("is created by one up", async () => {
            await stack.up();
            const running = await environment.compose("ps", "--services");
            expect(running.split("\n").sort()).toEqual([...services].sort());
            await expect(output("health")).resolves.toBe("ok");
        });

        test("passes verify, from inside the containers too, which reports what is broken there", async () => {
            const target = targetFrom(environment.settings, outputsSchema.parse(await stack.outputs()));
            const named = async () => {
                const results = await runChecks(readOnlyChecks(target));
                return results
                    .filter(({ state }) => !["passed", "warning"].includes(state))
                    .map(({ name, state, findings, note }) => [name, state, findings[0]?.cause ?? note]);
            };
            // Nobody has signed in yet.
            const usual = ["learner-tokens", "skipped", expect.stringContaining("no token that is still valid")];
            await expect(named()).resolves.toEqual([usual]);

            const inWeb = (script: string) =>
                environment.compose("exec", "-T", "--user", "root", "web", "sh", "-c", script);
            // A file that Docker mounts can be written, but not replaced.
            await inWeb(
                "cp /etc/hosts /tmp/hosts; sed 's/^.*[[:space:]]local.openedx.io/127.0.0.9 local.openedx.io/' /tmp/hosts >/etc/hosts",
            );
            await expect(named()).resolves.toEqual([
                ["application-reaches-lms", "failed", "lms-unreachable-from-application"],
                usual,
            ]);
            await inWeb("cat /tmp/hosts >/etc/hosts");
        });

        test("passes the sign-in and sign-out of verify, which leaves no user behind", async () => {
            const target = targetFrom(environment.settings, outputsSchema.parse(await stack.outputs()));
            const checks = signInChecks(
                target,
                false,
                new AbortController().signal,
                (isOurs) => new BrowserWithoutJavaScript(target.openEdx.url, isOurs),
            );
            const results = await runChecks(checks);
            expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
            const [signUp, account] = results;
            expect(`${signUp?.note ?? ""}; ${account?.note ?? ""}`).toMatch(profile.userMade);
            const users = (await (await lmsAdmin()).list("auth/user")).map((row) => row["username"]);
            expect(users.filter((name) => name?.startsWith("integration-"))).toEqual([]);
        });

        test("lets users sign in to Open edX on both sites, with the backend offered and waited for", async () => {
            const lms = await lmsAdmin();
            const enabled = (await lms.list(CONFIGURATIONS)).filter((row) => row["enabled"] === "True");
            expect(enabled.map((row) => row["site"]).sort()).toEqual(["example.com", "local.openedx.io:8000"]);
            const form = await lms.form(`/admin/${CONFIGURATIONS}/add/`, "oauth2providerconfig_form");
            expect(Object.values(form.choices["backend_name"] ?? {})).toContain("ol-oauth2");
        });

        test("lets the LMS's container reach the application's endpoints at its network's gateway", async () => {
            const gateway = await gatewayOf(`${profile.checkout}_default`);
            expect(gateway).toBe(((await output("gateways")) as { application: string }).application);
            const ask = async (path: string) => {
                const program = `import sys, urllib.request, urllib.error
try: print(urllib.request.urlopen(sys.argv[1], b"" if "token" in sys.argv[1] else None).status)
except urllib.error.HTTPError as error: print(error.code)`;
                const url = `http://${gateway}:${port}${path}`;
                const { stdout } = await environment.tutor.tutor(
                    "dev",
                    "exec",
                    "-T",
                    "lms",
                    "python",
                    "-c",
                    program,
                    url,
                );
                return stdout.split("\n").at(-1);
            };
            await expect(ask("/.well-known/openid-configuration")).resolves.toBe("200");
            // An empty request: the endpoint exists, and reports what is missing.
            await expect(ask("/oauth2/token/")).resolves.toMatch(/^40[01]$/);
        });

        test("lets the application's container call the LMS with its token, as its environment says", async () => {
            const program = `import os, urllib.request
url = os.environ["OPENEDX_API_BASE_URL"] + "/api/user/v1/me"
token = os.environ["OPENEDX_SERVICE_WORKER_API_TOKEN"]
print(urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "Bearer " + token})).read().decode())`;
            const answer = await environment.compose("exec", "-T", "web", "python3", "-c", program);
            expect(JSON.parse(answer)).toMatchObject({ username: "mitserviceworker" });
            const env = await readFile(join(environment.checkout, ".env"), "utf8");
            expect(env).toContain(`OPENEDX_IP=${await gatewayOf("tutor_dev_default")}\n`);
        });

        test("has superusers with generated passwords", async () => {
            await expect(applicationAdmin()).resolves.toBeDefined();
            await expect(lmsAdmin()).resolves.toBeDefined();
        });

        test("keeps secrets out of the state and the output, and in files that only their owner can read", async () => {
            const secrets = [
                ...Object.values((await output("clientSecrets")) as Record<string, string>),
                (await output("serviceWorkerToken")) as string,
                (await superuser("application"))?.password ?? "",
                (await superuser("openEdx"))?.password ?? "",
            ];
            const state = await stack.state();
            expect(secrets.filter((secret) => state.includes(secret))).toEqual([]);
            // Tutor prints the commands it runs, including its own secrets.
            const { stdout } = await environment.tutor.tutor("config", "printvalue", "MYSQL_ROOT_PASSWORD");
            expect(state.includes(stdout.split("\n").at(-1) ?? "")).toBe(false);
            expect(secrets.filter((secret) => stack.transcript().includes(secret))).toEqual([]);
            const files = [join(environment.checkout, ".env"), join(environment.tutor.plugins, "mit-integration.py")];
            const modes = await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777));
            expect(modes).toEqual([0o600, 0o600]);
        });

        test("is up to date after that: for preview, refresh and up", async () => {
            const running = await ids();
            await expect(stack.preview()).resolves.toEqual({});
            await expect(stack.up()).resolves.toEqual({});
            await expect(stack.refresh()).resolves.toEqual({});
            await expect(ids()).resolves.toBe(running);
        });

        test("leaves Compose usable in the checkout: its up, run and exec recreate nothing", async () => {
            const running = await ids();
            await environment.compose("up", "--detach");
            await environment.compose("run", "--rm", "-T", "web", "true");
            await expect(environment.compose("logs", "web")).resolves.not.toBe("");
            await expect(ids()).resolves.toBe(running);
        });

        if (profile.undoneBy !== undefined) {
            test("detects what was stopped and removed outside Pulumi, and repairs it", async () => {
                const { docker } = environment.docker;
                await docker("stop", `${profile.checkout}-redis-1`);
                await docker("rm", "--force", `${profile.checkout}-celery-1`);
                await environment.tutor.tutor("plugins", "disable", "mit-integration");
                const drifted = await stack.refresh();
                expect(drifted).toHaveProperty("delete");
                await stack.up();
                await expect(stack.preview()).resolves.toEqual({});
                const running = await environment.compose("ps", "--services");
                expect(running.split("\n").sort()).toEqual([...services].sort());
            });

            test("recreates a network, a volume and containers that were removed, with everything in the database", async () => {
                const { docker } = environment.docker;
                const gateway = await gatewayOf(`${profile.checkout}_default`);
                if (profile.undoneBy === "compose") {
                    await environment.compose("down", "--volumes");
                    // Compose created these, with an empty database, in a network without a fixed gateway.
                    await environment.compose("up", "--detach");
                    await stack.upRefreshing();
                } else {
                    const containers = await docker("ps", "--quiet", "--filter", `network=${profile.checkout}_default`);
                    await docker("rm", "--force", ...containers.split("\n"));
                    await docker("network", "rm", `${profile.checkout}_default`);
                    await docker("volume", "rm", `${profile.checkout}_django_media`);
                    await stack.refresh();
                    await stack.up();
                }

                await expect(gatewayOf(`${profile.checkout}_default`)).resolves.toBe(gateway);
                const { application: clientId } = (await output("clientIds")) as { application: string };
                const rows = await (
                    await applicationAdmin()
                ).list("oauth2_provider/application", `client_id=${clientId}`);
                expect(rows.map((row) => row["name"])).toEqual(["edx-oauth-app"]);
                await expect(stack.preview()).resolves.toEqual({});
                const running = await environment.compose("ps", "--services");
                expect(running.split("\n").sort()).toEqual([...services].sort());
                await expect(stack.refresh()).resolves.toEqual({});
            });

            test("rebuilds images whose Dockerfile changed, recreates their containers, and restarts an LMS whose container is gone, with its packages, by a plain up", async () => {
                const web = () => environment.compose("ps", "--quiet", "web");
                const before = await web();
                await appendFile(join(environment.checkout, "Dockerfile"), "LABEL changed=yes\n");
                await environment.tutor.tutor("dev", "dc", "rm", "--force", "--stop", "lms");
                await stack.up();
                await expect(web()).resolves.not.toBe(before);
                const { docker } = environment.docker;
                const labels = ["inspect", "--format", `{{index .Config.Labels "changed"}}`];
                await expect(docker(...labels, `${profile.checkout}-web-1`)).resolves.toBe("yes");
                const form = await (
                    await lmsAdmin()
                ).form(`/admin/${CONFIGURATIONS}/add/`, "oauth2providerconfig_form");
                expect(Object.values(form.choices["backend_name"] ?? {})).toContain("ol-oauth2");
                await expect(stack.preview()).resolves.toEqual({});
                await expect(stack.refresh()).resolves.toEqual({});
            });

            test("starts everything again by up --refresh after a reboot, keeps what a developer writes to .env, and repairs its own block", async () => {
                const file = join(environment.checkout, ".env");
                const text = await readFile(file, "utf8");
                await writeFile(file, text.replace(/OPENEDX_API_CLIENT_ID=.*/, "OPENEDX_API_CLIENT_ID=mine"));
                await appendFile(file, "MY_OWN=1\n");
                await environment.docker.docker("stop", ...(await ids()).split("\n"));

                await stack.upRefreshing();

                await expect(readFile(file, "utf8")).resolves.toBe(`${text}MY_OWN=1\n`);
                const mine = await environment.compose("exec", "-T", "web", "printenv", "MY_OWN");
                expect(mine).toBe("1");
                await expect(stack.preview()).resolves.toEqual({});
                await expect(lmsAdmin()).resolves.toBeDefined();
                await writeFile(file, text);
            });
        }

        test("leaves only what existed before when it is destroyed", async () => {
            // A developer's shell would keep the network in use.
            await environment.compose("run", "--detach", "web", "sleep", "600");
            await stack.destroy();
            await expect(environment.inventory()).resolves.toEqual(before);
            const volumes = await environment.docker.docker("volume", "ls", "--format", "{{.Name}}");
            const images = await environment.docker.docker("image", "ls", "--format", "{{.Repository}}");
            expect(images.split("\n").filter((image) => image.startsWith(`${profile.checkout}-`))).toEqual([]);
            const isKept = profile.config["keepVolumes"] !== "false";
            expect(volumes.split("\n").includes(`${profile.checkout}_django_media`)).toBe(isKept);
        });
    });
}

/**
 * Tutor generates its own secrets with its first configuration; the content of `config.yml` is compared all the same.
 */
function withoutSecrets(configuration: string): string {
    return configuration.replaceAll(/^(.*(?:PASSWORD|SECRET|KEY|ID)\b.*): .*$/gm, "$1");
}
