import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { z } from "zod";
import { composeFile, composeService } from "../../preflight/composeFile.ts";
import { project } from "../../toolchain/pulumi.ts";

/** A schema, reduced to what is inside it, whatever its kind. */
type Inside = Readonly<Record<"innerType" | "valueType" | "element" | "in", z.core.$ZodType | undefined>> & {
    readonly options?: readonly z.core.$ZodType[];
};

/** The keys of all objects in a schema, at any depth. */
function keysIn(schema: z.core.$ZodType): string[] {
    const { innerType, valueType, element, in: input, options = [] } = schema._zod.def as unknown as Inside;
    const shape = schema instanceof z.ZodObject ? (schema.shape as Record<string, z.core.$ZodType>) : {};
    const inside = [innerType, valueType, element, input, ...options, ...Object.values(shape)];
    return [...Object.keys(shape), ...inside.flatMap((item) => (item === undefined ? [] : keysIn(item)))];
}

/** The keys of the items in a section of the file, such as `networks`. */
function keysOfItems(section: z.core.$ZodType): string[] {
    const { innerType, valueType } = section._zod.def as unknown as Inside;
    const item = innerType === undefined ? valueType : (innerType._zod.def as unknown as Inside).valueType;
    return item instanceof z.ZodObject ? Object.keys(item.shape) : [];
}

describe("docs/compose.md", () => {
    const text = () => readFile(join(project, "docs", "compose.md"), "utf8");
    /** The words in backticks, except in code blocks. */
    const words = (markdown: string) =>
        [...markdown.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = ""]) => code.split(/\.|: /));

    test("names every key of a service, a network and a volume that the program knows", async () => {
        const named = words(await text());
        const { networks, volumes } = composeFile.shape;
        const known = [...Object.keys(composeService.shape), ...keysOfItems(networks), ...keysOfItems(volumes)];

        expect(known.length).toBeGreaterThan(100);
        expect(known.filter((key) => !named.includes(key))).toStrictEqual([]);
    });

    test("names no key that the program does not know", async () => {
        const tables = (await text()).split("\n").filter((line) => line.startsWith("|"));
        const keys = tables.flatMap((line) => words(line.split("|", 2)[1] ?? ""));
        const known = [...Object.keys(composeFile.shape), ...keysIn(composeService)];
        // Values, variables and patterns next to keys, and a key that Compose merges into `environment`.
        const others =
            /^(env_file|never|x-…|DOCKER_DEFAULT_PLATFORM|container:NAME|systempaths=unconfined|0|05|\S*\d:\d+)$/;

        expect(keys.length).toBeGreaterThan(100);
        expect(keys.filter((key) => !known.includes(key) && !others.test(key))).toStrictEqual([]);
    });
});
