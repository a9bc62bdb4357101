import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { parseSettings } from "../../config/load.ts";
import { settingsSchema } from "../../config/schema.ts";
import { defaultPorts } from "../../sandbox/sandbox.ts";
import { generatedFiles } from "../../toolchain/generated.ts";

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

test("the files generated from the schemas and the causes are up to date (npm run generate)", async () => {
    const generated = await generatedFiles();

    expect(Object.keys(generated)).toEqual([
        "Pulumi.yaml",
        "docs/configuration.md",
        "docs/resources.md",
        "docs/troubleshooting.md",
    ]);
    for (const [path, text] of Object.entries(generated)) {
        expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(text);
    }
});

test("the editor's settings agree with Prettier's", () => {
    interface Options {
        readonly tabWidth?: number;
        readonly printWidth?: number;
    }
    const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
    const { overrides, ...options } = JSON.parse(text(".prettierrc.json")) as Options & {
        overrides: { files: string[]; options: Options }[];
    };
    const sections = text(".editorconfig").split(/^(?=\[)/m);
    const section = (title: string) => sections.find((part) => part.startsWith(`[${title}]`)) ?? "";

    expect(section("*")).toContain(`indent_size = ${String(options.tabWidth)}\n`);
    expect(section("*")).toContain(`max_line_length = ${String(options.printWidth)}\n`);
    expect(overrides).toHaveLength(1);
    expect(section("*.{yml,yaml,md}")).toContain(`indent_size = ${String(overrides[0]?.options.tabWidth)}\n`);
    expect(overrides[0]?.files).toEqual(["*.yml", "*.yaml", "*.md"]);
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
        "is complete on %s without a password, because it runs both servers",
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
