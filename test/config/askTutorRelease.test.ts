import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { askTutorRelease } from "../../config/askTutorRelease.ts";
import { tutorReleases } from "../../config/tutorPlugin.ts";
import { tutorCommand } from "../tutor/tutor.ts";

describe("Tutor's release", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "tutor-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    /** A command that answers as a Tutor of that version would. */
    async function command(answer: string): Promise<string> {
        const path = join(folder, "tutor");
        await writeFile(path, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
        return path;
    }

    test.each(tutorReleases)("is %s for the real one", (release) => {
        expect(askTutorRelease(tutorCommand(release))).toBe(release);
    });

    test("is the newest known for one that is newer, with a warning", async () => {
        const warn = jest.spyOn(console, "warn").mockReturnValue();

        expect(askTutorRelease(await command("tutor, version 99.1.0"))).toBe("22");

        expect(warn.mock.calls[0]?.[0]).toContain("is version 99.1.0, which this program does not know yet");
        warn.mockRestore();
    });

    test("that is too old stops the run", async () => {
        const old = await command("tutor, version 19.0.4");
        expect(() => askTutorRelease(old)).toThrow(/is version 19\.0\.4; nothing was done\.\n.*20, 21, 22.*upgrade/);
    });

    test("of something else than Tutor stops the run with its answer", async () => {
        const other = await command("hello");
        expect(() => askTutorRelease(other)).toThrow(/does not answer as Tutor does; nothing was done:\n {4}hello/);
    });

    test("of a command that is not there stops the run with what to do", () => {
        expect(() => askTutorRelease("no-such-tutor")).toThrow(
            /no-such-tutor can't be run .*; nothing was done\.\n.*pulumi config set tutor PATH/,
        );
    });
});
