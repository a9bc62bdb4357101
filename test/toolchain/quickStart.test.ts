import { describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { project } from "../../toolchain/pulumi.ts";
import { makeStack } from "../support/stack.ts";

const settings = parse(await readFile(join(project, "Pulumi.yaml"), "utf8")) as {
    runtime: { options: { nodeargs: string; typescript: boolean } };
    plugins: { providers: { name: string; path: string }[] };
};

/** Runs a program as the language host does, and parses its output as JSON. */
async function run(program: string): Promise<unknown> {
    const args = [...settings.runtime.options.nodeargs.split(" "), "--no-warnings", "--eval", program];
    const { stdout } = await execa(process.execPath, args, { cwd: project });
    return JSON.parse(stdout) as unknown;
}

describe("a program of Pulumi that starts quickly", () => {
    it("loads nothing with Pulumi's SDK that only closures, tracing or source maps need", async () => {
        const loaded = await run(`
            require("@pulumi/pulumi");
            require("@pulumi/pulumi/cmd/run/tracing");
            const files = Object.keys(require.cache);
            console.log(JSON.stringify({
                sdk: files.some((file) => file.endsWith("/@pulumi/pulumi/resource.js")),
                unused: files.filter((file) => /\\/(typescript|arborist|normalize-package-data|closure|source-map-support|sdk-trace-node|automation)\\//.test(file)),
            }));`);
        expect(loaded).toEqual({ sdk: true, unused: [] });
    });

    it("has it as soon as the SDK uses it", async () => {
        const text = await run(`
            const { serializeFunction } = require("@pulumi/pulumi").runtime;
            const { Arborist } = require("module").createRequire(require.resolve("@pulumi/pulumi"))("@npmcli/arborist");
            const five = 5;
            serializeFunction(() => five).then(({ text }) => {
                console.log(JSON.stringify({ text, tree: new Arborist({ path: process.cwd() }).path }));
            });`);
        expect(text).toEqual({ text: expect.stringContaining("return () => five") as unknown, tree: project });
    });

    it("caches compiled code in the project's own folder", async () => {
        const folder = await run(`console.log(JSON.stringify(require("node:module").getCompileCacheDir()));`);
        expect(folder).toContain(join(project, ".toolchain", "compile-cache"));
    });
});

it("the language host starts the program as Pulumi.yaml says", async () => {
    const stack = await makeStack({}, "test/toolchain/programs/nodeArguments.ts");
    try {
        await stack.up();
        await expect(stack.outputs()).resolves.toEqual({
            nodeArguments: settings.runtime.options.nodeargs.split(" "),
            hasCompiler: settings.runtime.options.typescript,
        });
    } finally {
        await stack.remove();
    }
});

it("the dynamic provider of Pulumi.yaml serves", async () => {
    const [plugin] = settings.plugins.providers;
    const script = join(project, plugin?.path ?? "", `pulumi-resource-${plugin?.name ?? ""}`);
    const provider = execa(script, ["127.0.0.1:1"], { cwd: project, reject: false });
    const [port] = (await once(provider.stdout, "data")) as [Buffer];
    provider.kill();
    await provider;
    expect(port.toString()).toMatch(/^\d+\n$/);
});
