import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, relative } from "node:path";
import { configurationIn } from "../dynamic-providers/tutor/tutor.ts";

/**
 * Why the folder Tutor names as its root must not be removed: it contains other things, or isn't Tutor's at all.
 *
 * @param folder - an existing folder.
 * @param project - this project's folder.
 * @returns e.g. `it contains /home/ada`; nothing if it may be removed.
 */
export async function whyKept(folder: string, project: string): Promise<string | undefined> {
    const root = await realpath(folder);
    const contains = (place: string) => {
        const path = relative(root, place);
        return path.split(/[\\/]/)[0] !== ".." && !isAbsolute(path);
    };
    const places = await Promise.all([homedir(), project, process.cwd()].map((place) => realpath(place)));
    const held = places.find(contains);
    if (held !== undefined) {
        return `it contains ${held}`;
    }
    return existsSync(configurationIn(root)) ? undefined : "it has no config.yml of Tutor";
}
