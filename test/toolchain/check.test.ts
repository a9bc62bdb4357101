import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { project } from "../../toolchain/pulumi.ts";

/** `npm run check` in a folder. */
const check = async (folder: string) =>
    execa("node", ["--disable-warning=ExperimentalWarning", join(project, "toolchain", "check.ts")], {
        cwd: folder,
        all: true,
        reject: false,
    });

describe("npm run check", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "check-")));
        await symlink(join(project, "node_modules"), join(folder, "node_modules"));
        await writeFile(join(folder, "tsconfig.json"), `{ "compilerOptions": { "noEmit": true, "types": [] } }\n`);
        await writeFile(
            join(folder, "eslint.config.mjs"),
            `export default [{ files: ["**/*.js"], rules: { "no-empty": "warn" } }];\n`,
        );
        await writeFile(join(folder, "good.ts"), `export const good = 1;\n`);
    });
    afterEach(() => rm(folder, { recursive: true }));

    test("prints nothing when nothing is wrong", async () => {
        expect(await check(folder)).toMatchObject({ exitCode: 0, all: "" });
    });

    test("prints what types, lint and format find, in this order, again each time, until it is corrected", async () => {
        await writeFile(join(folder, "types.ts"), `export const wrong: string = 1;\n`);
        await writeFile(join(folder, "lint.js"), `if (process.argv.length > 9) {\n}\n`);
        await writeFile(join(folder, "format.ts"), `export const   spaces = 1;\n`);
        for (const cached of [false, true]) {
            expect(existsSync(join(folder, ".toolchain", "check"))).toBe(cached);
            const { exitCode, all } = await check(folder);

            expect(exitCode).toBe(1);
            expect(all).toMatch(/types\.ts.*not assignable[^]*lint\.js[^]*no-empty[^]*format\.ts/);
        }

        await rm(join(folder, "lint.js"));
        await rm(join(folder, "types.ts"));
        await writeFile(join(folder, "format.ts"), `export const spaces = 1;\n`);
        expect(await check(folder)).toMatchObject({ exitCode: 0, all: "" });
    });

    test("finds nothing in this project", async () => {
        expect(await check(project)).toMatchObject({ exitCode: 0, all: "" });
    }, 600_000);
});
