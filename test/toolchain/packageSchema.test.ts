import { describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { modules } from "../../dynamic-providers/registry.ts";
import { resourceType } from "../../dynamic-providers/resourceType.ts";
import { packageSchema } from "../../toolchain/packageSchema.ts";
import { askPulumi } from "../../toolchain/pulumi.ts";
import { resourceTypes } from "../../toolchain/resourceTypes.ts";

describe("the definitions of the resources", () => {
    test("are those that the registry has providers for", () => {
        expect(resourceTypes.map(({ name }) => name).sort()).toEqual(Object.keys(modules).sort());
    });

    test("describe every property", () => {
        const undescribed = resourceTypes.flatMap(({ name, inputs, outputs }) =>
            Object.entries({ ...inputs.shape, ...outputs.shape })
                .filter(([, schema]) => (z.globalRegistry.get(schema)?.description ?? "") === "")
                .map(([key]) => `${name}.${key}`),
        );
        expect(undescribed).toEqual([]);
    });

    test("make a Pulumi package schema that the CLI accepts", async () => {
        const file = join(await mkdtemp(join(tmpdir(), "schema-")), "schema.json");
        await writeFile(file, JSON.stringify(packageSchema("openedx-mit", "1.0.0", resourceTypes)));
        try {
            await expect(askPulumi("schema", "check", file)).resolves.toMatchObject({ stderr: "", failed: false });
        } finally {
            await rm(dirname(file), { recursive: true });
        }
    });
});

test("a package schema says what is secret, what replaces, what has a default and what may be left out", () => {
    const server = resourceType({
        name: "test:Server",
        description: "A server",
        inputs: {
            host: z.string().meta({ description: "Its host", replaces: true }),
            password: z.string().exactOptional().meta({ secret: true }),
            ports: z.array(z.number()).default([80]),
            isOpen: z.boolean().default(false),
        },
        outputs: { since: z.string().nullable() },
    });
    const inputs = {
        host: { type: "string", description: "Its host", willReplaceOnChanges: true },
        password: { type: "string", secret: true },
        ports: { type: "array", items: { type: "number" } },
        isOpen: { type: "boolean", default: false },
    };
    expect(packageSchema("p", "1.0.0", [server])).toEqual({
        name: "p",
        version: "1.0.0",
        types: {},
        resources: {
            "p:test:Server": {
                description: "A server",
                inputProperties: inputs,
                requiredInputs: ["host"],
                properties: { ...inputs, since: { type: "string" } },
                required: ["host", "since"],
            },
        },
    });
});
