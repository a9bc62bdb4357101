import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { appendFile, copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pRetry from "p-retry";
import { type TutorRelease, lmsPackages, tutorReleases } from "../../config/tutorPlugin.ts";
import { type Account, AdminBrowser } from "../support/adminBrowser.ts";
import { describeImages } from "./docker.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker } from "./environment.ts";

const lms: Account = {
    baseUrl: "http://local.openedx.io:8000",
    signIn: "openedx",
    username: "edx",
    email: "edx@example.org",
    password: "edx",
};
const admin = { signIn: "django", username: "admin", email: "admin@odl.local", password: "admin" } as const;

/** Tries again until it does not throw, within a minute. */
const eventually = (check: () => Promise<void>) =>
    pRetry(check, { retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 200, maxRetryTime: 60_000 });

/** Whether a page is there, as far as the server is. */
const answers = (baseUrl: string, path: string) =>
    eventually(async () => {
        expect((await new AdminBrowser(baseUrl).get(path)).status).toBe(200);
    });

describeImages("with Docker,", () => {
    let docker: DockerEnvironment;
    const folders: string[] = [];

    beforeAll(async () => {
        docker = await prepareDocker();
    }, preparationTimeout);
    afterEach(async () => {
        await docker.reset();
        await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
    });
    afterAll(() => docker.release());

    /** The command `tutor` of a release, with an empty root. */
    const makeTutor = async (release: TutorRelease) => {
        const folder = await mkdtemp(join(tmpdir(), "tutor-"));
        folders.push(folder);
        const env = { ...docker.env, TUTOR_ROOT: join(folder, "root"), TUTOR_PLUGINS_ROOT: join(folder, "plugins") };
        const tutor = (...args: string[]) => execa(join(docker.tutor(release), "tutor"), args, { env });
        await mkdir(env.TUTOR_PLUGINS_ROOT);
        await tutor("config", "save", "--set", "LMS_HOST=local.openedx.io");
        return { tutor, plugins: env.TUTOR_PLUGINS_ROOT };
    };
    const createUser = ["dev", "do", "createuser", "--staff", "--superuser", "-p", "edx", "edx", "edx@example.org"];
    const backends = async (browser: AdminBrowser) => {
        const form = await browser.form(
            "/admin/third_party_auth/oauth2providerconfig/add/",
            "oauth2providerconfig_form",
        );
        return Object.values(form.choices["backend_name"] ?? {});
    };

    describe.each(tutorReleases)("Tutor %s", (release) => {
        test("starts an LMS that lets a user of its own sign in, and has no ol-oauth2", async () => {
            const { tutor } = await makeTutor(release);
            await tutor("dev", "start", "--detach", "lms");
            await answers(lms.baseUrl, "/api/user/v1/account/login_session/");
            await tutor(...createUser);

            const browser = await AdminBrowser.signIn(lms);
            expect(await backends(browser)).toStrictEqual(["google-oauth2"]);
            expect(await browser.list("sites/site")).toMatchObject([{ domain: "example.com" }]);
        });

        test("installs packages in the LMS's container, until that is made anew", async () => {
            const { tutor } = await makeTutor(release);
            await tutor("dev", "start", "--detach", "lms");
            const find = ["dev", "exec", "-T", "lms", "python", "-c", "import ol_social_auth, openedx_companion_auth"];
            await expect(tutor(...find)).rejects.toThrow("No module named 'ol_social_auth'");
            await tutor("dev", "exec", "-T", "lms", "pip", "install", ...lmsPackages[release]);
            await tutor(...find);

            await tutor("dev", "dc", "up", "--detach", "--force-recreate", "lms");
            await expect(tutor(...find)).rejects.toThrow("No module named 'ol_social_auth'");
        });
    });

    test("the LMS reads changed settings by itself", async () => {
        const { tutor, plugins } = await makeTutor("22");
        await tutor("dev", "launch", "--non-interactive", "--skip-build");
        await answers(lms.baseUrl, "/api/user/v1/account/login_session/");
        await tutor(...createUser);
        await tutor("dev", "exec", "-T", "lms", "pip", "install", ...lmsPackages["22"]);
        const plugin = {
            name: "backend",
            version: "1",
            patches: {
                "openedx-lms-development-settings":
                    'AUTHENTICATION_BACKENDS.append("ol_social_auth.backends.OLOAuth2")\nMITX_REDIRECT_ENABLED = True',
            },
        };
        await writeFile(join(plugins, "backend.yml"), JSON.stringify(plugin));
        await tutor("plugins", "enable", "backend");
        await tutor("config", "save");

        await eventually(async () => {
            expect(await backends(await AdminBrowser.signIn(lms))).toContain("ol-oauth2");
        });
        const redirect = await new AdminBrowser(lms.baseUrl).get("/");
        expect(redirect.status).toBe(302);
        expect(redirect.headers["location"]).toMatch("/auth/login/ol-oauth2/");
    });

    /** Compose in a fresh checkout whose `.env` has these lines beside those of the example. */
    const makeCheckout = async (name: "mitxonline" | "mitxpro", ...settings: string[]) => {
        const folder = await docker.checkout(name);
        await copyFile(join(folder, ".env.example"), join(folder, ".env"));
        await appendFile(join(folder, ".env"), settings.map((line) => `${line}\n`).join(""));
        const compose = (...args: string[]) => execa("docker", ["compose", ...args], { cwd: folder, env: docker.env });
        return { folder, compose };
    };
    const credentials = ["OPENEDX_API_CLIENT_ID=an-id", "OPENEDX_API_CLIENT_SECRET=a-secret"];

    test.each([
        ["mitxonline", [8011, 8013]],
        ["mitxpro", [8051, 8053]],
    ] as const)("%s starts with its settings, and only so", async (name, ports) => {
        const { folder, compose } = await makeCheckout(name);
        const host = name === "mitxpro" ? "xpro.odl.local" : "mitxonline.odl.local";
        await compose("up", "--detach").catch(() => undefined);
        await eventually(async () => {
            const { stdout } = await compose("logs", "web");
            expect(stdout).toContain("missing: OPENEDX_API_CLIENT_ID, OPENEDX_API_CLIENT_SECRET");
        });

        await appendFile(join(folder, ".env"), credentials.join("\n"));
        await compose("up", "--detach");
        for (const port of ports) {
            await answers(`http://${host}:${port}`, "/admin/login/");
            await AdminBrowser.signIn({ ...admin, baseUrl: `http://${host}:${port}` });
        }
        // Its users outlive its containers.
        await compose("up", "--detach", "--force-recreate", "web");
        await answers(`http://${host}:${ports[0]}`, "/admin/login/");
    });

    test("the containers of LMS and application reach each other by the host's gateway", async () => {
        const { tutor } = await makeTutor("22");
        const { compose } = await makeCheckout("mitxonline", ...credentials);
        await Promise.all([tutor("dev", "start", "--detach", "lms"), compose("up", "--detach")]);
        await answers(lms.baseUrl, "/api/user/v1/account/login_session/");
        await answers("http://mitxonline.odl.local:8013", "/admin/login/");

        const program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)";
        const open = (url: string) => ["python3", "-c", program, url];
        const heartbeat = await compose("exec", "-T", "web", ...open("http://local.openedx.io:8000/heartbeat"));
        expect(heartbeat.stdout).toBe("200");
        const network = JSON.parse(await docker.docker("network", "inspect", "mitxonline_default")) as {
            IPAM: { Config: { Gateway: string }[] };
        }[];
        const gateway = network[0]?.IPAM.Config[0]?.Gateway ?? "";
        const page = await tutor("dev", "exec", "-T", "lms", ...open(`http://${gateway}:8013/admin/login/`));
        expect(page.stdout).toMatch(/^200$/m);
    });

    test("mitxonline has its API gateway and Keycloak by their profiles", async () => {
        const { compose } = await makeCheckout("mitxonline", ...credentials, "COMPOSE_PROFILES=keycloak,apisix");
        await compose("up", "--detach");
        await answers("http://mitxonline.odl.local:9080", "/");
        const answer = await new AdminBrowser("http://mitxonline.odl.local:9080").get("/admin/login/");
        expect(answer.headers["location"]).toMatch(/^\/realms\//);
        expect((await compose("ps", "--services")).stdout.split("\n")).toEqual(
            expect.arrayContaining(["keycloak", "api"]),
        );
    });

    test("mitxonline's Compose files can't be read while a port is unset", async () => {
        const { folder, compose } = await makeCheckout("mitxonline");
        await writeFile(join(folder, ".env"), "APISIX_PORT=9080\nKEYCLOAK_PORT=7080\n");
        await expect(compose("config")).rejects.toThrow("invalid proto:");
    });
});
