import { appendFile, copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { type Options, execa } from "execa";
import pRetry from "p-retry";
import { type TutorRelease, lmsPackages, tutorReleases } from "../../config/tutorPlugin.ts";
import { type Account, AdminBrowser } from "../support/adminBrowser.ts";
import { describeDocker } from "./docker.ts";
import { type DockerEnvironment, type TutorRoot, preparationTimeout, prepareDocker } from "./environment.ts";

const lms: Account = {
    baseUrl: "http://local.openedx.io:8000",
    signIn: "openedx",
    username: "edx",
    email: "edx@example.org",
    password: "edx",
};
const admin = { signIn: "django", username: "admin", email: "admin@odl.local", password: "admin-password" } as const;

/** Retries until it doesn't throw, for up to a minute. */
const eventually = (check: () => Promise<void>) =>
    pRetry(check, { retries: Number.POSITIVE_INFINITY, factor: 1, minTimeout: 200, maxRetryTime: 60_000 });

/** Waits until a server serves a page. */
const answers = (baseUrl: string, path: string) =>
    eventually(async () => {
        expect((await new AdminBrowser(baseUrl).get(path)).status).toBe(200);
    });
const lmsAnswers = () => answers(lms.baseUrl, "/api/user/v1/account/login_session/");

const backends = async () => {
    const browser = await AdminBrowser.signIn(lms);
    const form = await browser.form("/admin/third_party_auth/oauth2providerconfig/add/", "oauth2providerconfig_form");
    return Object.values(form.choices["backend_name"] ?? {});
};

describeDocker("with Docker,", () => {
    let docker: DockerEnvironment;

    beforeAll(async () => {
        docker = await prepareDocker();
    }, preparationTimeout);
    afterEach(() => docker.reset());
    afterAll(() => docker.release());

    /** Writes and enables a plugin that sets up ol-oauth2. */
    const enableBackend = async ({ plugins, tutor }: TutorRoot, release: TutorRelease) => {
        const packages = lmsPackages[release].map((requirement) => `"${requirement}"`).join(" ");
        const patches = {
            "openedx-dockerfile-post-python-requirements": `RUN \${PIP_COMMAND:-pip} install ${packages}`,
            "openedx-lms-development-settings":
                'AUTHENTICATION_BACKENDS.append("ol_social_auth.backends.OLOAuth2")\nMITX_REDIRECT_ENABLED = True',
        };
        await writeFile(join(plugins, "backend.yml"), JSON.stringify({ name: "backend", version: "1", patches }));
        await tutor("plugins", "enable", "backend");
        await tutor("config", "save");
    };
    /** Creates the superuser with the platform's own command, in its shell. */
    const makeUser = async () => {
        const program = `
import json, sys
from django.contrib.auth import get_user_model
from django.core.management import call_command
given = json.load(sys.stdin)
call_command("manage_user", given["username"], given["email"], staff=True, superuser=True)
user = get_user_model().objects.get(username=given["username"])
user.set_password(given["password"])
user.save()`;
        const command = ["exec", "--interactive", "tutor_dev-lms-1", "./manage.py", "lms", "shell", "-c", program];
        await execa("docker", command, { env: docker.env, input: JSON.stringify(lms) });
    };

    test.each(tutorReleases)(
        "Tutor %s launches an LMS from scratch, from the image that it builds",
        async (release) => {
            const root = await docker.tutorRoot(release, { from: "nothing" });
            await root.tutor("config", "save", "--set", "LMS_HOST=local.openedx.io");
            await enableBackend(root, release);
            const image = (await root.tutor("images", "printtag", "openedx-dev")).stdout.trim();
            const id = () => docker.docker("image", "inspect", "--format", "{{.Id}}", image);
            const ours = await id();
            await root.tutor("dev", "launch", "--non-interactive");
            const built = await id();
            await lmsAnswers();
            await makeUser();

            const browser = await AdminBrowser.signIn(lms);
            // Tutor's job creates the first one.
            expect((await browser.list("auth/user")).map(({ username }) => username)).toEqual(["cms", "edx"]);
            await expect(backends()).resolves.toContain("ol-oauth2");
            const redirect = await new AdminBrowser(lms.baseUrl).get("/");
            expect(redirect.status).toBe(302);
            expect(redirect.headers["location"]).toMatch("/auth/login/ol-oauth2/");

            expect(built).not.toBe(ours);
            await docker.reset();
            await expect(id()).resolves.toBe(ours);
            await expect(docker.docker("image", "inspect", built)).rejects.toThrow("No such image");
        },
    );

    test("a running LMS has no ol-oauth2, and reloads changed settings by itself", async () => {
        const root = await docker.tutorRoot("22");
        await root.tutor("dev", "start", "--detach", "lms");
        await lmsAnswers();
        const createUser = ["dev", "do", "createuser", "--staff", "--superuser", "-p", lms.password];
        await root.tutor(...createUser, lms.username, lms.email);
        await expect(backends()).resolves.toStrictEqual(["google-oauth2"]);
        await root.tutor("dev", "exec", "-T", "lms", "pip", "install", ...lmsPackages["22"]);

        await enableBackend(root, "22");

        await eventually(async () => {
            await expect(backends()).resolves.toContain("ol-oauth2");
        });
    });

    /** Compose in a new checkout whose `.env` has these lines in addition to those of the example. */
    const makeCheckout = async (name: "mitxonline" | "mitxpro", ...settings: string[]) => {
        const folder = await docker.checkout(name);
        await copyFile(join(folder, ".env.example"), join(folder, ".env"));
        await appendFile(join(folder, ".env"), settings.map((line) => `${line}\n`).join(""));
        const compose = (args: readonly string[], options: Pick<Options, "input"> = {}) =>
            execa("docker", ["compose", ...args], { cwd: folder, env: docker.env, ...options });
        return { folder, compose };
    };
    const credentials = ["OPENEDX_API_CLIENT_ID=an-id", "OPENEDX_API_CLIENT_SECRET=a-secret"];

    test.each([
        ["mitxonline", [8011, 8013]],
        ["mitxpro", [8051, 8053]],
    ] as const)("%s starts with its settings, and has the users that are created in it", async (name, ports) => {
        const { folder, compose } = await makeCheckout(name);
        const host = name === "mitxpro" ? "xpro.odl.local" : "mitxonline.odl.local";
        await compose(["up", "--detach"]).catch(() => undefined);
        await eventually(async () => {
            const { stdout } = await compose(["logs", "web"]);
            expect(stdout).toContain("missing: OPENEDX_API_CLIENT_ID, OPENEDX_API_CLIENT_SECRET");
        });

        await appendFile(join(folder, ".env"), credentials.join("\n"));
        await compose(["up", "--detach"]);
        await answers(`http://${host}:${ports[1]}`, "/admin/login/");
        const manage = (options: readonly string[], args: readonly string[], input = "") =>
            compose(["exec", "-T", ...options, "web", "./manage.py", ...args], { input });
        const read =
            "import sys, json; from django.contrib.auth.models import User; print(User.objects.filter(**json.load(sys.stdin)).count())";
        const count = async () => (await manage([], ["shell", "-c", read], '{"is_superuser": true}')).stdout.trim();
        await expect(count()).resolves.toMatch(/^0$/m);
        const given = { USERNAME: admin.username, EMAIL: admin.email, PASSWORD: admin.password };
        const options = Object.entries(given).flatMap(([key, value]) => ["-e", `DJANGO_SUPERUSER_${key}=${value}`]);
        await manage(options, ["createsuperuser", "--noinput"]);
        await expect(count()).resolves.toMatch(/^1$/m);
        await expect(manage(options, ["createsuperuser", "--noinput"])).rejects.toThrow("already taken");

        // Its users outlive its containers.
        await compose(["up", "--detach", "--force-recreate", "web"]);
        for (const port of ports) {
            await answers(`http://${host}:${port}`, "/admin/login/");
            await AdminBrowser.signIn({ ...admin, baseUrl: `http://${host}:${port}` });
        }
    });

    test("the containers of LMS and application reach each other through the host", async () => {
        const { tutor } = await docker.tutorRoot("22");
        const { compose } = await makeCheckout("mitxonline", ...credentials);
        await Promise.all([tutor("dev", "start", "--detach", "lms"), compose(["up", "--detach"])]);
        await lmsAnswers();
        await answers("http://mitxonline.odl.local:8013", "/admin/login/");

        const program = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).status)";
        const open = (url: string) => ["python3", "-c", program, url];
        for (const url of ["http://local.openedx.io:8000/heartbeat", "http://host.docker.internal:8000/heartbeat"]) {
            const { stdout } = await compose(["exec", "-T", "web", ...open(url)]);
            expect(stdout).toBe("200");
        }
        for (const network of ["mitxonline_default", "tutor_dev_default"]) {
            const format = "{{(index .IPAM.Config 0).Gateway}}";
            const gateway = await docker.docker("network", "inspect", "--format", format, network);
            const page = await tutor("dev", "exec", "-T", "lms", ...open(`http://${gateway}:8013/admin/login/`));
            expect(page.stdout).toMatch(/^200$/m);
            const heartbeat = await compose(["exec", "-T", "web", ...open(`http://${gateway}:8000/heartbeat`)]);
            expect(heartbeat.stdout).toBe("200");
        }
    });

    test("mitxonline's profiles add its API gateway and, with a certificate, Keycloak", async () => {
        const settings = ["KEYCLOAK_CLIENT_SECRET=a-secret", "APISIX_SESSION_SECRET_KEY=a-key"];
        const ofKeycloak = ["KEYCLOAK_SVC_KEYSTORE_PASSWORD=a-password", "COMPOSE_PROFILES=keycloak,apisix"];
        const { folder, compose } = await makeCheckout("mitxonline", ...credentials, ...settings, ...ofKeycloak);
        const running = async () => (await compose(["ps", "--services", "--status", "running"])).stdout.split("\n");
        await compose(["up", "--detach"]);
        await answers("http://mitxonline.odl.local:9080", "/");
        const answer = await new AdminBrowser("http://mitxonline.odl.local:9080").get("/admin/login/");
        expect(answer.headers["location"]).toMatch(/^\/realms\//);
        expect((await compose(["logs", "keycloak"])).stdout).toContain("Failed to load /etc/x509/https/tls.crt");
        await expect(running()).resolves.not.toContain("keycloak");

        for (const file of ["tls.crt", "tls.key"]) {
            const path = join(folder, "config", "keycloak", "tls", file);
            await copyFile(`${path}.default`, path);
        }
        await compose(["up", "--detach"]);
        await expect(running()).resolves.toEqual(expect.arrayContaining(["keycloak", "api"]));
        const { stdout } = await compose(["exec", "-T", "api", "env"]);
        expect(stdout.split("\n")).toEqual(expect.arrayContaining(settings));
    });

    test("mitxonline's Compose files can't be read while a port is unset", async () => {
        const { folder, compose } = await makeCheckout("mitxonline");
        await writeFile(join(folder, ".env"), "KEYCLOAK_PORT=7080\nKEYCLOAK_SSL_PORT=7443\n");
        await expect(compose(["config"])).rejects.toThrow("invalid proto:");
    });
});
