import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import {
    detectTutorCompose,
    configurationIn,
    enabledPlugins,
    folderIn,
    tutorFolder,
    valueIn,
} from "../../../dynamic-providers/tutor/tutor.ts";
import { commandsOfEachTest } from "../../support/fakeCommands.ts";

const commands = commandsOfEachTest();

describe("the folder that Tutor answers with", () => {
    test("is extracted from what a plugin or a wrapper prints before and after it", async () => {
        const root = join(commands.folder, "root");
        await mkdir(root);
        await writeFile(join(commands.folder, "file"), "");

        expect(folderIn(`Loading /no/such/plugin\n/no/such/folder\n${root}\n/no/log\n${root}/../file\nBye.`)).toBe(
            root,
        );
    });

    test("is the last one if Tutor has not created one yet", () => {
        expect(folderIn("hello\n/no/such/folder\n/no/such/root\nbye")).toBe("/no/such/root");
    });

    test("is an error with Tutor's output if that contains none", async () => {
        await commands.make("tutor", { "config printroot": "echo Hello.", "plugins printroot": "true" });

        await expect(tutorFolder("tutor", "config")).rejects.toThrow(
            "tutor config printroot printed no folder: Hello.",
        );
        await expect(tutorFolder("tutor", "plugins")).rejects.toThrow("tutor plugins printroot printed no folder");
    });
});

test("a value of Tutor is the last line that looks like one", () => {
    const host = /^[a-z.]+$/;

    expect(valueIn("Plugin loaded!\nlocal.openedx.io", host)).toBe("local.openedx.io");
    expect(valueIn("old.example.org\nlocal.openedx.io\nTook 2 s.", host)).toBe("local.openedx.io");
    expect(valueIn("Hello!", host)).toBeUndefined();
});

describe("the Compose project of Tutor's development server", () => {
    const config = JSON.stringify(
        { name: "tutor_dev", networks: { default: { name: "tutor_dev_default" } }, services: { lms: {} } },
        null,
        2,
    );
    const answer = async (output: string) => {
        const file = join(commands.folder, "answer");
        await writeFile(file, output);
        await commands.make("tutor", { "dev dc config --format json": `cat '${file}'` });
    };

    test.each([
        ["alone", config],
        ["after the command that Tutor prints", `docker compose -f {x} config\n${config}`],
        ["among other JSON and braces", `{"name": "plugin"}\n{\n  "name": "x"\n}\n{\n${config}\n{ done }`],
    ])("is taken from its JSON, %s", async (_what, output) => {
        await answer(output);

        await expect(detectTutorCompose("tutor")).resolves.toStrictEqual({
            project: "tutor_dev",
            network: "tutor_dev_default",
        });
    });

    test.each([
        ["no JSON", "hello"],
        [
            "other JSON",
            JSON.stringify({ name: "tutor_dev", services: { lms: { MYSQL_PASSWORD: "hunter2" } } }, null, 2),
        ],
    ])("is an error for %s, which does not repeat what may hold passwords", async (_what, output) => {
        await answer(output);

        const error: unknown = await detectTutorCompose("tutor").catch((reason: unknown) => reason);
        expect((error as Error).message).toBe(
            "tutor dev dc config --format json printed no project with a default network.",
        );
    });
});

describe("the plugins that are enabled", () => {
    const enabled = async (text: string) => {
        await writeFile(configurationIn(commands.folder), text);
        return enabledPlugins(commands.folder);
    };

    test("are none if nothing is configured, or the file does not exist", async () => {
        await expect(enabledPlugins(commands.folder)).resolves.toEqual([]);
        await expect(enabled("")).resolves.toEqual([]);
        await expect(enabled("LMS_HOST: local.openedx.io\n")).resolves.toEqual([]);
        await expect(enabled("PLUGINS:\n")).resolves.toEqual([]);
    });

    test("can't be read from a file that is not YAML: the error names the file", async () => {
        await expect(enabled("PLUGINS: [mfe\nLMS_HOST: x\n")).rejects.toThrow(
            `Tutor can't read its configuration, ${configurationIn(commands.folder)}: `,
        );
    });
});
