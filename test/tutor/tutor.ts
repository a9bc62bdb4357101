import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { type TutorRelease, tutorReleases } from "../../config/tutorPlugin.ts";
import { project } from "../../toolchain/pulumi.ts";

/** The command of a release of Tutor that {@link installTutor} has put there. */
export function tutorCommand(release: TutorRelease): string {
    return join(folderOf(release), "bin", "tutor");
}

/** Installs every release of Tutor that is supported, each in a Python environment of its own; once. */
export async function installTutor(): Promise<void> {
    await Promise.all(tutorReleases.map(install));
}

async function install(release: TutorRelease): Promise<void> {
    const requirements = join(import.meta.dirname, `requirements-${release}.txt`);
    const wanted = await readFile(requirements, "utf8");
    const folder = folderOf(release);
    const stamp = join(folder, ".set-up");
    if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) {
        return;
    }
    await rm(folder, { recursive: true, force: true });
    await execa("python3", ["-m", "venv", folder]);
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", requirements];
    await execa(join(folder, "bin", "python"), pip);
    await writeFile(stamp, wanted);
}

function folderOf(release: TutorRelease): string {
    return join(project, ".toolchain", "venv", `tutor-${release}`);
}
