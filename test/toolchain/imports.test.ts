import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { project } from "../../toolchain/pulumi.ts";

/** What each room may import from, besides itself. The picture in CONTRIBUTING.md has the same arrows. */
const arrows: Readonly<Record<string, readonly string[]>> = {
    "index.ts": ["components", "preflight", "config", "verify"],
    components: ["preflight", "config", "dynamic-providers"],
    preflight: ["config", "dynamic-providers"],
    verify: ["preflight", "config", "dynamic-providers"],
    config: ["dynamic-providers"],
    "dynamic-providers": [],
    sandbox: [],
    toolchain: ["sandbox", "verify", "preflight", "config", "dynamic-providers"],
};

const files = Object.keys(arrows).flatMap((room) =>
    room.endsWith(".ts")
        ? [room]
        : readdirSync(join(project, room), { recursive: true, encoding: "utf8" })
              .filter((file) => file.endsWith(".ts") && !file.includes("node_modules"))
              .map((file) => join(room, file)),
);

/** The project's own modules that a file imports, types included. */
function importsOf(file: string): string[] {
    const text = readFileSync(join(project, file), "utf8");
    const modules = [...text.matchAll(/(?:^\s*(?:import|export)\s[^;]*?from\s+|^import\s+|\bimport\()"(\.[^"]+)"/gm)];
    return modules.map(([, module = ""]) => relative(project, join(project, dirname(file), module)));
}

/** The packages that a file loads when it starts, with what it imports in turn: not types, and not what it imports later. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
    seen.add(file);
    const text = readFileSync(join(project, file), "utf8");
    const modules = [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)"/gm)];
    return modules.flatMap(([, module = ""]) => {
        const next = join(dirname(file), module);
        return !module.startsWith(".") ? module : seen.has(next) ? [] : packagesOf(next, seen);
    });
}

function roomOf(file: string): string {
    return file.split("/", 1).join();
}

describe("imports", () => {
    test("go one way, from room to room", () => {
        const found = new Map<string, Set<string>>(Object.keys(arrows).map((room) => [room, new Set()]));
        for (const file of files) {
            for (const imported of importsOf(file)) {
                found.get(roomOf(file))?.add(roomOf(imported));
            }
        }
        for (const [room, allowed] of Object.entries(arrows)) {
            expect({ room, from: [...(found.get(room) ?? [])].filter((one) => one !== room).sort() }).toEqual({
                room,
                from: [...allowed].sort(),
            });
        }
    });

    test("form no cycle, from file to file", () => {
        const done = new Set<string>();
        const cycles: string[] = [];
        const visit = (file: string, path: readonly string[]) => {
            if (path.includes(file)) {
                cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
            } else if (!done.has(file)) {
                importsOf(file).forEach((imported) => {
                    visit(imported, [...path, file]);
                });
                done.add(file);
            }
        };
        files.forEach((file) => {
            visit(file, []);
        });
        expect(cycles).toEqual([]);
    });

    test("are drawn in CONTRIBUTING.md", () => {
        const text = readFileSync(join(project, "CONTRIBUTING.md"), "utf8");
        const drawn = [...text.matchAll(/^ {2}(\S+) --> (.+)$/gm)].flatMap(([, from = "", to = ""]) =>
            to.split(" & ").map((one) => `${from} ${one}`),
        );
        const expected = Object.entries(arrows).flatMap(([room, from]) => from.map((one) => `${room} ${one}`));
        // Ids without a dot or a dash.
        const inIds = expected.map((arrow) => arrow.replaceAll(/\.ts|dynamic-/g, ""));
        expect(drawn.sort()).toEqual(inIds.sort());
    });

    test("of the program leave to a later moment what few stacks need, or only their resources", () => {
        const loaded = new Set(packagesOf("index.ts").filter((name) => !name.startsWith("node:")));
        expect([...loaded].sort()).toEqual([
            "@pulumi/command",
            "@pulumi/pulumi",
            "@pulumi/random",
            "p-retry",
            "write-file-atomic",
            "zod",
        ]);
    });
});
