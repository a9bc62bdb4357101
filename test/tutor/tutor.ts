import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { type TutorRelease, tutorReleases } from "../../config/tutorPlugin.ts";
import { project } from "../../toolchain/pulumi.ts";

/** The command of a release of Tutor that {@link installTutor} has put there. */
export function tutorCommand(release: TutorRelease): string {
    return join(folderOf(`tutor-${release}`), "bin", "tutor");
}

/**
 * The folder with the plugins `mfe` and `indigo` for a release, as most people have them (`tutor[full]`): as
 * `PYTHONPATH` it makes that Tutor find them, and enable them in a new root. Others do without: a launch with them needs
 * images that can't be built here.
 */
export function usualPlugins(release: TutorRelease): string {
    return folderOf(`tutor-plugins-${release}`);
}

/** Installs every release of Tutor that is supported, each in a Python environment of its own, and plugins; once. */
export async function installTutor(): Promise<void> {
    await Promise.all(tutorReleases.map(install));
}

async function install(release: TutorRelease): Promise<void> {
    const python = join(dirname(tutorCommand(release)), "python");
    const pip = (...args: readonly string[]) =>
        execa(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", ...args]);
    await unlessInstalled(folderOf(`tutor-${release}`), `requirements-${release}.txt`, async (folder, requirements) => {
        await execa("python3", ["-m", "venv", folder]);
        await pip("-r", requirements);
    });
    await unlessInstalled(usualPlugins(release), `requirements-plugins-${release}.txt`, (folder, requirements) =>
        pip("--target", folder, "-r", requirements),
    );
}

/** Fills a folder, unless it is filled with what the requirements say. */
async function unlessInstalled(
    folder: string,
    name: string,
    fill: (folder: string, requirements: string) => Promise<unknown>,
): Promise<void> {
    const requirements = join(import.meta.dirname, name);
    const wanted = await readFile(requirements, "utf8");
    const stamp = join(folder, ".set-up");
    if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) {
        return;
    }
    await rm(folder, { recursive: true, force: true });
    await fill(folder, requirements);
    await writeFile(stamp, wanted);
}

function folderOf(name: string): string {
    return join(project, ".toolchain", "venv", name);
}
