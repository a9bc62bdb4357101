import { pbkdf2Sync } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { matchesPbkdf2 } from "../../dynamic-providers/openedx/django-admin/hashedSecret.ts";
import { NOTES_FOLDER } from "../../dynamic-providers/formerValues.ts";
import type { MitApplication, Server } from "../../sandbox/sandbox.ts";

/** A server's content in a comparable form: rows as texts, by table. */
export type Content = Readonly<Record<string, readonly string[]>>;

/** The servers' content, to restore while they run. */
export interface Snapshot {
    readonly databases: readonly string[];
    readonly envFile: string | undefined;
    /** The saved values from before an adoption, by file name. */
    readonly notes: Readonly<Record<string, string>>;
}

/** Tables that say nothing about a server's configuration. */
const IGNORED = /^(sqlite_|django_(session|admin_log|migrations|content_type)|auth_permission|.*login_?failures)/;

let snapshots = 0;

/** Saves the servers' content: their databases, the application's `.env` and the notes. */
export async function takeSnapshot(servers: readonly Server[]): Promise<Snapshot> {
    snapshots++;
    const databases = servers.map((server) => {
        const file = join(server.stateDirectory, `snapshot-${snapshots}.sqlite3`);
        withDatabase(server, (database) => {
            database.prepare("VACUUM INTO ?").run(file);
        });
        return file;
    });
    return { databases, envFile: await readEnvFile(servers), notes: await readNotes() };
}

/** The folder of this process's notes. */
const notesFolder = () => process.env[NOTES_FOLDER] ?? "";

async function readNotes(): Promise<Record<string, string>> {
    const names: string[] = await readdir(notesFolder()).catch(() => []);
    return Object.fromEntries(
        await Promise.all(
            names.map(async (name) => [name, await readFile(join(notesFolder(), name), "utf8")] as const),
        ),
    );
}

/** The files with secrets, and the notes folder, that users other than the owner can access. */
export async function readableFiles(servers: readonly Server[]): Promise<string[]> {
    const envFile = envFileOf(servers);
    const notes = Object.keys(await readNotes()).map((name) => join(notesFolder(), name));
    const files = [...(envFile === undefined ? [] : [envFile]), notesFolder(), ...notes];
    const modes = await Promise.all(
        files.map((file) =>
            stat(file).then(
                ({ mode }) => mode,
                () => 0,
            ),
        ),
    );
    return files.filter((_file, index) => ((modes[index] ?? 0) & 0o077) !== 0);
}

/** Restores a snapshot to the servers it was taken from, while they run. */
export async function restoreSnapshot(servers: readonly Server[], snapshot: Snapshot): Promise<void> {
    for (const [index, server] of servers.entries()) {
        withDatabase(server, (database) => {
            database.prepare("ATTACH ? AS former").run(snapshot.databases[index] ?? "");
            database.exec("BEGIN IMMEDIATE");
            for (const table of tables(database, "former")) {
                database.exec(
                    `DELETE FROM main."${table}"; INSERT INTO main."${table}" SELECT * FROM former."${table}"`,
                );
            }
            database.exec(
                "DELETE FROM main.sqlite_sequence; INSERT INTO main.sqlite_sequence SELECT * FROM former.sqlite_sequence",
            );
            database.exec("COMMIT");
        });
        // The LMS's cache is not in its database.
        const cache = join(server.stateDirectory, "cache");
        const cached = await readdir(cache).catch(() => []);
        await Promise.all(cached.map((name) => rm(join(cache, name), { recursive: true, force: true })));
    }
    const envFile = envFileOf(servers);
    if (envFile !== undefined) {
        await (snapshot.envFile === undefined
            ? rm(envFile, { force: true })
            : writeFile(envFile, snapshot.envFile, { mode: 0o600 }));
    }
    await rm(notesFolder(), { recursive: true, force: true });
    await mkdir(notesFolder(), { recursive: true, mode: 0o700 });
    for (const [name, text] of Object.entries(snapshot.notes)) {
        await writeFile(join(notesFolder(), name), text, { mode: 0o600 });
    }
}

/** Runs SQL on a server's database, like a script on the server. */
export function runSql(server: Server, sql: string): void {
    withDatabase(server, (database) => {
        database.exec(sql);
    });
}

/** Sets a user's password on a server, hashed as the sandbox does for tests. */
export function setPassword(server: Server, username: string, password: string): void {
    const hash = pbkdf2Sync(password, "salt", 10, 32, "sha256").toString("base64");
    withDatabase(server, (database) => {
        const sql = database.prepare("UPDATE auth_user SET password = ? WHERE username = ?");
        if (sql.run(`pbkdf2_sha256$10$salt$${hash}`, username).changes !== 1) {
            throw new Error(`${server.name} has no user ${username}.`);
        }
    });
}

/** The keys of a server's sessions: whoever has one is signed in. */
export function sessionKeys(server: Server): string[] {
    return withDatabase(server, (database) =>
        database
            .prepare("SELECT session_key FROM django_session")
            .all()
            .map((row) => String(row["session_key"])),
    );
}

/** Ends every session on a server. */
export function endSessions(server: Server): void {
    runSql(server, "DELETE FROM django_session");
}

/**
 * The servers' content without what differs from run to run: foreign keys become what they refer to; ids and times are
 * dropped, except for the date in `expires`; a hash becomes the one of the given secrets that it matches.
 */
export async function contentOf(servers: readonly Server[], secrets: readonly string[]): Promise<Content> {
    const content: Record<string, readonly string[]> = {};
    for (const server of servers) {
        const rows = withDatabase(server, (database) =>
            tables(database, "main").flatMap((table) => describeRows(database, table)),
        );
        for (const { table, values } of rows) {
            const described = await Promise.all(
                Object.entries(values).map(async ([column, value]) => `${column}=${await withoutHash(value, secrets)}`),
            );
            const name = `${server.name} ${table}`;
            content[name] = [...(content[name] ?? []), described.join(" ")].sort();
        }
    }
    content["application .env"] = ((await readEnvFile(servers)) ?? "(none)").split("\n");
    return content;
}

/** A row by its id, named as in {@link contentOf}; `undefined` if there is none. */
export function rowById(server: Server, table: string, id: string): string | undefined {
    return withDatabase(server, (database) => {
        const row = database.prepare(`SELECT * FROM "${table}" WHERE id = ?`).get(id);
        return row === undefined ? undefined : nameOf(row);
    });
}

function describeRows(database: DatabaseSync, table: string): { table: string; values: Record<string, string> }[] {
    if (IGNORED.test(table)) {
        return [];
    }
    const references = new Map(
        database
            .prepare(`SELECT "from", "table" FROM pragma_foreign_key_list(?)`)
            .all(table)
            .map((row) => [String(row["from"]), String(row["table"])]),
    );
    const columns = database.prepare("SELECT name, type FROM pragma_table_info(?)").all(table);
    const kept = columns.flatMap(({ name, type }) =>
        name === "id" || (/^date/i.test(String(type)) && name !== "expires") ? [] : [String(name)],
    );
    return database
        .prepare(`SELECT * FROM "${table}"`)
        .all()
        .map((row) => ({
            table,
            values: Object.fromEntries(
                kept.map((column) => {
                    const target = references.get(column);
                    const value = row[column];
                    if (target === undefined || value === null) {
                        return [column, column === "expires" ? String(value).slice(0, 10) : String(value)];
                    }
                    const referred = database.prepare(`SELECT * FROM "${target}" WHERE id = ?`).get(value ?? null);
                    return [column, referred === undefined ? "(nothing)" : nameOf(referred)];
                }),
            ),
        }));
}

/** What identifies a row, regardless of its id. */
function nameOf(row: Readonly<Record<string, unknown>>): string {
    const columns = ["username", "domain", "token", "client_id", "key", "name", "codename", "model"];
    return columns.map((column) => row[column]).find((value) => typeof value === "string") ?? JSON.stringify(row);
}

const known = new Map<string, Promise<boolean | undefined>>();

async function withoutHash(value: string, secrets: readonly string[]): Promise<string> {
    if (!value.startsWith("pbkdf2_")) {
        return value;
    }
    for (const secret of secrets) {
        const question = `${secret} ${value}`;
        const answer = known.get(question) ?? matchesPbkdf2(secret, value);
        known.set(question, answer);
        if ((await answer) === true) {
            return `the hash of ${secret}`;
        }
    }
    return "another hash";
}

function tables(database: DatabaseSync, schema: "main" | "former"): string[] {
    const sql = `SELECT name FROM ${schema}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`;
    return database
        .prepare(sql)
        .all()
        .map(({ name }) => String(name));
}

function withDatabase<Result>(server: Server, use: (database: DatabaseSync) => Result): Result {
    const file = join(server.stateDirectory, "db.sqlite3");
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    try {
        database.exec("PRAGMA busy_timeout = 30000");
        return use(database);
    } finally {
        database.close();
    }
}

function envFileOf(servers: readonly Server[]): string | undefined {
    return servers.map((server) => (server as Partial<MitApplication>).envFile).find((file) => file !== undefined);
}

async function readEnvFile(servers: readonly Server[]): Promise<string | undefined> {
    const file = envFileOf(servers);
    return file === undefined ? undefined : readFile(file, "utf8").catch(() => undefined);
}
