import { join } from "node:path";
import { execa } from "execa";

/** The variables that a reader finds in a `.env` file. */
export type Reading = Readonly<Record<string, string>>;

/** A generator of the same numbers from 0 up to 1 on every run (mulberry32). */
export function randomNumbers(seed: number): () => number {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/**
 * How Compose reads many files, in one run: each is the `env_file` of a service.
 *
 * @throws Error with Compose's message if it can't read one of them.
 */
export async function readByCompose(files: readonly string[], folder: string): Promise<Reading[]> {
    const services = Object.fromEntries(files.map((file, index) => [`s${index}`, { image: "none", env_file: [file] }]));
    const args = ["compose", "--project-directory", folder, "--file", "-", "config", "--format", "json"];
    const { stdout } = await execa("docker", args, {
        cwd: folder,
        input: JSON.stringify({ name: "files", services }),
        // Takes no variables from this machine, and reads no `.env` in the folder.
        extendEnv: false,
        env: { PATH: process.env["PATH"], DOCKER_CONFIG: process.env["DOCKER_CONFIG"], COMPOSE_DISABLE_ENV_FILE: "1" },
        maxBuffer: 1e9,
    });
    const read = JSON.parse(stdout) as { services: Record<string, { environment?: Record<string, string | null> }> };
    return files.map((_file, index) =>
        Object.fromEntries(
            Object.entries(withValues(read.services[`s${index}`]?.environment ?? {}))
                // A bare name at the very end, which Compose takes for a value.
                .filter(([key]) => key !== "")
                .map(([key, value]) => [key, value.replaceAll("$$", () => "$")]),
        ),
    );
}

/** Drops names without a value: they are unset. */
function withValues(read: Readonly<Record<string, string | null>>): Reading {
    return Object.fromEntries(Object.entries(read).filter((entry): entry is [string, string] => entry[1] !== null));
}

const python = join(import.meta.dirname, "../../.toolchain/venv/xpro/bin/python");

/** How python-dotenv reads many files. Each byte that is not UTF-8 becomes a surrogate. */
export async function readByPython(files: readonly string[]): Promise<Reading[]> {
    const program = `
import json, logging, sys
from dotenv import dotenv_values
logging.disable()
def read(file):
    with open(file, encoding="utf-8", errors="surrogateescape") as stream:
        return dotenv_values(stream=stream)
print(json.dumps([read(file) for file in json.load(sys.stdin)]))
`;
    const { stdout } = await execa(python, ["-c", program], {
        input: JSON.stringify(files),
        extendEnv: false,
        maxBuffer: 1e9,
    });
    return (JSON.parse(stdout) as Record<string, string | null>[]).map(withValues);
}
