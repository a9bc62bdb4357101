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
 * Tutor writes its `config.yml` in place. Killed at that moment it leaves an empty file, with which none of its commands
 * works any more, not even the one that tells where the file is. So what stands there is kept before Tutor is let write.
 */

/** Of this project, as Tutor can't be asked. Its files are for their owner only: there are passwords in them. */
const FOLDER = fileURLToPath(new URL("../../.tutor/", import.meta.url));

const kept = z.object({ file: z.string(), text: z.string() });

/**
 * Keeps what stands in the configuration of Tutor, before one of its commands that write it.
 *
 * @param tutor - the command.
 */
export async function keepConfigurationOf(tutor: string): Promise<void> {
    await keepTutorConfiguration(configurationIn(await tutorFolder(tutor, "config")));
}

/** Keeps what stands in a `config.yml` (an absolute path); where there is none yet, that it holds nothing. */
export async function keepTutorConfiguration(file: string): Promise<void> {
    const text = (await readText(file)) ?? "{}\n";
    if (text !== "") {
        await mkdir(FOLDER, { recursive: true, mode: 0o700 });
        await writeFileAtomic(placeOf(file), JSON.stringify({ file, text }), { mode: 0o600 });
    }
}

/** Gives every `config.yml` that is empty what stood in it before. */
export async function giveBackTutorConfigurations(): Promise<void> {
    const names = existsSync(FOLDER) ? await readdir(FOLDER) : [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
        const content = await readText(join(FOLDER, name));
        if (content === undefined) {
            // Another run has just forgotten it.
            continue;
        }
        const { file, text } = kept.parse(JSON.parse(content));
        if ((await readText(file)) === "") {
            await writeFileAtomic(file, text);
            console.warn(`${file} was empty, as a run was killed while Tutor wrote it. It is restored.`);
        }
    }
}

/** Keeps a `config.yml` no longer. */
export async function forgetTutorConfiguration(file: string): Promise<void> {
    await rm(placeOf(file), { force: true });
}

function placeOf(file: string): string {
    return join(FOLDER, `${createHash("sha256").update(file).digest("hex")}.json`);
}
