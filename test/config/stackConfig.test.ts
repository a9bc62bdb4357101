import { describe, expect, test } from "@jest/globals";
import { platformOf } from "../../config/schema.ts";
import { stackConfig } from "../support/pulumiMocks.ts";

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

    test("are addresses at the gateways, ports kept", () => {
        const { openEdx, application } = stackConfig({ applicationUrl: "https://mitxonline.example.org" });

        expect(openEdx.gatewayUrl).toBe("http://172.18.0.1:8000");
        expect(application.gatewayUrl).toBe("https://172.19.0.1");
    });

    test("is Docker's own host where no gateway is set", () => {
        const { openEdx, application } = stackConfig({ platform: "windows", lmsGateway: "", applicationGateway: "" });

        expect(openEdx.gateway).toBe("host.docker.internal");
        expect(application.gatewayUrl).toBe("http://host.docker.internal:8013");
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
