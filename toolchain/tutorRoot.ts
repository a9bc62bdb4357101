import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, relative } from "node:path";
import { configurationIn } from "../dynamic-providers/tutor/tutor.ts";

/**
 * Why a folder that Tutor names as its root must not be removed: it holds more than Tutor's, or is not Tutor's at all.
 *
 * @param folder - one that is there.
 * @param project - the folder of this project.
 * @returns for instance `it holds /home/ada`; nothing where it may be removed.
 */
export async function whyKept(folder: string, project: string): Promise<string | undefined> {
    const root = await realpath(folder);
    const holds = (place: string) => {
        const path = relative(root, place);
        return path.split(/[\\/]/)[0] !== ".." && !isAbsolute(path);
    };
    const places = await Promise.all([homedir(), project, process.cwd()].map((place) => realpath(place)));
    const held = places.find(holds);
    if (held !== undefined) {
        return `it holds ${held}`;
    }
    return existsSync(configurationIn(root)) ? undefined : "it has no config.yml of Tutor";
}
