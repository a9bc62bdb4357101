import { describe, expect, test } from "@jest/globals";
import { environmentLines, placeholders } from "../../config/environmentLines.ts";
import { stackConfig } from "../support/pulumiMocks.ts";

describe("the lines of .env with placeholders for what comes out in the course of a run", () => {
    const all = Object.values({ ...placeholders });

    test("have each placeholder, and nothing that is secret", () => {
        const lines = environmentLines(stackConfig({ application: "mitxonline-apisix" }), placeholders);

        expect([...new Set(Object.values(lines))]).toStrictEqual(expect.arrayContaining(all));
        expect(JSON.stringify(lines)).not.toMatch(/secret of Keycloak|password of/);
    });

    test("have none of APISIX where there is none", () => {
        const lines = environmentLines(stackConfig({ application: "xpro" }), placeholders);

        expect(Object.values(lines)).not.toContain(placeholders.apisixSessionSecret);
        expect(Object.values(lines)).not.toContain(placeholders.keycloakClientSecret);
    });

    test("can be told apart: no placeholder is part of another, and each is a host name", () => {
        for (const one of all) {
            expect(all.filter((other) => other.includes(one))).toStrictEqual([one]);
            expect(URL.parse(`http://${one}`)?.hostname).toBe(one);
        }
    });

    test("end with those without which the application does not boot", () => {
        const config = stackConfig({}, { ownLines: { MAILGUN_KEY: "not-set" } });

        expect(Object.entries(environmentLines(config, placeholders)).at(-1)).toStrictEqual(["MAILGUN_KEY", "not-set"]);
    });
});
