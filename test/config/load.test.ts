import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { environmentLines, placeholders } from "../../config/environmentLines.ts";
import { examineMachine, linesByOwn } from "../../config/examineMachine.ts";
import { loadConfig, parseSettings, withFound } from "../../config/load.ts";
import { profiles } from "../../config/profiles.ts";
import { effectiveValues, parseEnvText, withBlock, withoutBlock } from "../../dynamic-providers/files/envBlock.ts";
import { type FakeCommands, fakeCommands, networkAnswer } from "../support/fakeCommands.ts";
import { valueOf } from "../support/pulumiMocks.ts";

/** All that has no default. */
const required = {
    lmsPassword: "correct horse",
    applicationPassword: "battery staple",
    platform: "linux",
    lmsGateway: "172.18.0.1",
    applicationGateway: "172.19.0.1",
};

function mistakesIn(values: Record<string, string>): string {
    try {
        parseSettings(values);
    } catch (error) {
        expect(pulumi.RunError.isInstance(error)).toBe(true);
        return (error as Error).message;
    }
    throw new Error("No mistake was found.");
}

describe("the configuration of a stack", () => {
    test("has the handbook's defaults", () => {
        expect(parseSettings(required)).toStrictEqual({
            ...required,
            application: "mitxonline",
            lmsUrl: "http://local.openedx.io:8000",
            lmsUsername: "edx@example.org",
            lmsFrom: "external",
            tutor: "tutor",
            tutorRelease: "",
            lmsLaunch: false,
            lmsPackages: "image",
            redirectVisitors: true,
            clientSecretIn: "database",
            applicationFrom: "external",
            keepVolumes: true,
            applicationUrl: "",
            applicationAdminUrl: "",
            applicationUsername: "admin",
            envFile: "",
            keycloakClientSecret: "",
            serviceWorkerUsername: "mitserviceworker",
            serviceWorkerEmail: "mitserviceworker@mit.odl.local",
            tokenLifetimeDays: 365,
            tokenRenewBeforeDays: 30,
            superuserUsername: "",
            superuserEmail: "",
            fallbackSite: "example.com",
            adopt: false,
        });
    });

    test("is text that becomes numbers and truth values", () => {
        expect(parseSettings({ ...required, tokenLifetimeDays: "90", adopt: "true" })).toMatchObject({
            tokenLifetimeDays: 90,
            adopt: true,
        });
    });

    test("is read from the project's keys only, passwords as secrets", async () => {
        pulumi.runtime.setAllConfig({
            ...Object.fromEntries(
                Object.entries({ ...required, envFile: ".env" }).map(([key, value]) => [
                    `${pulumi.getProject()}:${key}`,
                    value,
                ]),
            ),
            "aws:region": "us-east-1",
        });
        const { openEdx, application } = await loadConfig();

        for (const [{ password }, expected] of [
            [openEdx, "correct horse"],
            [application, "battery staple"],
        ] as const) {
            await expect(valueOf(password)).resolves.toBe(expected);
            await expect(pulumi.isSecret(pulumi.output(password))).resolves.toBe(true);
        }
    });

    test("is refused with all its mistakes at once: key, value, what is allowed, and the command", () => {
        expect(
            mistakesIn({
                ...required,
                application: "mitx",
                lmsPassword: "",
                applicationGateway: "",
                tokenLifetimeDays: "a year",
                adopt: "yes",
                superuserUsername: "ada",
                lmsURL: "http://lms.example.org",
            }),
        ).toBe(
            `
Found 7 mistakes in the stack's configuration; nothing was changed.

  application: "mitx"
    must be one of xpro, mitxonline, mitxonline-apisix
    pulumi config set application VALUE

  tokenLifetimeDays: "a year"
    must be a whole number of days, 1 to 36500
    pulumi config set tokenLifetimeDays VALUE

  adopt: "yes"
    must be true or false
    pulumi config set adopt VALUE

  lmsURL is not a key of this project
    must be one of application, lmsUrl, lmsUsername, lmsPassword, lmsFrom, tutor, tutorRelease, lmsLaunch, lmsPackages, redirectVisitors, clientSecretIn, applicationFrom, keepVolumes, applicationUrl, applicationAdminUrl, applicationUsername, applicationPassword, envFile, keycloakClientSecret, platform, lmsGateway, applicationGateway, serviceWorkerUsername, serviceWorkerEmail, tokenLifetimeDays, tokenRenewBeforeDays, superuserUsername, superuserEmail, fallbackSite, adopt
    pulumi config rm lmsURL

  lmsPassword is not set
    must be the password of lmsUsername
    pulumi config set --secret lmsPassword

  applicationGateway is not set
    must be the gateway of its network; Docker reports it once the network exists: docker compose up --detach, in the application's checkout
    pulumi config set applicationGateway VALUE

  superuserEmail is not set
    must be the e-mail address of superuserUsername
    pulumi config set superuserEmail VALUE
`.trim(),
        );
    });

    test.each([
        ["application", "", "one of xpro"],
        ["lmsUrl", "local.openedx.io:8000", "an http or https address without a path"],
        ["lmsUrl", "http://local.openedx.io:8000/admin", "an http or https address without a path"],
        ["applicationUrl", "ftp://xpro.odl.local", "an http or https address without a path"],
        ["applicationAdminUrl", "mitxonline", "an http or https address without a path"],
        ["lmsUsername", "", "the e-mail address of a superuser"],
        ["applicationUsername", "", "the user name of a superuser"],
        ["platform", "bsd", "one of auto, linux, macos, windows"],
        ["lmsGateway", "http://172.18.0.1", "an IPv4 address or a host name"],
        ["lmsGateway", "172.18.0.1:8000", "an IPv4 address or a host name"],
        ["applicationGateway", "172.19.0.256", "an IPv4 address or a host name"],
        ["serviceWorkerUsername", "mit worker", "a user name"],
        ["serviceWorkerEmail", "mitserviceworker", "an e-mail address"],
        ["superuserEmail", "ada", "an e-mail address"],
        ["tokenLifetimeDays", "0", "a whole number of days, 1 to 36500"],
        ["tokenLifetimeDays", "1e3", "a whole number of days, 1 to 36500"],
        ["tokenRenewBeforeDays", "-1", "a whole number of days, 0 to 36500"],
        ["tokenRenewBeforeDays", "365", "less than tokenLifetimeDays (365)"],
        ["lmsFrom", "docker", "one of tutor, external"],
        ["lmsPackages", "none", "one of image, container, installed"],
        ["lmsLaunch", "true", "false with lmsFrom external"],
        ["applicationFrom", "docker", "one of compose, external"],
        ["keepVolumes", "no", "true or false"],
        ["lmsUrl", "http://[::1]:8000", "an http or https address without a path"],
        ["lmsUrl", "http://o'hara.local:8000", "an http or https address without a path"],
        ["applicationUrl", "http://a$(id).local", "an http or https address without a path"],
        ["applicationUrl", "http://xpro.odl.local\n", "an http or https address without a path"],
        ["lmsGateway", "[::1]", "an IPv4 address or a host name"],
        ["applicationGateway", "a'b", "an IPv4 address or a host name"],
        ["lmsUsername", "edx\nadmin", "the e-mail address of a superuser"],
        ["applicationUsername", "admin ", "the user name of a superuser"],
        ["tutor", "tutor\n", "the command tutor"],
        ["envFile", "../mitxonline/.env\n", "a path without line breaks"],
        ["fallbackSite", "", "a site's domain"],
        ["fallbackSite", "http://example.com", "a site's domain"],
        ["fallbackSite", "example.com/", "a site's domain"],
        ["fallbackSite", "example com", "a site's domain"],
        ["fallbackSite", "[::1]:8000", "a site's domain"],
        ["fallbackSite", `${"a".repeat(60)}.${"b".repeat(60)}`, "a site's domain"],
        ["adopt", "1", "true or false"],
    ])("refuses %s %j", (key, value, allowed) => {
        const mistakes = mistakesIn({ ...required, [key]: value });

        expect(mistakes).toContain(value === "" ? `${key} is not set` : `${key}: ${JSON.stringify(value)}`);
        expect(mistakes).toContain(`must be ${allowed}`);
    });

    test.each(["example.com", "local.openedx.io:8000", "localhost", "172.18.0.1:80"])(
        "takes the site %s",
        (fallbackSite) => {
            expect(parseSettings({ ...required, fallbackSite })).toMatchObject({ fallbackSite });
        },
    );

    test("refuses a password with a line break, without showing it", () => {
        const mistakes = mistakesIn({ ...required, lmsPassword: "hunter2\n" });

        expect(mistakes).toContain("lmsPassword is wrong\n    must be text without line breaks");
        expect(mistakes).not.toContain("hunter2");
    });

    test("asks for the password of who signs in to a server that somebody else runs", () => {
        const mistakes = mistakesIn({ ...required, lmsPassword: "", applicationPassword: "" });

        expect(mistakes).toContain("Found 2 mistakes");
        expect(mistakes).toContain("lmsPassword is not set\n    must be the password of lmsUsername");
        expect(mistakes).toContain("applicationPassword is not set\n    must be the password of applicationUsername");
    });

    test("needs neither passwords nor gateways of servers that the stack runs", () => {
        const { platform } = required;

        expect(() => parseSettings({ platform, lmsFrom: "tutor", applicationFrom: "compose" })).not.toThrow();
    });

    test.each([
        ["lmsGateway", "lmsFrom", "tutor"],
        ["applicationGateway", "applicationFrom", "compose"],
    ])("takes an address only for %s where the network is made with it: %s %s", (gateway, from, own) => {
        const values = { ...required, [from]: own, [gateway]: "gateway.local" };

        expect(mistakesIn(values)).toContain(`${gateway}: "gateway.local"\n    must be an IPv4 address`);
        expect(() => parseSettings({ ...values, [gateway]: "172.30.99.1" })).not.toThrow();
        // No network is made with it there, or somebody else made it.
        expect(() => parseSettings({ ...values, platform: "macos" })).not.toThrow();
        expect(() => parseSettings({ ...values, [from]: "external" })).not.toThrow();
    });

    test.each([
        [{ application: "mitxonline-apisix" }, "keycloakClientSecret"],
        [{ superuserUsername: "ada" }, "superuserEmail"],
        [{ superuserEmail: "ada@example.org" }, "superuserUsername"],
        [{ superuserUsername: "mitserviceworker", superuserEmail: "ada@example.org" }, "superuserUsername"],
    ])("with %j asks for %s", (values, key) => {
        expect(mistakesIn({ ...required, ...values })).toMatch(new RegExp(`Found a mistake .*\n\n  ${key}`));
    });

    test("never shows a secret in a mistake", () => {
        const mistakes = mistakesIn({
            ...required,
            keycloakClientSecret: "hunter2",
            lmsUrl: "http://edx:hunter2@local.openedx.io",
            lmsPasword: "hunter2",
        });

        expect(mistakes).toContain('lmsUrl: "http://[hidden]@local.openedx.io"');
        expect(mistakes).toContain("lmsPasword is not a key of this project");
        expect(mistakes).not.toContain("hunter2");
    });

    test("tells on Linux how the gateways come to be known", () => {
        const mistakes = mistakesIn({ ...required, lmsGateway: "", applicationGateway: "" });

        expect(mistakes).toContain(
            "lmsGateway is not set\n    must be the gateway of its network; Docker reports it once",
        );
        expect(mistakes).toContain("exists: tutor dev start --detach");
        expect(mistakes).toContain("exists: docker compose up --detach, in the application's checkout");
    });

    test.each(["macos", "windows"])("needs no gateways on %s", (platform) => {
        expect(() => parseSettings({ ...required, platform, lmsGateway: "", applicationGateway: "" })).not.toThrow();
    });
});

describe("what can be found out", () => {
    let commands: FakeCommands;
    beforeEach(async () => {
        commands = await fakeCommands();
        const network = (gateway: string) => networkAnswer("", null, [{ Gateway: gateway }]);
        await commands.make("docker", {
            "network ls --quiet --filter label=com.docker.compose.project=tutor_dev": "echo lms",
            "network ls --quiet --filter label=com.docker.compose.project=mitxpro": "echo xpro",
            "network inspect lms": network("172.18.0.1"),
            "network inspect xpro": network("172.19.0.1"),
        });
    });
    afterEach(() => commands.remove());

    const linux = { platform: "linux", application: "xpro" };

    test("are, on Linux, the gateways of networks that somebody else keeps", async () => {
        await expect(withFound(linux)).resolves.toMatchObject({
            ...linux,
            lmsGateway: "172.18.0.1",
            applicationGateway: "172.19.0.1",
        });
    });

    test.each([
        ["that are set", { ...linux, lmsGateway: "10.1.1.1", applicationGateway: "10.2.2.2" }],
        ["of networks that this stack keeps", { ...linux, lmsFrom: "tutor", applicationFrom: "compose" }],
        ["on macOS", { ...linux, platform: "macos" }],
    ])("are no gateways %s", async (_what, values) => {
        const { keycloakClientSecret, ...found } = await withFound(values);

        expect(keycloakClientSecret).toBe("");
        expect(found).toStrictEqual(values);
        await expect(commands.calls("docker")).resolves.toStrictEqual([]);
    });

    test("is nothing for a value with a mistake, which is then told", async () => {
        const values = { platform: "linux", application: "mitx", lmsGateway: "10.1.1.1" };

        await expect(withFound(values)).resolves.toStrictEqual(values);
    });

    describe("of Keycloak", () => {
        const apisix = { platform: "macos", application: "mitxonline-apisix" };
        let envFile: string;
        beforeEach(async () => {
            envFile = join(commands.folder, "mitxonline", ".env");
            await mkdir(join(dirname(envFile), "config/keycloak/realms"), { recursive: true });
        });
        const writeRealm = (text: string, file = "ol-local-realm.json") =>
            writeFile(join(dirname(envFile), "config/keycloak/realms", file), text);
        const realm = JSON.stringify({
            realm: "olapps",
            clients: [{ clientId: "account" }, { clientId: "apisix", secret: "of the realm" }],
        });

        test.each([
            ["of today", "ol-local-realm.json"],
            ["before May 2025", "default-realm.json"],
        ])("is the secret of the client apisix in the realm file of a checkout %s", async (_when, file) => {
            await writeRealm(realm, file);

            await expect(withFound({ ...apisix, envFile })).resolves.toMatchObject({
                keycloakClientSecret: "of the realm",
            });
        });

        test("is not the secret where one is set", async () => {
            await writeRealm(realm);

            await expect(withFound({ ...apisix, envFile, keycloakClientSecret: "set" })).resolves.toMatchObject({
                keycloakClientSecret: "set",
            });
        });

        test("is not the secret for an application without Keycloak", async () => {
            await writeRealm(realm);

            await expect(withFound({ ...apisix, application: "mitxonline", envFile })).resolves.toMatchObject({
                keycloakClientSecret: "",
            });
        });

        test.each([
            ["has no such client", JSON.stringify({ clients: [{ clientId: "account", secret: "another" }] })],
            ["has one without a secret", JSON.stringify({ clients: [{ clientId: "apisix" }] })],
            ["is no realm", "{}"],
            ["is no JSON", "{"],
        ])("is nothing where the realm file %s: then it is asked for", async (_what, text) => {
            await writeRealm(text);
            const found = await withFound({ ...apisix, envFile });

            expect(found).toMatchObject({ keycloakClientSecret: "" });
            expect(mistakesIn({ ...required, ...found })).toContain("keycloakClientSecret is not set");
        });

        test("is nothing where there is no checkout", async () => {
            await expect(withFound({ ...apisix, envFile: "/no/checkout/.env" })).resolves.toMatchObject({
                keycloakClientSecret: "",
            });
        });
    });
});

describe("the lines without which the application does not boot", () => {
    test("are all of them where there is no .env", () => {
        expect(linesByOwn(profiles.xpro, parseEnvText(""))).toStrictEqual({
            MAILGUN_KEY: "not-set",
            MAILGUN_SENDER_DOMAIN: "odl.local",
            EXTERNAL_COURSE_SYNC_API_KEY: "not-set",
        });
    });

    test("are those that the developer has not set outside the managed block", () => {
        const env = parseEnvText(
            [
                "# BEGIN project/stack (managed by Pulumi: edits in here are undone)",
                "EXTERNAL_COURSE_SYNC_API_KEY=not-set",
                "# END project/stack",
                "MAILGUN_KEY=my-own",
                "MAILGUN_SENDER_DOMAIN=",
            ].join("\n"),
        );

        expect(linesByOwn(profiles.xpro, env)).toStrictEqual({
            MAILGUN_SENDER_DOMAIN: "odl.local",
            EXTERNAL_COURSE_SYNC_API_KEY: "not-set",
        });
    });

    test("are not those that are commented out only as long as the block sets them", () => {
        const env = parseEnvText("# taken over by Pulumi: MAILGUN_KEY=\nMAILGUN_KEY=my-own\n");

        expect(linesByOwn(profiles.xpro, env)).not.toHaveProperty("MAILGUN_KEY");
    });
});

test("the password of Keycloak's store is set where the checkout asks for it and its developer has set none", () => {
    const key = "KEYCLOAK_SVC_KEYSTORE_PASSWORD";
    const lines = (env: string, compose: string) =>
        linesByOwn(profiles["mitxonline-apisix"], parseEnvText(env), compose);
    const asking = `command: start --config-keystore-password=\${${key}}`;

    expect(lines("", asking)[key]).toMatch(/^.{6,}$/);
    expect(lines(`${key}=\n`, asking)[key]).toMatch(/^.{6,}$/);
    expect(lines(`${key}=my-own\n`, asking)).not.toHaveProperty(key);
    expect(lines("", "command: start --import-realm")).not.toHaveProperty(key);
    expect(linesByOwn(profiles.mitxonline, parseEnvText(""), asking)).not.toHaveProperty(key);
});

describe("the profiles of Compose", () => {
    const apisix = profiles["mitxonline-apisix"];

    test.each([
        ["", "keycloak,apisix"],
        ["COMPOSE_PROFILES=notebook\n", "notebook,keycloak,apisix"],
        ["COMPOSE_PROFILES='apisix, notebook'\n", "apisix,notebook,keycloak"],
        ["# taken over by Pulumi: COMPOSE_PROFILES=notebook\n", "notebook,keycloak,apisix"],
    ])("that the stack needs come on top of the developer's own in %j", (text, profiles) => {
        expect(linesByOwn(apisix, parseEnvText(text))).toHaveProperty("COMPOSE_PROFILES", profiles);
    });

    test("stay as they are where the stack needs none", () => {
        expect(linesByOwn(profiles.mitxonline, parseEnvText("COMPOSE_PROFILES=notebook\n"))).not.toHaveProperty(
            "COMPOSE_PROFILES",
        );
    });
});

describe("a .env copied from the application's example", () => {
    // In the shape of the files of both applications: names without values, examples for what is to be chosen,
    // addresses of another set-up, comments behind values.
    const xpro =
        "MAILGUN_KEY=\nMAILGUN_SENDER_DOMAIN=\nSECRET_KEY=\n#OPENEDX_IP=172.22.0.1\n\n\nLOGOUT_REDIRECT_URL=\n\nHMAC_SECRET=example  # not a secret\nEXTERNAL_COURSE_SYNC_API_KEY=example\n";
    const mitxonline = [
        "MAILGUN_KEY=\nMITX_ONLINE_BASE_URL=http://mitxonline.odl.local:8013",
        "MITXONLINE_DOCKER_BASE_URL=http://host.docker.internal:9080\nAPISIX_PORT=9080\n",
        "KEYCLOAK_SVC_HOSTNAME=kc.odl.local\nKEYCLOAK_PORT=7080\nKEYCLOAK_SSL_PORT=7443\n",
        "KEYCLOAK_CLIENT_ID=\nKEYCLOAK_CLIENT_SECRET=\n\nAPISIX_SESSION_SECRET_KEY=at_least_16_chars",
        "MITOL_APIGATEWAY_DISABLE_MIDDLEWARE=False\nMITOL_APIGATEWAY_USERINFO_CREATE=True",
        "MITOL_APIGATEWAY_USERINFO_UPDATE=True\n\n# Host of a service\nBEARER_TOKEN='test'\n",
    ].join("\n");
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "checkout-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const load = async (text: string, values: Record<string, string>) => {
        const envFile = join(folder, ".env");
        await writeFile(envFile, text);
        return examineMachine(parseSettings({ ...required, envFile, ...values }));
    };

    test.each([
        ["xpro", {}, []],
        ["mitxonline", { platform: "macos", lmsGateway: "" }, ["line 3: MITXONLINE_DOCKER_BASE_URL"]],
        ["mitxonline", {}, ["line 3: MITXONLINE_DOCKER_BASE_URL"]],
        [
            "mitxonline-apisix",
            { keycloakClientSecret: "of the realm" },
            [
                "line 2: MITX_ONLINE_BASE_URL",
                "line 3: MITXONLINE_DOCKER_BASE_URL",
                "line 13: APISIX_SESSION_SECRET_KEY",
            ],
        ],
    ])("of %s with %j is told once, with every line that the stack would comment out", async (name, more, lines) => {
        const values: Record<string, string> = { application: name, ...more };
        const text = name === "xpro" ? xpro : mitxonline;
        const told = await load(text, values).then(
            () => [],
            (error: unknown) => [(error as Error).message],
        );

        expect(told).toStrictEqual(
            lines.length === 0
                ? []
                : [
                      "Found a problem on this machine; nothing was changed.\n\n" +
                          `  ${join(folder, ".env")} sets variables that this stack sets to something else:\n` +
                          lines.map((line) => `      ${line}\n`).join("") +
                          "    let the stack comment the lines out, and give them back when it goes: " +
                          "pulumi config set adopt true; or delete them",
                  ],
        );
        // It is no obstacle to a stack that takes over what is there, which leaves nothing of it behind.
        const { application, envFile } = await load(text, { ...values, adopt: "true" });
        const made = Object.fromEntries(Object.keys(placeholders).map((key) => [key, `made-${key}`]));
        const config = { ...(await load(text, { ...values, adopt: "true" })), application };
        const block = environmentLines(config, made as unknown as typeof placeholders);
        const written = withBlock(parseEnvText(text), "project/stack", block);
        expect(effectiveValues(parseEnvText(written))).toStrictEqual(block);
        expect(withoutBlock(parseEnvText(written))).toBe(text);
        expect(envFile).toBe(join(folder, ".env"));
    });

    test("is told before anything is made where it is in a folder that is not there, or one itself", async () => {
        const message = (envFile: string) =>
            examineMachine(parseSettings({ ...required, envFile })).catch((error: unknown) => (error as Error).message);

        await expect(message(join(folder, "no", ".env"))).resolves.toContain(
            `${join(folder, "no")}, the application's checkout, does not exist\n`,
        );
        await expect(message(folder)).resolves.toContain(`${folder} is a folder\n`);
    });
});
