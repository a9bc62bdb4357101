import { createHash } from "node:crypto";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { readText } from "../../files/files.ts";
import type { Connection } from "../connection.ts";

/*
 * `pulumi up` plans in one process and carries out in another. With `--refresh` both look at the servers, and Open edX takes
 * 30 sign-ins in five minutes: so the second goes on with the session of the first. Only the cookies are kept, for the
 * command's own processes, until it ends.
 */

/** The variable of the environment that names the folder for one command's sessions. Default: none is kept. */
export const SESSIONS_FOLDER = "OPENEDX_SESSIONS_FOLDER";

/** Keeps the cookies of a user who signed in, in a file for its owner only. */
export async function keepCookies(connection: Connection, cookies: string): Promise<void> {
    const file = fileOf(connection);
    if (file !== undefined) {
        await writeFileAtomic(file, cookies, { mode: 0o600 });
    }
}

/** The cookies with which the same user signed in before; `undefined` where nobody did. */
export async function keptCookies(connection: Connection): Promise<string | undefined> {
    const file = fileOf(connection);
    return file && readText(file);
}

/** One file for each server, user and password. */
function fileOf({ kind, baseUrl, username, password }: Connection): string | undefined {
    const folder = process.env[SESSIONS_FOLDER];
    const name = createHash("sha256").update(JSON.stringify([kind, baseUrl, username, password]));
    return folder === undefined ? undefined : join(folder, name.digest("hex"));
}
