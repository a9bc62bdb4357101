import { resolve } from "node:path";
import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { platformOf } from "../../config/schema.ts";
import { stackConfig, valueOf } from "../support/pulumiMocks.ts";

describe("what follows from the configuration", () => {
    test.each([
        ["xpro", "http://xpro.odl.local:8053", "http://xpro.odl.local:8053", "../mitxpro/.env"],
        ["mitxonline", "http://mitxonline.odl.local:8013", "http://mitxonline.odl.local:8013", "../mitxonline/.env"],
        [
            "mitxonline-apisix",
            "http://mitxonline.odl.local:9080",
            "http://mitxonline.odl.local:8013",
            "../mitxonline/.env",
        ],
    ])("are the addresses and the .env of %s", (application, url, adminUrl, envFile) => {
        const config = stackConfig({ application });

        expect(config.application.url).toBe(url);
        expect(config.application.connection.baseUrl).toBe(adminUrl);
        expect(config.envFile).toBe(envFile);
    });

    test("are the gateways that are set", () => {
        const { openEdx, application } = stackConfig();

        expect(openEdx.gateway).toBe("172.18.0.1");
        expect(application.gateway).toBe("172.19.0.1");
    });

    test("are, on Linux, no gateway of Tutor's network before it is there, and a fixed one of each application's", () => {
        const values = { lmsFrom: "tutor", lmsGateway: "", applicationFrom: "compose", applicationGateway: "" };

        expect(stackConfig(values).openEdx.gateway).toBeUndefined();
        expect(stackConfig({ ...values, application: "xpro" }).application.gateway).toBe("172.30.53.1");
        expect(stackConfig({ ...values, application: "mitxonline" }).application.gateway).toBe("172.30.13.1");
        expect(stackConfig({ ...values, application: "mitxonline-apisix" }).application.gateway).toBe("172.30.13.1");
    });

    test.each([
        [{ lmsFrom: "external", applicationFrom: "external" }],
        [{ lmsFrom: "tutor", applicationFrom: "compose" }],
    ])("is, with %j, Docker's own host where no gateway is needed", (from) => {
        const values = { ...from, platform: "windows", lmsGateway: "", applicationGateway: "" };
        const { openEdx, application } = stackConfig(values);

        expect(openEdx.gateway).toBe("host.docker.internal");
        expect(application.gateway).toBe("host.docker.internal");
    });

    test("is who makes what is made: project and stack", () => {
        expect(stackConfig().owner).toBe(`${pulumi.getProject()}/${pulumi.getStack()}`);
    });

    test("are the passwords that are set, and none to be made", async () => {
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
    ])("is, for lmsUsername %s, this superuser to be made", (lmsUsername, superuser) => {
        expect(stackConfig({ lmsUsername }).openEdx.superuser).toStrictEqual(superuser);
    });

    test("is the superuser of the application to be made", () => {
        expect(stackConfig().application.superuser).toStrictEqual({ username: "admin", email: "admin@odl.local" });
    });

    test("are the servers that go with the stack: those that it runs from the beginning", () => {
        const own = { lmsFrom: "tutor", lmsLaunch: "true", applicationFrom: "compose" };

        expect(stackConfig(own).openEdx.connection.managedByStack).toBe(true);
        expect(stackConfig(own).application.connection.managedByStack).toBe(true);
        // One that was launched before stays when the stack goes.
        expect(stackConfig({ lmsFrom: "tutor" }).openEdx.connection).not.toHaveProperty("managedByStack");
        expect(stackConfig({ lmsFrom: "tutor" }).openEdx.connection.startedByStack).toBe(true);
        expect(stackConfig().openEdx.connection).not.toHaveProperty("startedByStack");
        expect(stackConfig().application.connection).not.toHaveProperty("managedByStack");
    });

    test("is the release that Tutor says, else the one that is set, else the newest", () => {
        expect(stackConfig({ lmsFrom: "tutor" }, { release: "20" }).lms.release).toBe("20");
        expect(stackConfig({ tutorRelease: "21" }).lms.release).toBe("21");
        expect(stackConfig().lms.release).toBe("22");
    });

    test("is the folder of the .env, as that of the checkout", () => {
        expect(stackConfig({ envFile: "/checkouts/mitxpro/.env" }).application.checkout).toBe("/checkouts/mitxpro");
        expect(stackConfig().application.checkout).toBe(resolve("../mitxonline"));
    });

    test("are addresses without a slash at the end", () => {
        const { openEdx, application } = stackConfig({
            lmsUrl: "http://local.openedx.io:8000/",
            applicationAdminUrl: "http://mitxonline.odl.local:8011/",
        });

        expect(openEdx.url).toBe("http://local.openedx.io:8000");
        expect(openEdx.connection.baseUrl).toBe("http://local.openedx.io:8000");
        expect(application.connection.baseUrl).toBe("http://mitxonline.odl.local:8011");
    });

    test("are the LMS's own site, port included, and the fallback site", () => {
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
    ] as const)("is, on %s, the platform %s", (host, platform) => {
        expect(platformOf({ platform: "auto" }, host)).toBe(platform);
        expect(platformOf({ platform: "windows" }, host)).toBe("windows");
    });
});
