import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import writeFileAtomic from "write-file-atomic";
import type { Connection } from "./openedx/connection.ts";
import { readText } from "./files/files.ts";

/*
 * Before `create` changes anything on a server, the former values are written to a note. The change may succeed while its
 * response is lost, or the run may be killed before the engine saves the state; the server then shows only what this program
 * made of it. The notes belong to this project and are readable only by their owner, as they may contain a former client
 * secret.
 */

/** The environment variable that sets another folder for the notes, as tests do. Default: `.adopted`. */
export const NOTES_FOLDER = "OPENEDX_NOTES_FOLDER";

const folder = () => process.env[NOTES_FOLDER] ?? fileURLToPath(new URL("../.adopted/", import.meta.url));

/** An object on a server, and what ties it to this stack: a later stack has its own notes for the same object. */
export interface ObjectKey {
    readonly connection: Connection;
    /** The object's page, or anything else that is unique on the server. */
    readonly path: string;
    /** What only this stack gives the object, for instance its random client id. */
    readonly mark: string;
}

/**
 * Writes a note of what was there before `create` changes an object; `null` if nothing was.
 *
 * @throws Error if the project's folder is not writable.
 */
export async function noteFormer(key: ObjectKey, former: unknown): Promise<void> {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    await writeFileAtomic(noteOf(key), JSON.stringify({ former }), { mode: 0o600 });
}

/** The value that {@link noteFormer} wrote for an object, or `undefined` if there is no note. */
export async function notedFormer<Former>(key: ObjectKey): Promise<Former | null | undefined> {
    const text = await readText(noteOf(key));
    return text === undefined ? undefined : (JSON.parse(text) as { former: Former | null }).former;
}

/** Deletes an object's note: the object is back to what it was. */
export async function forgetFormer(key: ObjectKey): Promise<void> {
    await rm(noteOf(key), { force: true });
}

function noteOf({ connection, path, mark }: ObjectKey): string {
    const name = JSON.stringify([connection.kind, connection.baseUrl.replace(/\/+$/, ""), path, mark]);
    return join(folder(), `${createHash("sha256").update(name).digest("hex")}.json`);
}
