import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import writeFileAtomic from "write-file-atomic";
import type { Connection } from "./openedx/connection.ts";
import { readText } from "./files/files.ts";

/*
 * What a server had before `create` changes it is written down first. The change may succeed while its answer is lost, or
 * the run may be killed before the engine saves the state: then the server shows only what this program made of it. The
 * notes are of this project, for their owner only, as a former client secret may be in them.
 */

/** The variable of the environment that names another folder for the notes, as tests do. Default: `.adopted`. */
export const NOTES_FOLDER = "OPENEDX_NOTES_FOLDER";

const folder = () => process.env[NOTES_FOLDER] ?? fileURLToPath(new URL("../.adopted/", import.meta.url));

/** An object on a server, and what makes it this stack's: a later stack's notes of the same object are others. */
export interface ObjectKey {
    readonly connection: Connection;
    /** The object's page, or anything else that the server has only once. */
    readonly path: string;
    /** What only this stack gives the object, for instance its random client id. */
    readonly mark: string;
}

/**
 * Writes down what was there before `create` changes an object; `null` where nothing was.
 *
 * @throws Error where the project's folder can't be written to.
 */
export async function noteFormer(key: ObjectKey, former: unknown): Promise<void> {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    await writeFileAtomic(noteOf(key), JSON.stringify({ former }), { mode: 0o600 });
}

/** What {@link noteFormer} wrote down of an object, or `undefined` where it has no note. */
export async function notedFormer<Former>(key: ObjectKey): Promise<Former | null | undefined> {
    const text = await readText(noteOf(key));
    return text === undefined ? undefined : (JSON.parse(text) as { former: Former | null }).former;
}

/** Removes an object's note: the object is as it was before. */
export async function forgetFormer(key: ObjectKey): Promise<void> {
    await rm(noteOf(key), { force: true });
}

function noteOf({ connection, path, mark }: ObjectKey): string {
    const name = JSON.stringify([connection.kind, connection.baseUrl.replace(/\/+$/, ""), path, mark]);
    return join(folder(), `${createHash("sha256").update(name).digest("hex")}.json`);
}
