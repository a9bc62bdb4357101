import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { modules } from "../../dynamic-providers/registry.ts";
import { project } from "../../toolchain/pulumi.ts";

const folder = join(project, "dynamic-providers");

test("the registry has the module of each resource's type, and no other", async () => {
    const files = await readdir(folder, { recursive: true });
    const resources = files.filter(
        (file) => file.endsWith(".ts") && files.includes(file.replace(/\.ts$/, ".provider.ts")),
    );
    const types = await Promise.all(
        resources.map(async (file) => {
            const [, type = ""] =
                /resourceType\(\{\s*name: "(\w+:\w+)"/.exec(await readFile(join(folder, file), "utf8")) ?? [];
            return [type, file.replace(/\.ts$/, "")] as const;
        }),
    );
    expect(types.length).toBeGreaterThan(10);
    expect(Object.entries(modules).sort()).toEqual(types.sort());
});

test("each resource type goes through its life cycle in the engine's order", async () => {
    const files = (await readdir(import.meta.dirname, { recursive: true })).filter((file) => file.endsWith(".test.ts"));
    const texts = await Promise.all(files.map((file) => readFile(join(import.meta.dirname, file), "utf8")));
    const tested = texts.flatMap((text) =>
        [...text.matchAll(/^\s*describeLife\("(\w+:\w+)"/gm)].map(([, type]) => type),
    );
    expect(tested.sort()).toEqual(Object.keys(modules).sort());
});
