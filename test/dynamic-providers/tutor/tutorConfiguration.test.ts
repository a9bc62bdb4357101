import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { configurationIn } from "../../../dynamic-providers/tutor/tutor.ts";
import {
    deleteTutorBackup,
    restoreTutorConfigurations,
    backUpConfigurationOf,
} from "../../../dynamic-providers/tutor/tutorConfiguration.ts";
import { project } from "../../../toolchain/pulumi.ts";
import { type FakeCommands, fakeCommands } from "../../support/fakeCommands.ts";

const FOLDER = join(project, ".tutor");

let commands: FakeCommands;
let root: string;
let file: string;
beforeEach(async () => {
    commands = await fakeCommands();
    root = await mkdtemp(join(tmpdir(), "tutor-"));
    file = configurationIn(root);
    await commands.make("tutor", { "config printroot": `echo ${root}` });
    jest.spyOn(console, "warn").mockReturnValue();
});
afterEach(async () => {
    jest.restoreAllMocks();
    await deleteTutorBackup(file);
    await rm(root, { recursive: true });
    await commands.remove();
});

const keep = async (text: string) => {
    await writeFile(file, text);
    await backUpConfigurationOf("tutor");
};
/** This project's backups of the configuration. */
const keptFiles = async () => {
    const files = (await readdir(FOLDER)).map((name) => join(FOLDER, name));
    const texts = await Promise.all(files.map((path) => readFile(path, "utf8")));
    return files.filter((_path, index) => texts[index]?.includes(file));
};

describe("Tutor's configuration", () => {
    test("that a killed run left empty is restored", async () => {
        await keep("LMS_HOST: before\n");
        await writeFile(file, "");

        await restoreTutorConfigurations();

        // Backed up by this test, or by another one of this project that runs at the same time.
        await expect(readFile(file, "utf8")).resolves.toBe("LMS_HOST: before\n");
    });

    test("of a first run is then empty, in a form that Tutor can read", async () => {
        await backUpConfigurationOf("tutor");
        await writeFile(file, "");

        await restoreTutorConfigurations();

        await expect(readFile(file, "utf8")).resolves.toBe("{}\n");
    });

    test("is left alone if it has content, or if it is gone", async () => {
        await keep("LMS_HOST: before\n");
        await writeFile(file, "LMS_HOST: after\n");
        await restoreTutorConfigurations();
        await expect(readFile(file, "utf8")).resolves.toBe("LMS_HOST: after\n");

        await rm(file);
        await restoreTutorConfigurations();
        await expect(readdir(root)).resolves.toEqual([]);
        expect(console.warn).not.toHaveBeenCalled();
    });

    test("is not overwritten in the backup by an empty one", async () => {
        await keep("LMS_HOST: before\n");
        await keep("");

        await restoreTutorConfigurations();

        await expect(readFile(file, "utf8")).resolves.toBe("LMS_HOST: before\n");
    });

    test("is backed up for its owner only, and no longer than needed", async () => {
        await keep("MYSQL_ROOT_PASSWORD: secret\n");
        const [kept = "", ...others] = await keptFiles();
        expect(others).toEqual([]);
        expect((await stat(kept)).mode & 0o777).toBe(0o600);

        await deleteTutorBackup(file);

        await expect(keptFiles()).resolves.toEqual([]);
    });
});
