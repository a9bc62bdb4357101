import { join } from "node:path";
import { execa } from "execa";

/** What a reader makes of a `.env` file: its variables, or nothing where it can't read it. */
export type Reading = Readonly<Record<string, string>>;

/** The same numbers from 0 up to 1 on every run (mulberry32). */
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
 * What Compose makes of many files, in one run: each is the `env_file` of a service.
 *
 * @throws Error in Compose's words where it can't read one of them.
 */
export async function readByCompose(files: readonly string[], folder: string): Promise<Reading[]> {
    const services = Object.fromEntries(files.map((file, index) => [`s${index}`, { image: "none", env_file: [file] }]));
    const args = ["compose", "--project-directory", folder, "--file", "-", "config", "--format", "json"];
    const { stdout } = await execa("docker", args, {
        cwd: folder,
        input: JSON.stringify({ name: "files", services }),
        // Nothing of the machine's is filled in, and no file in the folder is read.
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

/** A name without a value is one that nobody set. */
function withValues(read: Readonly<Record<string, string | null>>): Reading {
    return Object.fromEntries(Object.entries(read).filter((entry): entry is [string, string] => entry[1] !== null));
}

const python = join(import.meta.dirname, "../../.toolchain/venv/xpro/bin/python");

/** What python-dotenv makes of many files. What is not UTF-8 in them is one surrogate a byte. */
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
