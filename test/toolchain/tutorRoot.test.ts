import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { whyKept } from "../../toolchain/tutorRoot.ts";

describe("the folder that Tutor names as its root is removed", () => {
    let folder: string;
    let project: string;

    beforeAll(async () => {
        folder = await realpath(await mkdtemp(join(tmpdir(), "root-")));
        project = join(folder, "work", "project");
        await mkdir(project, { recursive: true });
        await mkdir(join(folder, "tutor"));
        await writeFile(join(folder, "tutor", "config.yml"), "LMS_HOST: local.openedx.io\n");
        await writeFile(join(folder, "work", "config.yml"), "LMS_HOST: local.openedx.io\n");
        await symlink(join(folder, "work"), join(folder, "link"));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test("if it has Tutor's configuration", async () => {
        await expect(whyKept(join(folder, "tutor"), project)).resolves.toBeUndefined();
    });

    test("not if it has none", async () => {
        await expect(whyKept(folder, "/")).resolves.toBe("it has no config.yml of Tutor");
    });

    test.each([
        ["the root of the file system", () => "/"],
        ["the home folder", () => homedir()],
        ["the folder above it", () => dirname(homedir())],
        ["the project", () => project],
        ["a folder that holds the project", () => join(folder, "work")],
        ["a link to that", () => join(folder, "link")],
    ])("not if it is %s", async (_, place) => {
        await expect(whyKept(place(), project)).resolves.toMatch(/^it contains /);
    });
});
