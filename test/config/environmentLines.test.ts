import { describe, expect, test } from "@jest/globals";
import { environmentLines, dependentLines, linesForNewBlock, placeholders } from "../../config/environmentLines.ts";
import { profiles } from "../../config/profiles.ts";
import { parseDotEnv } from "../../dynamic-providers/files/dotEnvBlock.ts";
import { stackConfig } from "../support/pulumiMocks.ts";

describe("the lines of .env with placeholders for values known only during a run", () => {
    const all = Object.values({ ...placeholders });

    test("have each placeholder, and nothing that is secret", () => {
        const lines = environmentLines(stackConfig({ application: "mitxonline-apisix" }).environment, placeholders);

        expect([...new Set(Object.values(lines))]).toStrictEqual(expect.arrayContaining(all));
        expect(JSON.stringify(lines)).not.toMatch(/secret of Keycloak|password of/);
    });

    test("have none for APISIX if there is no APISIX", () => {
        const lines = environmentLines(stackConfig({ application: "xpro" }).environment, placeholders);

        expect(Object.values(lines)).not.toContain(placeholders.apisixSessionSecret);
        expect(Object.values(lines)).not.toContain(placeholders.keycloakClientSecret);
    });

    test("are distinguishable: no placeholder is part of another, and each is a host name", () => {
        for (const one of all) {
            expect(all.filter((other) => other.includes(one))).toStrictEqual([one]);
            expect(URL.parse(`http://${one}`)?.hostname).toBe(one);
        }
    });

    test("end with those that the application requires to boot", () => {
        const { environment } = stackConfig({}, { ownLines: { MAILGUN_KEY: "not-set" } });

        expect(Object.entries(environmentLines(environment, placeholders)).at(-1)).toStrictEqual([
            "MAILGUN_KEY",
            "not-set",
        ]);
    });
});

describe("the lines that the application requires to boot", () => {
    test("are all of them if there is no .env", () => {
        expect(dependentLines(profiles.xpro, parseDotEnv(""))).toStrictEqual({
            MAILGUN_KEY: "not-set",
            MAILGUN_SENDER_DOMAIN: "odl.local",
            EXTERNAL_COURSE_SYNC_API_KEY: "not-set",
        });
    });

    test("are those that the developer has not set outside the managed block", () => {
        const env = parseDotEnv(
            [
                "# BEGIN project/stack (managed by Pulumi: edits in here are undone)",
                "EXTERNAL_COURSE_SYNC_API_KEY=not-set",
                "# END project/stack",
                "MAILGUN_KEY=my-own",
                "MAILGUN_SENDER_DOMAIN=",
            ].join("\n"),
        );

        expect(dependentLines(profiles.xpro, env)).toStrictEqual({
            MAILGUN_SENDER_DOMAIN: "odl.local",
            EXTERNAL_COURSE_SYNC_API_KEY: "not-set",
        });
    });

    test("are not those that are commented out only while the block sets them", () => {
        const env = parseDotEnv("# taken over by Pulumi: MAILGUN_KEY=\nMAILGUN_KEY=my-own\n");

        expect(dependentLines(profiles.xpro, env)).not.toHaveProperty("MAILGUN_KEY");
    });
});

describe("the lines that only a new block gets", () => {
    const chosen = (application: keyof typeof profiles, openEdxUrl = "http://local.openedx.io:8000") => ({
        profile: profiles[application],
        openEdxUrl,
        applicationUrl: "http://mitxonline.odl.local:8013",
        adminUrl: "http://mitxonline.odl.local:8013",
    });
    const trusted = { CSRF_TRUSTED_ORIGINS: "http://mitxonline.odl.local:8013" };
    const courses = {
        OPENEDX_STUDIO_API_BASE_URL: "http://studio.local.openedx.io:8001",
        OPENEDX_COURSE_BASE_URL: "http://apps.local.openedx.io:2000/learning/course/",
    };
    const block = (line: string) =>
        `# BEGIN project/stack (managed by Pulumi: edits in here are undone)\n${line}\n# END project/stack\n`;

    test("let a browser sign in to MITx Online's admin, and name Tutor's Studio and courses", () => {
        expect(linesForNewBlock(chosen("mitxonline"), parseDotEnv(""))).toStrictEqual({ ...trusted, ...courses });
        expect(linesForNewBlock(chosen("xpro"), parseDotEnv(""))).toStrictEqual({});
    });

    test("name no Studio if Open edX is not Tutor's development server", () => {
        const elsewhere = chosen("mitxonline", "https://lms.example.org");
        expect(linesForNewBlock(elsewhere, parseDotEnv(""))).toStrictEqual(trusted);
    });

    test("leave alone what the developer has set, and a block that an earlier version of this program wrote", () => {
        const own = parseDotEnv("CSRF_TRUSTED_ORIGINS=http://mine\nOPENEDX_COURSE_BASE_URL=\n");
        expect(linesForNewBlock(chosen("mitxonline"), own)).toStrictEqual(courses);
        expect(linesForNewBlock(chosen("mitxonline"), parseDotEnv(block("OPENEDX_IP=172.30.80.1")))).toStrictEqual({});
        const written = parseDotEnv(block("CSRF_TRUSTED_ORIGINS=http://mitxonline.odl.local:8013"));
        expect(linesForNewBlock(chosen("mitxonline"), written)).toStrictEqual(trusted);
    });
});

test("the password of Keycloak's store is set if the checkout requires it and its developer has not set it", () => {
    const key = "KEYCLOAK_SVC_KEYSTORE_PASSWORD";
    const lines = (env: string, compose: string) =>
        dependentLines(profiles["mitxonline-apisix"], parseDotEnv(env), compose);
    const asking = `command: start --config-keystore-password=\${${key}}`;

    expect(lines("", asking)[key]).toMatch(/^.{6,}$/);
    expect(lines(`${key}=\n`, asking)[key]).toMatch(/^.{6,}$/);
    expect(lines(`${key}=my-own\n`, asking)).not.toHaveProperty(key);
    expect(lines("", "command: start --import-realm")).not.toHaveProperty(key);
    expect(dependentLines(profiles.mitxonline, parseDotEnv(""), asking)).not.toHaveProperty(key);
});

describe("the profiles of Compose", () => {
    const apisix = profiles["mitxonline-apisix"];

    test.each([
        ["", "keycloak,apisix"],
        ["COMPOSE_PROFILES=notebook\n", "notebook,keycloak,apisix"],
        ["COMPOSE_PROFILES='apisix, notebook'\n", "apisix,notebook,keycloak"],
        ["# taken over by Pulumi: COMPOSE_PROFILES=notebook\n", "notebook,keycloak,apisix"],
    ])("that the stack needs are added to the developer's own in %j", (text, profiles) => {
        expect(dependentLines(apisix, parseDotEnv(text))).toHaveProperty("COMPOSE_PROFILES", profiles);
    });

    test("stay as they are if the stack needs none", () => {
        expect(dependentLines(profiles.mitxonline, parseDotEnv("COMPOSE_PROFILES=notebook\n"))).not.toHaveProperty(
            "COMPOSE_PROFILES",
        );
    });
});
