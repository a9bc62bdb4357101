import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { buildImage, serviceHashes } from "../../preflight/composeCommand.ts";
import { type ComposeService, detectComposeProject, publishedPorts, withHost } from "../../preflight/composeProject.ts";
import { describeCompose } from "../support/compose.ts";
import { composeProject, composeService } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands } from "../support/fakeCommands.ts";
import { faultOf } from "../support/faults.ts";

describeCompose("a Compose project, as Compose reports it,", () => {
    let checkout: string;
    beforeEach(async () => {
        // Compose names the project after the folder.
        checkout = join(await realpath(await mkdtemp(join(tmpdir(), "compose-"))), "mitxonline");
        await mkdir(checkout);
    });
    afterEach(async () => {
        delete process.env["COMPOSE_PROFILES"];
        await rm(join(checkout, ".."), { recursive: true });
    });

    const write = (text: string, file = "docker-compose.yml") => writeFile(join(checkout, file), text);
    const envFile = (block: string, own = "") =>
        write(
            `# BEGIN project/stack (managed by Pulumi: edits in here are undone)\n${block}\n# END project/stack\n${own}`,
            ".env",
        );

    test("has its services in full, with the names that Compose gives", async () => {
        await write(`
services:
  web:
    build: {context: ., target: development}
    command: serve --port 8013
    entrypoint: [sh, -c]
    working_dir: /src/
    stdin_open: true
    tty: true
    environment: {DEBUG: "True"}
    extra_hosts: ["local.openedx.io:host-gateway"]
    links: [db]
    ports: ["8013:8013", "127.0.0.1:8011:8011/udp", "5432"]
    networks: {default: {aliases: [mitxonline.odl.local]}}
    volumes: [".:/src", "state:/state:ro"]
    depends_on: {db: {condition: service_healthy, restart: true}}
  db:
    image: postgres:15
    healthcheck: {test: [CMD, pg_isready], interval: 3s, timeout: 5s, retries: 10, start_period: 1m}
volumes: {state: {}}
`);
        const { name, folder, files, networks, volumes, services } = await detectComposeProject(checkout, {});

        expect(name).toBe("mitxonline");
        expect(folder).toBe(checkout);
        expect(files).toStrictEqual([join(checkout, "docker-compose.yml")]);
        expect(networks).toMatchObject({ default: { name: "mitxonline_default" } });
        expect(volumes).toStrictEqual({ state: { name: "mitxonline_state" } });
        expect(Object.keys(services).sort()).toStrictEqual(["db", "web"]);
        expect(services["db"]).toMatchObject({
            image: "postgres:15",
            environment: {},
            readsEnvFile: false,
            healthcheck: {
                test: ["CMD", "pg_isready"],
                interval: "3s",
                timeout: "5s",
                retries: 10,
                start_period: "1m0s",
            },
        });
        expect(services["web"]).toMatchObject({
            build: { context: checkout, dockerfile: "Dockerfile", target: "development" },
            command: ["serve", "--port", "8013"],
            entrypoint: ["sh", "-c"],
            working_dir: "/src/",
            stdin_open: true,
            tty: true,
            environment: { DEBUG: "True" },
            extra_hosts: ["local.openedx.io=host-gateway"],
            links: ["db"],
            ports: [
                { target: 8013, published: "8013", protocol: "tcp" },
                { target: 8011, published: "8011", protocol: "udp", host_ip: "127.0.0.1" },
                { target: 5432, protocol: "tcp" },
            ],
            networks: { default: { aliases: ["mitxonline.odl.local"] } },
            volumes: [
                { type: "bind", source: checkout, target: "/src", read_only: false },
                { type: "volume", source: "state", target: "/state", read_only: true },
            ],
            depends_on: {
                db: { condition: "service_healthy", restart: true, required: true },
            },
        });
    });

    test("needs no .env: the lines that it will have are passed in", async () => {
        await write("services: {web: {image: web, command: 'serve ${APISIX_PORT}', env_file: .env}}");
        const lines = { APISIX_PORT: "9080", OPENEDX_API_CLIENT_ID: "made-client-id.invalid" };
        const { services } = await detectComposeProject(checkout, lines);

        expect(services["web"]).toMatchObject({
            command: ["serve", "9080"],
            environment: lines,
            readsEnvFile: true,
        });
        expect(existsSync(join(checkout, ".env"))).toBe(false);
    });

    test("names the keys with interpolation, because they may be secret", async () => {
        await write(`
services:
  web:
    image: web
    command: serve --key \${KEY:-none}
    entrypoint: echo costs $$5
    labels: { key: "\${KEY:-none}" }
    volumes: [share:/share]
volumes:
  share: { driver_opts: { o: "password=\${KEY:-none}" } }
  plain: {}
`);

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            interpolated: ["services.web.command", "services.web.labels", "volumes.share.driver_opts"],
        });
    });

    test("has the shell's variables, but not the daemon's address if that is not the user's own", async () => {
        await write("services: {web: {image: web, environment: {DOCKER_HOST: '${DOCKER_HOST:-missing}'}}}");
        const former = process.env["DOCKER_HOST"];
        const asked = async () =>
            (await detectComposeProject(checkout, {})).services["web"]?.environment["DOCKER_HOST"];
        try {
            process.env["DOCKER_HOST"] = "unix:///chosen";
            await expect(asked()).resolves.toBe("unix:///chosen");
            process.env["OPENEDX_DOCKER_HOST_OF_CONTEXT"] = "true";
            await expect(asked()).resolves.toBe("missing");
        } finally {
            delete process.env["OPENEDX_DOCKER_HOST_OF_CONTEXT"];
            Reflect.deleteProperty(process.env, "DOCKER_HOST");
            Object.assign(process.env, former === undefined ? {} : { DOCKER_HOST: former });
        }
    });

    test("has the lines outside the managed block, and none of the block's values", async () => {
        await write(`
services:
  web: {image: web, env_file: .env}
  api: {image: api, environment: {SECRET: "\${OPENEDX_API_CLIENT_SECRET}", LEVEL: "\${LEVEL}"}}
`);
        await envFile("OPENEDX_API_CLIENT_SECRET=hunter2", "LEVEL=debug\nKEY='mine'\n");
        const project = await detectComposeProject(checkout, {
            OPENEDX_API_CLIENT_SECRET: "made-client-secret.invalid",
        });

        expect(project.services["web"]?.environment).toStrictEqual({
            OPENEDX_API_CLIENT_SECRET: "made-client-secret.invalid",
            LEVEL: "debug",
            KEY: "mine",
        });
        expect(project.services["api"]?.environment).toStrictEqual({
            SECRET: "made-client-secret.invalid",
            LEVEL: "debug",
        });
        expect(JSON.stringify(project)).not.toContain("hunter2");
    });

    test("has nothing of a line that was in the block and is removed from it", async () => {
        await write(`
services:
  web: {image: web, environment: {SECRET: "\${KEYCLOAK_CLIENT_SECRET:-none}"}}
  keycloak: {image: keycloak, profiles: [keycloak]}
`);
        await envFile("COMPOSE_PROFILES=keycloak\nKEYCLOAK_CLIENT_SECRET=hunter2");
        const project = await detectComposeProject(checkout, {});

        expect(Object.keys(project.services)).toStrictEqual(["web"]);
        expect(JSON.stringify(project)).not.toContain("hunter2");
    });

    test("has one dollar sign for Compose's two, and one from an env file", async () => {
        await write("services: {web: {image: web, command: [echo, $$HOME, '$$$$'], env_file: .env}}");
        await write("PASSWORD='a$b'\n", ".env");
        const { services } = await detectComposeProject(checkout, {});

        expect(services["web"]).toMatchObject({
            command: ["echo", "$HOME", "$$"],
            environment: { PASSWORD: "a$b" },
        });
    });

    test("has only the services of the active profiles", async () => {
        await write(`
services:
  web: {image: web}
  api: {image: api, profiles: [apisix]}
  notebook: {image: notebook, profiles: [notebook]}
`);
        const services = async (lines: Record<string, string>) =>
            Object.keys((await detectComposeProject(checkout, lines)).services).sort();

        await expect(services({})).resolves.toStrictEqual(["web"]);
        await expect(services({ COMPOSE_PROFILES: "keycloak,apisix" })).resolves.toStrictEqual(["api", "web"]);
    });

    test("has the services of profiles in .env and the shell besides those that the stack needs", async () => {
        await write(`
services:
  web: {image: web}
  api: {image: api, profiles: [apisix]}
  notebook: {image: notebook, profiles: [notebook]}
  signer: {image: signer, profiles: [signer]}
`);
        await write("COMPOSE_PROFILES=notebook\n", ".env");
        const services = async (lines: Record<string, string>) =>
            Object.keys((await detectComposeProject(checkout, lines)).services).sort();

        await expect(services({})).resolves.toStrictEqual(["notebook", "web"]);
        process.env["COMPOSE_PROFILES"] = "signer";
        await expect(services({ COMPOSE_PROFILES: "notebook,apisix" })).resolves.toStrictEqual([
            ...["api", "notebook", "signer", "web"],
        ]);
    });

    test("has the name and the files that .env says", async () => {
        await write("services: {web: {image: web}}", "mine.yml");
        await write("services: {db: {image: db}}", "more.yml");
        await write("MINE=mine.yml\nCOMPOSE_FILE=${MINE}:more.yml\nCOMPOSE_PROJECT_NAME=zorro\n", ".env");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            name: "zorro",
            services: { web: {}, db: {} },
            networks: { default: { name: "zorro_default" } },
            files: [join(checkout, "mine.yml"), join(checkout, "more.yml")],
        });
    });

    test("has the stack's lines if .env sets them to something else", async () => {
        await write("services: {web: {image: web, command: '${OPENEDX_IP}', env_file: .env}}");
        await write("\uFEFFOPENEDX_IP=10.0.0.1\r\nLOGOUT_REDIRECT_URL=\r\nOWN=1\r\n", ".env");
        const lines = { OPENEDX_IP: "made-gateway.invalid", LOGOUT_REDIRECT_URL: "http://lms/logout" };

        await expect(detectComposeProject(checkout, lines)).resolves.toMatchObject({
            services: { web: { command: ["made-gateway.invalid"], environment: { ...lines, OWN: "1" } } },
        });
    });

    test.each([
        ["a sign in a name", "A+B=hunter2", "a name has a character that is not allowed there"],
        ["a space in a name", "MY KEY=hunter2", "a name has a space in it"],
        ["open quotes", "A='hunter2", "quotes are not closed"],
        ["half a variable", "A=hunter2${", "a value has ${ without a variable and }"],
    ])("reports the line of .env with %s, without its text", async (_what, line, reason) => {
        await write("services: {web: {image: web, env_file: [.env, {path: other, required: false}]}}");
        const stack = { OPENEDX_IP: "10.0.0.1", MAILGUN_KEY: "not-set", EDX_IP: "10.0.0.1" };
        const told = (file: string, number: number) =>
            `  ${join(checkout, file)}, line ${number}: Compose can't read it, as ${reason}\n    correct that line`;
        await write(`# mine\nB='1\n2'\n\n${line}\n`, ".env");
        await expect(faultOf(detectComposeProject(checkout, stack))).resolves.toBe(told(".env", 5));
        await envFile("OPENEDX_IP=10.0.0.2", `# mine\n${line}\nC=3\n`);
        await expect(faultOf(detectComposeProject(checkout, stack))).resolves.toBe(told(".env", 5));

        await write("", ".env");
        await write(`OK=1\n${line}\n`, "other");
        await expect(faultOf(detectComposeProject(checkout, stack))).resolves.toBe(told("other", 2));
    });

    test("names the developer's file in errors that only Compose can report", async () => {
        await write("services: {web: {image: web}}");
        await write("A=${NEEDED:?set it}\n", ".env");

        await expect(faultOf(detectComposeProject(checkout, {}))).resolves.toContain(
            `failed to read ${join(checkout, ".env")}: required variable NEEDED`,
        );
    });

    test.each([
        ["${SECRET}", true],
        ["a ${SECRET:-b}", true],
        ["$SECRET", true],
        ["$$SECRET", false],
        ["plain", false],
    ])("knows whether a service with %j in its environment may contain a secret", async (value, isSecret) => {
        await write(`services: {web: {image: web, environment: {A: '${value}'}}}`);
        await write("SECRET=hunter2\n", ".env");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: { web: { readsEnvFile: isSecret } },
        });
    });

    test("treats a bare name in an environment as secret, because its value comes from .env", async () => {
        await write("services: {web: {image: web, environment: [SECRET]}, db: {image: db, environment: {SECRET: }}}");
        await write("SECRET=hunter2\n", ".env");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: {
                web: { environment: { SECRET: "hunter2" }, readsEnvFile: true },
                db: { environment: { SECRET: "hunter2" }, readsEnvFile: true },
            },
        });
    });

    test("applies the developer's override file", async () => {
        await write("services: {web: {image: web}}");
        await write("services: {web: {environment: {MINE: '1'}}}", "docker-compose.override.yml");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: { web: { environment: { MINE: "1" } } },
            files: [join(checkout, "docker-compose.yml"), join(checkout, "docker-compose.override.yml")],
        });
    });

    test("may have extension keys", async () => {
        await write("x-environment: &env {DEBUG: 'True'}\nservices: {web: {image: web, x-note: n, environment: *env}}");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: { web: { environment: { DEBUG: "True" } } },
        });
    });

    test("has additional env files, which may be missing if the project says so", async () => {
        const file = (required: boolean) =>
            write(`services: {web: {image: web, env_file: [{path: more.env, required: ${required}}]}}`);
        await file(false);
        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: { web: { environment: {} } },
        });

        await file(true);
        await expect(faultOf(detectComposeProject(checkout, {}))).resolves.toContain(
            `${join(checkout, "more.env")}, an env_file of the Compose project, does not exist`,
        );

        await write("MORE=1\n", "more.env");
        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            services: { web: { environment: { MORE: "1" }, readsEnvFile: true } },
        });
    });

    test.each([
        ["services: {web: {image: web, uts: host}}", 'services.web.uts: "host" is not supported: docker.Container'],
        ["services: {web: {image: web, pids_limit: 100}}", "services.web.pids_limit: 100 is not supported: docker"],
        ["services: {web: {image: web, scale: 2}}", "services.web.scale: 2 is not supported: scale can only be 1"],
        ["services: {web: {image: web, mem_limit: 1000001}}", "services.web.mem_limit: 1000001 bytes is not a whole"],
        [
            "services: {web: {image: web, cpus: 0.05}}",
            "services.web.cpus: is a number that the Docker provider misreads",
        ],
        ["services: {web: {image: web, network_mode: 'container:x'}}", "services.web.network_mode: container:x is not"],
        [
            "services: {web: {image: web, ports: ['8013:80', '[::]:8013:80', '53:53/udp', '53:53/tcp']}}",
            "services.web.ports: 80/tcp has several addresses; docker.Container supports one",
        ],
        ["services: {web: {image: web, blkio_config: {weight: 300}}}", "services.web.blkio_config.weight: 300 is not"],
        ["services: {web: {image: web, healthcheck: {interval: 1s}}}", "services.web.healthcheck: has no test"],
        [
            "services: {web: {image: web, links: ['db:cache']}, db: {image: db}, cache: {image: cache}}",
            "services.web.links.0: db:cache is not supported: for other services cache is another container",
        ],
    ])("with %j stops the run with the unsupported key and the reason", async (text, key) => {
        await write(text);
        const fault = await faultOf(detectComposeProject(checkout, {}));

        expect(fault).toContain(`The Compose project in ${checkout} uses unsupported keys:\n      `);
        expect(fault).toContain(`\n      ${key}`);
        expect(fault).toContain("config set applicationFrom external");
    });

    test("reports all of that at once", async () => {
        await write("services: {web: {image: web, uts: host, oom_score_adj: 5}, db: {image: db, uts: host}}");
        const fault = await faultOf(detectComposeProject(checkout, {}));

        for (const key of ["services.web.uts", "services.web.oom_score_adj", "services.db.uts"]) {
            expect(fault).toContain(key);
        }
    });

    test("reports missing files that it needs, because Docker would create folders with their names", async () => {
        await write(`
services:
  web:
    image: web
    secrets: [token]
    volumes: [{type: bind, source: ./missing, target: /missing, bind: {create_host_path: false}}]
secrets: {token: {file: ./token.txt}}
`);
        const fault = await faultOf(detectComposeProject(checkout, {}));

        expect(fault).toContain(`secrets.token: ${join(checkout, "token.txt")}`);
        expect(fault).toContain(`services.web.volumes: ${join(checkout, "missing")}`);
    });

    test("has the variables that secrets are taken from, and the platform that services have by default", async () => {
        await write(`
services:
  web: {image: web, secrets: [token]}
  db: {image: db, platform: linux/arm64}
secrets: {token: {environment: TOKEN}}
`);
        await write("TOKEN='of\ntwo lines'\nDOCKER_DEFAULT_PLATFORM=linux/amd64\n", ".env");

        await expect(detectComposeProject(checkout, {})).resolves.toMatchObject({
            variables: { TOKEN: "of\ntwo lines" },
            services: { web: { platform: "linux/amd64" }, db: { platform: "linux/arm64" } },
        });
    });

    test.each([
        ["is no project", "services: [web]"],
        ["has a mistake", "services: {web: {image: web, depends_on: [nobody]}}"],
    ])("that %s stops the run with Compose's own words", async (_what, text) => {
        await write(text);

        await expect(faultOf(detectComposeProject(checkout, {}))).resolves.toMatch(
            new RegExp(`docker compose config fails in ${checkout}: .*(services|nobody)`),
        );
    });

    test("that does not exist stops the run with Compose's own words", async () => {
        await expect(faultOf(detectComposeProject(checkout, {}))).resolves.toContain("no configuration file provided");
    });

    describe("has hashes of its services", () => {
        /** What `docker compose up` would compare. */
        const hashesInFolder = async () =>
            Object.fromEntries(
                (await execa("docker", ["compose", "config", "--hash", "*"], { cwd: checkout })).stdout
                    .split("\n")
                    .map((line) => line.split(" ", 2)),
            ) as Record<string, string>;

        test("which are Compose's own, including the contents of env files", async () => {
            await write("services: {web: {image: web, env_file: .env, command: [echo, $$HOME]}, db: {image: db}}");
            await write("PASSWORD='a$b'\n", ".env");
            const { normalized } = await detectComposeProject(checkout, { SECRET: "placeholder" });
            const hashes = await serviceHashes(checkout, normalized.replaceAll("placeholder", "hunter2"));

            await write(
                "services: {web: {image: web, environment: {PASSWORD: 'a$$b', SECRET: hunter2}, command: [echo, $$HOME]}, db: {image: db}}",
            );
            expect(hashes).toStrictEqual(await hashesInFolder());
            expect(Object.keys(hashes).sort()).toStrictEqual(["db", "web"]);
        });

        test("in profiles too, before the .env that activates them exists", async () => {
            await write("services: {web: {image: web}, api: {image: api, profiles: [apisix]}}");
            const { normalized } = await detectComposeProject(checkout, { COMPOSE_PROFILES: "apisix" });

            await expect(serviceHashes(checkout, normalized)).resolves.toHaveProperty("api");
        });
    });
});

describe("the build of an image", () => {
    let commands: FakeCommands;
    beforeEach(async () => {
        commands = await fakeCommands();
    });
    afterEach(() => commands.remove());
    const project = () => ({ folder: commands.folder, files: [join(commands.folder, "docker-compose.yml")] });
    const build = (then: string) => commands.make("docker", { compose: `echo '#7 RUN make it' >&2; ${then}` });

    test("is Compose's own, of one service, in all profiles", async () => {
        await build("true");
        await buildImage(project(), "web");

        await expect(commands.calls("docker")).resolves.toStrictEqual([
            `compose --progress plain --project-directory ${commands.folder} --file ${commands.folder}/docker-compose.yml --profile * build web`,
        ]);
    });

    test("that fails is reported with the step that failed", async () => {
        await build("echo 'ERROR: make it did not complete' >&2; exit 17");

        await expect(buildImage(project(), "web")).rejects.toThrow(/exit code 17.*RUN make it.*did not complete/s);
    });
});

describe("an additional name for this machine", () => {
    const hosts = ["host.docker.internal=host-gateway"];
    const named = (service: Partial<ComposeService>) => {
        const project = composeProject({ web: composeService({ readsEnvFile: true, ...service }) });
        return withHost(project, "local.edly.io").services["web"]?.extra_hosts;
    };

    test("is added to containers that have one and read .env", () => {
        expect(named({ extra_hosts: hosts })).toStrictEqual([...hosts, "local.edly.io=host-gateway"]);
        expect(named({ extra_hosts: hosts, readsEnvFile: false })).toStrictEqual(hosts);
        expect(named({ extra_hosts: ["other=10.1.1.1"] })).toStrictEqual(["other=10.1.1.1"]);
        expect(named({})).toStrictEqual([]);
    });

    test("is the checkout's own if it has one, whatever it leads to", () => {
        const own = [...hosts, "local.edly.io=172.22.0.1"];

        expect(named({ extra_hosts: own })).toStrictEqual(own);
    });
});

describe("the host ports that a project uses", () => {
    test("are those that it publishes with a number of its own, for TCP", () => {
        const { services } = composeProject({
            web: composeService({
                ports: [
                    { target: 80, published: "8013", protocol: "tcp" },
                    { target: 81, published: "8011", protocol: "udp" },
                ],
            }),
            db: composeService({ ports: [{ target: 5432, protocol: "tcp" }] }),
            cache: composeService(),
        });

        expect(publishedPorts({ services })).toStrictEqual([8013]);
    });
});
