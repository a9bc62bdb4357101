import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { readText } from "../files/files.ts";
import { configurationIn, tutorFolder } from "./tutor.ts";

/*
 * Tutor writes its `config.yml` in place. Killed at that moment, it leaves an empty file, and then none of its commands
 * work, not even the one that prints where the file is. So the contents are backed up before Tutor may write the file.
 */

/** In this project, as Tutor can't be asked. The files are readable only by their owner: they contain passwords. */
const FOLDER = fileURLToPath(new URL("../../.tutor/", import.meta.url));

const kept = z.object({ file: z.string(), text: z.string() });

/**
 * Backs up Tutor's configuration before running one of its commands that write it.
 *
 * @param tutor - the command.
 */
export async function backUpConfigurationOf(tutor: string): Promise<void> {
    await backUpTutorConfiguration(configurationIn(await tutorFolder(tutor, "config")));
}

/** Backs up a `config.yml` (an absolute path); if there is none yet, records that it holds nothing. */
export async function backUpTutorConfiguration(file: string): Promise<void> {
    const text = (await readText(file)) ?? "{}\n";
    if (text !== "") {
        await mkdir(FOLDER, { recursive: true, mode: 0o700 });
        await writeFileAtomic(placeOf(file), JSON.stringify({ file, text }), { mode: 0o600 });
    }
}

/** Restores every `config.yml` that is now empty from its backup. */
export async function restoreTutorConfigurations(): Promise<void> {
    const names = existsSync(FOLDER) ? await readdir(FOLDER) : [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
        const content = await readText(join(FOLDER, name));
        if (content === undefined) {
            // Another run has just deleted the backup.
            continue;
        }
        const { file, text } = kept.parse(JSON.parse(content));
        if ((await readText(file)) === "") {
            await writeFileAtomic(file, text);
            console.warn(`${file} was empty, as a run was killed while Tutor wrote it. It is restored.`);
        }
    }
}

/** Deletes the backup of a `config.yml`. */
export async function deleteTutorBackup(file: string): Promise<void> {
    await rm(placeOf(file), { force: true });
}

function placeOf(file: string): string {
    return join(FOLDER, `${createHash("sha256").update(file).digest("hex")}.json`);
}
