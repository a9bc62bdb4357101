import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { newestTutorRelease, type TutorRelease, tutorReleases } from "./tutorPlugin.ts";

/**
 * Asks Tutor for its release. A newer one than is known is taken as the newest known, with a warning.
 *
 * @param command - `tutor`, or its path.
 * @throws pulumi.RunError where the command is not there, does not answer with a version, or is too old.
 */
export function askTutorRelease(command: string): TutorRelease {
    const { error, stdout, stderr } = spawnSync(command, ["--version"], { encoding: "utf8" });
    if (error !== undefined) {
        throw new pulumi.RunError(
            `lmsFrom is tutor, but the command ${command} can't be run (${error.message}); nothing was done.\n` +
                "    install Tutor (https://docs.tutor.edly.io/install.html), or name its path: pulumi config set tutor PATH",
        );
    }
    const [version, major = ""] = /version (\d+)[\d.]*/.exec(stdout) ?? [];
    if (version === undefined) {
        throw new pulumi.RunError(
            `${command} --version does not answer as Tutor does; nothing was done:\n    ${(stdout + stderr).trim()}`,
        );
    }
    const release = tutorReleases.find((known) => known === major);
    if (release !== undefined) {
        return release;
    }
    if (Number(major) < Number(newestTutorRelease)) {
        throw new pulumi.RunError(
            `${command} is ${version}; nothing was done.\n    Releases ${tutorReleases.join(", ")} are supported: upgrade Tutor.`,
        );
    }
    void pulumi.log.warn(
        `${command} is ${version}, which this program does not know yet: it gets what fits release ${newestTutorRelease}.`,
    );
    return newestTutorRelease;
}
