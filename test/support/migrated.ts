import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, glob, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ServerName } from "../../sandbox/sandbox.ts";
import { project } from "../../toolchain/pulumi.ts";
import { manage } from "./manage.ts";

const sandbox = join(project, "sandbox");
const cache = join(project, ".toolchain", "test-databases");

/**
 * Gives a server that has no database yet an empty one with all tables, as its first start would make it: migrations are
 * half of that start's work.
 *
 * @param stateDirectory - the folder of all servers' folders.
 */
export async function provideDatabase(name: ServerName, stateDirectory: string): Promise<void> {
    const file = join(stateDirectory, name, "db.sqlite3");
    if (!existsSync(file)) {
        const migrated = await migratedDatabase(name);
        await mkdir(join(stateDirectory, name), { recursive: true, mode: 0o700 });
        await copyFile(migrated, file);
    }
}

/** A file that is made anew if the sandbox's programs changed. */
async function migratedDatabase(name: ServerName): Promise<string> {
    programs ??= hashPrograms();
    const file = join(cache, `${name}-${await programs}.sqlite3`);
    if (!existsSync(file)) {
        await mkdir(cache, { recursive: true });
        const state = await mkdtemp(join(cache, `${name}-`));
        await writeFile(join(state, "secret_key"), "of no server");
        await manage(name, state, "migrate", "--verbosity", "0");
        // Another test may have made it in the meantime.
        await rename(join(state, "db.sqlite3"), file);
        await rm(state, { recursive: true });
    }
    return file;
}

let programs: Promise<string> | undefined;

async function hashPrograms(): Promise<string> {
    const files: string[] = [];
    for await (const file of glob("**/*.{py,txt}", { cwd: sandbox })) {
        files.push(file);
    }
    const hash = createHash("sha256");
    for (const file of files.sort()) {
        hash.update(file).update(await readFile(join(sandbox, file)));
    }
    return hash.digest("hex").slice(0, 16);
}
