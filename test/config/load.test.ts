import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { loadConfig, parseSettings } from "../../config/load.ts";
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
            lmsPackages: "image",
            redirectVisitors: true,
            clientSecretIn: "database",
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
                Object.entries(required).map(([key, value]) => [`${pulumi.getProject()}:${key}`, value]),
            ),
            "aws:region": "us-east-1",
        });
        const { openEdx, application } = loadConfig();

        for (const [{ password }, expected] of [
            [openEdx.connection, "correct horse"],
            [application.connection, "battery staple"],
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
The configuration of the stack has 7 mistakes; nothing was done.

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
    must be one of application, lmsUrl, lmsUsername, lmsPassword, lmsFrom, tutor, tutorRelease, lmsPackages, redirectVisitors, clientSecretIn, applicationUrl, applicationAdminUrl, applicationUsername, applicationPassword, envFile, keycloakClientSecret, platform, lmsGateway, applicationGateway, serviceWorkerUsername, serviceWorkerEmail, tokenLifetimeDays, tokenRenewBeforeDays, superuserUsername, superuserEmail, fallbackSite, adopt
    pulumi config rm lmsURL

  lmsPassword is not set
    must be the password of lmsUsername
    pulumi config set --secret lmsPassword

  applicationGateway is not set
    must be the gateway of its network: Docker tells it as soon as that is there (docker compose up --detach, in the application's checkout)
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
        ["lmsGateway", "http://172.18.0.1", "an IP address or a host name"],
        ["lmsGateway", "172.18.0.1:8000", "an IP address or a host name"],
        ["applicationGateway", "172.19.0.256", "an IP address or a host name"],
        ["serviceWorkerUsername", "mit worker", "a user name"],
        ["serviceWorkerEmail", "mitserviceworker", "an e-mail address"],
        ["superuserEmail", "ada", "an e-mail address"],
        ["tokenLifetimeDays", "0", "a whole number of days, 1 to 36500"],
        ["tokenLifetimeDays", "1e3", "a whole number of days, 1 to 36500"],
        ["tokenRenewBeforeDays", "-1", "a whole number of days, 0 to 36500"],
        ["tokenRenewBeforeDays", "365", "less than tokenLifetimeDays (365)"],
        ["fallbackSite", "", "a site's domain"],
        ["adopt", "1", "true or false"],
    ])("refuses %s %j", (key, value, allowed) => {
        const mistakes = mistakesIn({ ...required, [key]: value });

        expect(mistakes).toContain(value === "" ? `${key} is not set` : `${key}: "${value}"`);
        expect(mistakes).toContain(`must be ${allowed}`);
    });

    test.each([
        [{ application: "mitxonline-apisix" }, "keycloakClientSecret"],
        [{ superuserUsername: "ada" }, "superuserEmail"],
        [{ superuserEmail: "ada@example.org" }, "superuserUsername"],
        [{ superuserUsername: "mitserviceworker", superuserEmail: "ada@example.org" }, "superuserUsername"],
    ])("with %j asks for %s", (values, key) => {
        expect(mistakesIn({ ...required, ...values })).toMatch(new RegExp(`has a mistake;.*\n\n  ${key}`));
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

        expect(mistakes).toContain("lmsGateway is not set\n    must be the gateway of its network: Docker tells it");
        expect(mistakes).toContain("(tutor dev start --detach)");
        expect(mistakes).toContain("(docker compose up --detach, in the application's checkout)");
    });

    test.each(["macos", "windows"])("needs no gateways on %s", (platform) => {
        expect(() => parseSettings({ ...required, platform, lmsGateway: "", applicationGateway: "" })).not.toThrow();
    });
});
