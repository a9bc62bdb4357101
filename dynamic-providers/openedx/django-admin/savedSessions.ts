import { createHash } from "node:crypto";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { readText } from "../../files/files.ts";
import type { Connection } from "../connection.ts";

/*
 * `pulumi up` runs the preview in one process and the update in another. With `--refresh` both query the servers, and Open
 * edX allows 30 sign-ins in five minutes, so the second process continues the first one's session. Only the cookies are
 * stored, for the processes of this command, until it ends.
 */

/** The environment variable that sets the folder for one command's sessions. Default: sessions are not stored. */
export const SESSIONS_FOLDER = "OPENEDX_SESSIONS_FOLDER";

/** Stores the cookies of a signed-in user in a file that only its owner can read. */
export async function saveCookies(connection: Connection, cookies: string): Promise<void> {
    const file = fileOf(connection);
    if (file !== undefined) {
        await writeFileAtomic(file, cookies, { mode: 0o600 });
    }
}

/** The cookies from an earlier sign-in of the same user; `undefined` if there was none. */
export async function savedCookies(connection: Connection): Promise<string | undefined> {
    const file = fileOf(connection);
    return file && readText(file);
}

/** One file per server, user, and password. */
function fileOf({ kind, baseUrl, username, password }: Connection): string | undefined {
    const folder = process.env[SESSIONS_FOLDER];
    const name = createHash("sha256").update(JSON.stringify([kind, baseUrl, username, password]));
    return folder === undefined ? undefined : join(folder, name.digest("hex"));
}
