import * as pulumi from "@pulumi/pulumi";
import { type Answer, answerOf, howToInstallTutor, lastAnswer, lastLines } from "../dynamic-providers/command.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { Fault } from "./faults.ts";
import { newestTutorRelease, type TutorRelease, tutorReleases } from "../config/tutorPlugin.ts";

/**
 * Asks Tutor for its release. An unknown newer one counts as the newest known, with a warning.
 *
 * @param command - `tutor`, or its path.
 * @throws Fault if the command doesn't exist, doesn't print a version, or is too old.
 */
export async function detectTutorRelease(command: string): Promise<TutorRelease> {
    const result = await answerOf(command, ["--version"]);
    expectTutor(command, result);
    const answer = lastAnswer(result.stdout.split("\n"), (line) => /, (version (\d+)[\d.]*)/.exec(line) ?? undefined);
    const [, version, major = ""] = answer ?? [];
    if (version === undefined) {
        throw new Fault(
            `${command} --version does not answer like Tutor: ${lastLines(result)}`,
            `set the right command: ${pulumiCommand("config set tutor PATH")}`,
        );
    }
    const release = tutorReleases.find((supported) => supported === major);
    if (release !== undefined) {
        return release;
    }
    if (Number(major) < Number(newestTutorRelease)) {
        throw new Fault(
            `${command} is ${version}`,
            `upgrade Tutor: releases ${tutorReleases.join(", ")} are supported`,
        );
    }
    void pulumi.log.warn(
        `${command} is ${version}, which is newer than this program knows: using the settings for release ${newestTutorRelease}.`,
    );
    return newestTutorRelease;
}

/** @throws Fault if the command can't be run. */
export function expectTutor(command: string, { exitCode, code }: Pick<Answer, "exitCode" | "code">): void {
    if (exitCode === undefined) {
        throw new Fault(
            `lmsFrom is tutor, but the command ${command} can't be run (${code ?? ""})`,
            howToInstallTutor(),
        );
    }
}
