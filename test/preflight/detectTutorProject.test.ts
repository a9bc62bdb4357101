import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { openEdxConstants } from "../../config/openEdx.ts";
import { tutorReleases } from "../../config/tutorPlugin.ts";
import { detectTutorProject } from "../../preflight/detectTutorProject.ts";
import { commandsOfEachTest } from "../support/fakeCommands.ts";
import { faultOf } from "../support/faults.ts";
import { tutorCommand } from "../tutor/tutor.ts";

const commands = commandsOfEachTest();

describe("Tutor", () => {
    const host = "local.openedx.io";
    let root: string;
    beforeEach(async () => {
        root = join(commands.folder, "root");
        await mkdir(root);
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": "echo tutor_dev",
            "config printvalue LMS_HOST": `echo ${host}`,
            "config printroot": `echo ${root}`,
        });
    });
    const configure = () => writeFile(join(root, "config.yml"), `LMS_HOST: ${host}\n`);

    test("that is set up for the LMS's host reports its Compose project", async () => {
        await configure();

        await expect(detectTutorProject("tutor", host, false)).resolves.toBe("tutor_dev");
    });

    test("that is not set up is reported, with what sets it up", async () => {
        await expect(faultOf(detectTutorProject("tutor", host, false))).resolves.toBe(
            `  Tutor has no configuration in ${root} yet\n` +
                "    set Open edX up (tutor dev launch), or let this stack do it: pulumi config set lmsLaunch true",
        );
    });

    test("that is set up for another host is reported with both", async () => {
        await configure();

        await expect(faultOf(detectTutorProject("tutor", "lms.example.org", false))).resolves.toMatch(
            /LMS_HOST is local\.openedx\.io, and lmsUrl says lms\.example\.org\n {4}tutor config save --set LMS_HOST=lms\.example\.org, .*pulumi config set lmsUrl http:\/\/local\.openedx\.io:8000/,
        );
    });

    test("that this stack sets up does not have to be set up, whatever its host", async () => {
        await expect(detectTutorProject("tutor", "lms.example.org", true)).resolves.toBe("tutor_dev");
    });

    test("that this stack sets up from scratch has the project of its configuration, and gets the host", async () => {
        await configure();
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": "echo mine_dev",
            "config printroot": `echo ${root}`,
        });

        await expect(detectTutorProject("tutor", "lms.example.org", true)).resolves.toBe("mine_dev");
    });

    test("that fails is reported in its own words", async () => {
        await commands.make("tutor", { config: "echo 'Error: a plugin is broken' >&2; exit 1" });

        await expect(faultOf(detectTutorProject("tutor", host, true))).resolves.toBe(
            "  tutor config printroot fails: Error: a plugin is broken\n" +
                "    run it yourself, and correct Tutor's configuration or the plugin that it names",
        );
    });

    test("is not mistaken for a new one if a plugin or a wrapper prints lines of its own", async () => {
        await configure();
        const noisy = (answer: string) => `printf 'Plugin loaded: /no/plugin\\n${answer}\\nTook 2 s.\\n'`;
        await commands.make("tutor", {
            "config printvalue DEV_PROJECT_NAME": noisy("mine_dev"),
            "config printvalue LMS_HOST": noisy(host),
            "config printroot": noisy(root),
        });

        await expect(detectTutorProject("tutor", host, false)).resolves.toBe("mine_dev");
    });

    test("that prints nothing usable is reported", async () => {
        await configure();
        await commands.make("tutor", { config: "echo 'Hello, World!'" });

        await expect(faultOf(detectTutorProject("tutor", host, false))).resolves.toContain(
            "  tutor config printroot prints no answer: Hello, World!\n",
        );
    });

    test.each(tutorReleases)("%s, the real one, has the expected Compose project and host", async (release) => {
        const tutor = tutorCommand(release);
        process.env["TUTOR_ROOT"] = root;
        await execa(tutor, ["config", "save", "--set", `LMS_HOST=${host}`]);

        await expect(detectTutorProject(tutor, host, false)).resolves.toBe(openEdxConstants.project);
        Reflect.deleteProperty(process.env, "TUTOR_ROOT");
    });
});
