import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { detectTutorRelease } from "../../preflight/detectTutorRelease.ts";
import { tutorReleases } from "../../config/tutorPlugin.ts";
import { faultOf } from "../support/faults.ts";
import { tutorCommand } from "../tutor/tutor.ts";

describe("Tutor's release", () => {
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "tutor-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    /** A command that responds like a Tutor of that version. */
    async function command(answer: string): Promise<string> {
        const path = join(folder, "tutor");
        await writeFile(path, `#!/bin/sh\nprintf '${answer}\\n'\n`, { mode: 0o755 });
        return path;
    }

    test.each(tutorReleases)("is %s for the real one", async (release) => {
        await expect(detectTutorRelease(tutorCommand(release))).resolves.toBe(release);
    });

    test("is the newest known for one that is newer, with a warning", async () => {
        const warn = jest.spyOn(console, "warn").mockReturnValue();

        await expect(detectTutorRelease(await command("tutor, version 99.1.0"))).resolves.toBe("22");

        expect(warn.mock.calls[0]?.[0]).toContain("is version 99.1.0, which is newer than this program knows");
        warn.mockRestore();
    });

    test("that is too old is a fault", async () => {
        const fault = faultOf(detectTutorRelease(await command("tutor, version 19.0.4")));

        await expect(fault).resolves.toMatch(/is version 19\.0\.4\n {4}upgrade Tutor: releases 20, 21, 22/);
    });

    test("is extracted from what a wrapper prints", async () => {
        const tutor = await command("Wrapper, version 3\\ntutor, version 21.0.9\\nDone.");

        await expect(detectTutorRelease(tutor)).resolves.toBe("21");
    });

    test("of something other than Tutor is a fault with its answer", async () => {
        const fault = faultOf(detectTutorRelease(await command("hello")));

        await expect(fault).resolves.toContain("does not answer like Tutor: hello\n");
    });

    test("of a missing command is a fault with what to do", async () => {
        await expect(faultOf(detectTutorRelease("no-such-tutor"))).resolves.toMatch(
            /no-such-tutor can't be run \(ENOENT\)\n {4}Install Tutor .*pulumi config set tutor PATH/,
        );
    });
});
