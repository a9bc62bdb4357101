import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { platformOf } from "../../config/schema.ts";
import { stackConfig, valueOf } from "../support/pulumiMocks.ts";

describe("the values derived from the configuration", () => {
    test.each([
        ["xpro", "http://xpro.odl.local:8053", "http://xpro.odl.local:8053", "../mitxpro/.env"],
        ["mitxonline", "http://mitxonline.odl.local:8013", "http://mitxonline.odl.local:8013", "../mitxonline/.env"],
        [
            "mitxonline-apisix",
            "http://mitxonline.odl.local:9080",
            "http://mitxonline.odl.local:8013",
            "../mitxonline/.env",
        ],
    ])("include the addresses and the .env of %s", (application, url, adminUrl, envFile) => {
        const config = stackConfig({ application });

        expect(config.application.url).toBe(url);
        expect(config.application.connection.baseUrl).toBe(adminUrl);
        expect(config.envFile).toBe(envFile);
    });

    test("include the configured gateways", () => {
        const { openEdx, application } = stackConfig();

        expect(openEdx.gateway).toBe("172.18.0.1");
        expect(application.gateway).toBe("172.19.0.1");
    });

    test("on Linux include no gateway of Tutor's network before it exists, and a fixed one for each application's", () => {
        const values = { lmsFrom: "tutor", lmsGateway: "", applicationFrom: "compose", applicationGateway: "" };

        expect(stackConfig(values).openEdx.gateway).toBeUndefined();
        expect(stackConfig({ ...values, application: "xpro" }).application.gateway).toBe("172.30.53.1");
        expect(stackConfig({ ...values, application: "mitxonline" }).application.gateway).toBe("172.30.13.1");
        expect(stackConfig({ ...values, application: "mitxonline-apisix" }).application.gateway).toBe("172.30.13.1");
    });

    test.each([
        [{ lmsFrom: "external", applicationFrom: "external" }],
        [{ lmsFrom: "tutor", applicationFrom: "compose" }],
    ])("with %j include Docker's own host if no gateway is needed", (from) => {
        const values = { ...from, platform: "windows", lmsGateway: "", applicationGateway: "" };
        const { openEdx, application } = stackConfig(values);

        expect(openEdx.gateway).toBe("host.docker.internal");
        expect(application.gateway).toBe("host.docker.internal");
    });

    test("include the owner of what the stack creates: project and stack", () => {
        expect(stackConfig().owner).toBe(`${pulumi.getProject()}/${pulumi.getStack()}`);
    });

    test("include the configured passwords, and none to generate", async () => {
        const { openEdx, application } = stackConfig();

        await expect(valueOf(openEdx.password)).resolves.toBe("password of the LMS");
        await expect(valueOf(application.password)).resolves.toBe("password of the application");
        const values = { lmsFrom: "tutor", lmsPassword: "", applicationFrom: "compose", applicationPassword: "" };
        expect(stackConfig(values).openEdx.password).toBeUndefined();
        expect(stackConfig(values).application.password).toBeUndefined();
    });

    test.each([
        ["edx@example.org", { username: "edx", email: "edx@example.org" }],
        ["ada", { username: "ada", email: "ada@example.org" }],
    ])("for lmsUsername %s include this superuser to create", (lmsUsername, superuser) => {
        expect(stackConfig({ lmsUsername }).openEdx.superuser).toStrictEqual(superuser);
    });

    test("include the application's superuser to create", () => {
        expect(stackConfig().application.superuser).toStrictEqual({ username: "admin", email: "admin@odl.local" });
    });

    test("include the servers that are deleted with the stack: those that it runs from the start", () => {
        const own = { lmsFrom: "tutor", lmsLaunch: "true", applicationFrom: "compose" };

        expect(stackConfig(own).openEdx.connection.managedByStack).toBe(true);
        expect(stackConfig(own).application.connection.managedByStack).toBe(true);
        // A server that was launched before stays when the stack is destroyed.
        expect(stackConfig({ lmsFrom: "tutor" }).openEdx.connection).not.toHaveProperty("managedByStack");
        expect(stackConfig({ lmsFrom: "tutor" }).openEdx.connection.startedByStack).toBe(true);
        expect(stackConfig().openEdx.connection).not.toHaveProperty("startedByStack");
        expect(stackConfig().application.connection).not.toHaveProperty("managedByStack");
    });

    test("include the release that Tutor reports, else the configured one, else the newest", () => {
        expect(stackConfig({ lmsFrom: "tutor" }, { release: "20" }).lms.release).toBe("20");
        expect(stackConfig({ tutorRelease: "21" }).lms.release).toBe("21");
        expect(stackConfig().lms.release).toBe("22");
    });

    test("include the folder of the .env as that of the checkout", () => {
        expect(stackConfig({ envFile: "/checkouts/mitxpro/.env" }).application.checkout).toBe("/checkouts/mitxpro");
        expect(stackConfig().application.checkout).toBe(resolve("../mitxonline"));
    });

    test("include addresses without a trailing slash", () => {
        const { openEdx, application } = stackConfig({
            lmsUrl: "http://local.openedx.io:8000/",
            applicationAdminUrl: "http://mitxonline.odl.local:8011/",
        });

        expect(openEdx.url).toBe("http://local.openedx.io:8000");
        expect(openEdx.connection.baseUrl).toBe("http://local.openedx.io:8000");
        expect(application.connection.baseUrl).toBe("http://mitxonline.odl.local:8011");
    });

    test("include the LMS's own site, with its port, and the fallback site", () => {
        expect(stackConfig().sites).toStrictEqual(["local.openedx.io:8000", "example.com"]);
        expect(stackConfig({ lmsUrl: "https://lms.example.org" }).sites).toStrictEqual([
            "lms.example.org",
            "example.com",
        ]);
    });

    test.each([
        ["linux", "linux"],
        ["darwin", "macos"],
        ["win32", "windows"],
        ["freebsd", "linux"],
    ] as const)("on %s include the platform %s", (host, platform) => {
        expect(platformOf({ platform: "auto" }, host)).toBe(platform);
        expect(platformOf({ platform: "windows" }, host)).toBe("windows");
    });
});
