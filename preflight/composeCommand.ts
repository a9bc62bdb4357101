import { existsSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { lastLines } from "../dynamic-providers/command.ts";
import { runDocker, tryDocker, withoutDockerHost } from "../dynamic-providers/docker/docker.ts";
import { type DotEnv, valuesOutside } from "../dynamic-providers/files/dotEnvBlock.ts";
import { Fault } from "./faults.ts";

/**
 * Compose's config hash for each service. `docker compose up` and `run` don't touch a container labeled with that hash.
 *
 * @param normalized - the project with every placeholder filled in; passed to Compose on standard input.
 */
export async function serviceHashes(folder: string, normalized: string): Promise<Readonly<Record<string, string>>> {
    const args = ["--profile", "*", "--file", "-", "config", "--no-interpolate", "--hash", "*"];
    const output = await compose(folder, args, { input: normalized });
    return Object.fromEntries(output.split("\n").map((line) => line.split(" ", 2) as [string, string]));
}

/**
 * Builds a service's image with Compose, from the checkout as it is, and streams the output.
 *
 * @throws ProviderError with the last lines of output.
 */
export async function buildImage(
    { folder, files }: { readonly folder: string; readonly files: readonly string[] },
    service: string,
): Promise<void> {
    const project = ["--project-directory", folder, ...files.flatMap((file) => ["--file", file]), "--profile", "*"];
    await runDocker(["compose", "--progress", "plain", ...project, "build", service], {
        show: true,
        env: withoutDockerHost(),
    });
}

/** A checkout's existing Compose files, as named by the shell or `.env`, without asking Compose. */
export function filesOfCheckout(folder: string, env: DotEnv): string[] {
    const files = composeFiles(folder, { ...valuesOutside(env), ...process.env });
    return files.filter((file) => existsSync(file));
}

/** The variables that name a project's Compose files. */
export const composeFilesVariables = ["COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"] as const;

/**
 * The files Compose reads in a folder: those named in a variable, otherwise the first of each kind.
 *
 * @param variables - the shell's and `.env`'s; an empty one counts as not set.
 */
export function composeFiles(
    folder: string,
    variables: Partial<Record<(typeof composeFilesVariables)[number], string>>,
): string[] {
    const { COMPOSE_FILE: named = "", COMPOSE_PATH_SEPARATOR: separator = "" } = variables;
    if (named !== "") {
        return named.split(separator === "" ? delimiter : separator).map((file) => resolve(folder, file));
    }
    return [
        ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"],
        [
            "compose.override.yml",
            "compose.override.yaml",
            "docker-compose.override.yml",
            "docker-compose.override.yaml",
        ],
    ].flatMap((names) => names.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? []);
}

/** How to run `docker compose`. */
interface ComposeOptions {
    /** Variables on top of this process's environment. */
    readonly env?: Readonly<Record<string, string>>;
    /** Standard input. */
    readonly input?: string;
    /** The copies that Compose reads, by original file. */
    readonly copies?: ReadonlyMap<string, string>;
}

/**
 * Runs `docker compose` for the project in a folder.
 *
 * @returns its standard output.
 * @throws Fault with its error message, which names the original files instead of their copies.
 */
export async function compose(
    folder: string,
    args: readonly string[],
    { env = {}, input = "", copies = new Map() }: ComposeOptions = {},
): Promise<string> {
    const result = await tryDocker(["compose", "--project-directory", folder, ...args], {
        cwd: folder,
        env: { ...withoutDockerHost(), ...env },
        input,
    });
    if (result.failed) {
        const message = [...copies].reduce((text, [file, copy]) => text.replaceAll(copy, file), lastLines(result));
        // What Compose can't interpolate may be secret.
        const shown = message.replace(/(Invalid template): .*/, "$1");
        throw new Fault(`docker compose config fails in ${folder}: ${shown}`, "correct the file that it names");
    }
    return result.stdout;
}
