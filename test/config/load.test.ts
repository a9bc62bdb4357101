import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { loadSettings, parseSettings } from "../../config/load.ts";
import { resolveConfig } from "../../config/stackConfig.ts";
import { valueOf } from "../support/pulumiMocks.ts";

/** All keys without a default. */
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
            checkHealth: false,
            adopt: false,
        });
    });

    test("is text that becomes numbers and booleans", () => {
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
        const { openEdx, application } = resolveConfig(loadSettings());

        for (const [{ password }, expected] of [
            [openEdx, "correct horse"],
            [application, "battery staple"],
        ] as const) {
            await expect(valueOf(password)).resolves.toBe(expected);
            await expect(pulumi.isSecret(pulumi.output(password))).resolves.toBe(true);
        }
    });

    test("is refused with all its mistakes in one error: key, value, what is allowed, and the command", () => {
        expect(
            mistakesIn({
                ...required,
                application: "mitx",
                lmsPassword: "",
                tokenLifetimeDays: "a year",
                adopt: "yes",
                superuserUsername: "ada",
                lmsURL: "http://lms.example.org",
            }),
        ).toBe(
            `
Found 6 mistakes in the stack's configuration; nothing was changed.

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
    must be one of application, lmsUrl, lmsUsername, lmsPassword, lmsFrom, tutor, tutorRelease, lmsLaunch, lmsPackages, redirectVisitors, clientSecretIn, applicationFrom, keepVolumes, applicationUrl, applicationAdminUrl, applicationUsername, applicationPassword, envFile, keycloakClientSecret, platform, lmsGateway, applicationGateway, serviceWorkerUsername, serviceWorkerEmail, tokenLifetimeDays, tokenRenewBeforeDays, superuserUsername, superuserEmail, fallbackSite, checkHealth, adopt
    pulumi config rm lmsURL

  lmsPassword is not set
    must be the password of lmsUsername
    pulumi config set --secret lmsPassword

  superuserEmail is not set
    must be the email address of superuserUsername
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
        ["lmsUsername", "", "the email address of a superuser"],
        ["applicationUsername", "", "the user name of a superuser"],
        ["platform", "bsd", "one of auto, linux, macos, windows"],
        ["lmsGateway", "http://172.18.0.1", "an IPv4 address or a host name"],
        ["lmsGateway", "172.18.0.1:8000", "an IPv4 address or a host name"],
        ["applicationGateway", "172.19.0.256", "an IPv4 address or a host name"],
        ["serviceWorkerUsername", "mit worker", "a user name"],
        ["serviceWorkerEmail", "mitserviceworker", "an email address"],
        ["superuserEmail", "ada", "an email address"],
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
        ["lmsUsername", "edx\nadmin", "the email address of a superuser"],
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
        "accepts the site %s",
        (fallbackSite) => {
            expect(parseSettings({ ...required, fallbackSite })).toMatchObject({ fallbackSite });
        },
    );

    test("refuses a password with a line break, without showing it", () => {
        const mistakes = mistakesIn({ ...required, lmsPassword: "hunter2\n" });

        expect(mistakes).toContain("lmsPassword is wrong\n    must be text without line breaks");
        expect(mistakes).not.toContain("hunter2");
    });

    test("requires the password of the user on a server that runs outside the stack", () => {
        const mistakes = mistakesIn({ ...required, lmsPassword: "", applicationPassword: "" });

        expect(mistakes).toContain("Found 2 mistakes");
        expect(mistakes).toContain("lmsPassword is not set\n    must be the password of lmsUsername");
        expect(mistakes).toContain("applicationPassword is not set\n    must be the password of applicationUsername");
    });

    test("requires neither passwords nor gateways for servers that the stack runs", () => {
        const { platform } = required;

        expect(() => parseSettings({ platform, lmsFrom: "tutor", applicationFrom: "compose" })).not.toThrow();
    });

    test.each([
        ["lmsGateway", "lmsFrom", "tutor"],
        ["applicationGateway", "applicationFrom", "compose"],
    ])("accepts only an address for %s if the network is created with it: %s %s", (gateway, from, own) => {
        const values = { ...required, [from]: own, [gateway]: "gateway.local" };

        expect(mistakesIn(values)).toContain(`${gateway}: "gateway.local"\n    must be an IPv4 address`);
        expect(() => parseSettings({ ...values, [gateway]: "172.30.99.1" })).not.toThrow();
        // No network is created with it there, or someone else created it.
        expect(() => parseSettings({ ...values, platform: "macos" })).not.toThrow();
        expect(() => parseSettings({ ...values, [from]: "external" })).not.toThrow();
    });

    test.each([
        [{ superuserUsername: "ada" }, "superuserEmail"],
        [{ superuserEmail: "ada@example.org" }, "superuserUsername"],
        [{ superuserUsername: "mitserviceworker", superuserEmail: "ada@example.org" }, "superuserUsername"],
    ])("with %j requires %s", (values, key) => {
        expect(mistakesIn({ ...required, ...values })).toMatch(new RegExp(`Found a mistake .*\n\n  ${key}`));
    });

    test("never shows a secret in an error", () => {
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
});
