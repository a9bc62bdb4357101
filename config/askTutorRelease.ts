import { execa, type Result } from "execa";
import * as pulumi from "@pulumi/pulumi";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { Fault, lastLines } from "./faults.ts";
import { newestTutorRelease, type TutorRelease, tutorReleases } from "./tutorPlugin.ts";

/**
 * Asks Tutor for its release. A newer one than is known is taken as the newest known, with a warning.
 *
 * @param command - `tutor`, or its path.
 * @throws Fault where the command is not there, does not answer with a version, or is too old.
 */
export async function askTutorRelease(command: string): Promise<TutorRelease> {
    const result = await execa(command, ["--version"], { reject: false, stdin: "ignore" });
    expectTutor(command, result);
    const [version, major = ""] = /version (\d+)[\d.]*/.exec(result.stdout) ?? [];
    if (version === undefined) {
        throw new Fault(
            `${command} --version does not answer as Tutor does: ${lastLines(result)}`,
            `name the right command: ${pulumiCommand("config set tutor PATH")}`,
        );
    }
    const release = tutorReleases.find((known) => known === major);
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
        `${command} is ${version}, which this program does not know yet: it gets what fits release ${newestTutorRelease}.`,
    );
    return newestTutorRelease;
}

/** @throws Fault where the command is not there. */
export function expectTutor(command: string, { exitCode, code }: Pick<Result, "exitCode" | "code">): void {
    if (exitCode === undefined) {
        throw new Fault(
            `lmsFrom is tutor, but the command ${command} can't be run (${code ?? ""})`,
            `install Tutor (https://docs.tutor.edly.io/install.html), or name its path: ${pulumiCommand("config set tutor PATH")}`,
        );
    }
}
