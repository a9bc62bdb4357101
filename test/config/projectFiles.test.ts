import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { parseSettings } from "../../config/load.ts";
import { settingsSchema } from "../../config/schema.ts";
import { defaultPorts } from "../../sandbox/sandbox.ts";

interface ConfigFile {
    config: Record<string, unknown>;
}

function read(file: string): ConfigFile {
    return parse(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")) as ConfigFile;
}

/** A stack's own settings, as Pulumi passes them. */
function settingsOf(file: string): Record<string, string> {
    return Object.fromEntries(
        Object.entries(read(file).config).map(([key, value]) => [
            key.replace(/^openedx-mit-integration:/, ""),
            String(value),
        ]),
    );
}

describe("Pulumi.yaml", () => {
    test("declares the keys of the schema, with the same types, defaults and descriptions, in the same order", () => {
        const { properties = {} } = z.toJSONSchema(settingsSchema);
        const declared = Object.entries(properties as Record<string, { type: string; default: unknown }>).map(
            ([key, { type, default: value, ...rest }]) => [
                key,
                { type, default: value, description: (rest as { description?: string }).description },
            ],
        );

        expect(Object.entries(read("Pulumi.yaml").config)).toStrictEqual(declared);
        expect(JSON.stringify(declared)).not.toContain('"description":""');
    });
});

describe("Pulumi.sandbox.yaml", () => {
    test("is complete, and has the sandbox's ports", () => {
        expect(parseSettings(settingsOf("Pulumi.sandbox.yaml"))).toMatchObject({
            lmsUrl: `http://local.openedx.io:${defaultPorts.lms}`,
            applicationUrl: `http://mitxonline.odl.local:${defaultPorts.mitxonline}`,
        });
    });

    test("names the ports of the other applications", () => {
        const text = readFileSync(new URL("../../Pulumi.sandbox.yaml", import.meta.url), "utf8");

        expect(text).toContain(`http://xpro.odl.local:${defaultPorts.xpro}`);
        expect(text).toContain(`http://mitxonline.odl.local:${defaultPorts["mitxonline-apisix"]}`);
    });
});

describe("Pulumi.dev.yaml", () => {
    test.each(["linux", "macos", "windows"])(
        "is complete on %s, without a password: both servers are run",
        (platform) => {
            expect(parseSettings({ ...settingsOf("Pulumi.dev.yaml"), platform })).toMatchObject({
                lmsFrom: "tutor",
                lmsPassword: "",
                applicationFrom: "compose",
                applicationPassword: "",
            });
        },
    );
});
