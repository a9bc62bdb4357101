import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";
import { joinProfiles, parseDotEnv, unreadableOutside, withBlock } from "../dynamic-providers/files/dotEnvBlock.ts";
import { missingCheckout } from "../dynamic-providers/files/dotEnvFaults.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { compose, composeFiles, composeFilesVariables } from "./composeCommand.ts";
import { composeFile, type composeService } from "./composeFile.ts";
import { Fault } from "./faults.ts";

const text = z.string();

/** The key that holds environment values in the project passed to Compose. */
const VARIABLES = "x-variables";
/** Compose uses it as the platform of services that don't set one. */
const DEFAULT_PLATFORM = "DOCKER_DEFAULT_PLATFORM";

const fileObjects = z.record(text, z.looseObject({ environment: text.optional() })).default({});
/** The parts of the Compose files that are read before interpolation. */
const composeModel = z.looseObject({
    secrets: fileObjects,
    configs: fileObjects,
    networks: z.record(text, z.unknown()).default({}),
    volumes: z.record(text, z.unknown()).default({}),
    services: z.record(
        text,
        z.looseObject({
            env_file: z.array(z.looseObject({ path: text, required: z.boolean().default(true) })).default([]),
            environment: z.union([z.record(text, z.unknown()), z.array(text)]).default([]),
        }),
    ),
});
type ComposeModel = z.infer<typeof composeModel>;

/** A service as normalized by Compose, with its environment files merged into `environment`. */
export type ComposeService = z.infer<typeof composeService> & {
    /** Whether its environment includes anything from an environment file such as `.env`, which may be secret. */
    readonly readsEnvFile: boolean;
};

/**
 * A Compose project as normalized by `docker compose config`, with profiles, overrides and interpolation applied. Its
 * strings may contain placeholders for values that are secret or not known yet.
 */
export interface ComposeProject extends Omit<z.infer<typeof composeFile>, "services"> {
    /** The folder with the Compose files, absolute. */
    readonly folder: string;
    /** The Compose files, absolute. */
    readonly files: readonly string[];
    readonly services: Readonly<Record<string, ComposeService>>;
    /** The variables from the environment and `.env` that secrets and configs use, and those that this program asks for. */
    readonly variables: Readonly<Record<string, string>>;
    /**
     * The keys whose values contain variables, such as `services.web.command`: what Compose interpolates, for instance from
     * `.env`, may be secret.
     */
    readonly interpolated: readonly string[];
    /** The whole normalized file, as JSON. */
    readonly normalized: string;
}

/**
 * Asks Compose for the project in a folder. The folder's `.env` doesn't have to exist: the block's lines are passed in, and
 * whatever is outside the managed block is added. The block's own values aren't read, so Compose never sees a secret.
 *
 * @param folder - the checkout, absolute.
 * @param lines - the lines of the managed block, with placeholders for what is secret or not known yet.
 * @throws Fault with Compose's error message, or with every key that it doesn't support.
 */
export async function detectComposeProject(
    folder: string,
    lines: Readonly<Record<string, string>>,
): Promise<ComposeProject> {
    if (!existsSync(folder)) {
        const { what, remedy } = missingCheckout(folder);
        throw new Fault(what, remedy);
    }
    const copies = await mkdtemp(join(tmpdir(), "env-"));
    try {
        const file = join(folder, ".env");
        const files = new Map([[file, await copyManaged(file, lines, join(copies, ".env"))]]);
        const env = { ...lines, ...profilesOfShell(lines), COMPOSE_ENV_FILES: files.get(file) ?? "" };
        const run = (args: readonly string[], input = "") => compose(folder, args, { env, input, copies: files });
        const model = composeModel.parse(JSON.parse(await run(["config", "--no-interpolate", "--format", "json"])));
        const input = JSON.stringify({
            ...(await withCopiedEnvFiles(model, files, copies)),
            [VARIABLES]: usedVariables(model),
        });
        const output = await run(["--file", "-", "config", "--format", "json"], input);
        // Compose escapes `$` as `$$` so that its output can be its input, but writes the limit -1 in a form it rejects.
        const normalized = output.replaceAll("$$", "$").replaceAll('"memswap_limit": "-1"', '"memswap_limit": -1');
        const written = JSON.parse(normalized) as { readonly [VARIABLES]?: Record<string, string> };
        const variables = written[VARIABLES] ?? {};
        const { data, error } = composeFile.safeParse(withoutExtensions(written));
        if (error !== undefined) {
            throw new Fault(
                `The Compose project in ${folder} uses unsupported keys:\n` +
                    error.issues.map((issue) => `      ${describe(issue)}`).join("\n"),
                "remove them, for example in docker-compose.override.yml, or start the containers yourself: " +
                    pulumiCommand("config set applicationFrom external"),
            );
        }
        expectFiles(folder, data);
        const services = Object.entries(data.services).map(([name, definition]) => [
            name,
            {
                ...definition,
                platform: definition.platform ?? defaultPlatform(variables),
                readsEnvFile: readsEnvFile(model, name),
            },
        ]);
        return {
            ...data,
            folder,
            files: composeFiles(folder, variables),
            normalized,
            variables,
            interpolated: interpolatedKeys(model),
            services: Object.fromEntries(services) as ComposeProject["services"],
        };
    } finally {
        await rm(copies, { recursive: true, force: true });
    }
}

/**
 * Adds the LMS's host to `extra_hosts` of the containers that read `.env` and already map a host to this machine; older
 * checkouts use other host names for the LMS. The config hashes still match the Compose files, so `docker compose up` leaves
 * these containers alone.
 */
export function withHost(project: ComposeProject, host: string): ComposeProject {
    const services = Object.entries(project.services).map(([name, service]) => {
        const { extra_hosts: hosts, readsEnvFile: reads } = service;
        const lacksIt =
            reads &&
            hosts.some((entry) => entry.endsWith("=host-gateway")) &&
            !hosts.some((entry) => entry.startsWith(`${host}=`));
        return [name, lacksIt ? { ...service, extra_hosts: [...hosts, `${host}=host-gateway`] } : service];
    });
    return { ...project, services: Object.fromEntries(services) as ComposeProject["services"] };
}

/** @throws Fault listing each file a container needs that doesn't exist; Docker would create a folder by that name. */
function expectFiles(folder: string, { services, secrets, configs }: z.infer<typeof composeFile>): void {
    const needed = Object.entries(services).flatMap(([service, { volumes, security_opt, ...references }]) => [
        ...volumes.flatMap((volume) =>
            volume.type === "bind" && volume.bind !== undefined && volume.bind.create_host_path !== true
                ? { file: volume.source, by: `services.${service}.volumes` }
                : [],
        ),
        ...(security_opt ?? []).flatMap((option) => {
            const file = seccompProfile(option);
            return file === undefined ? [] : { file, by: `services.${service}.security_opt` };
        }),
        ...(references.secrets ?? []).map(({ source }) => ({ file: secrets[source]?.file, by: `secrets.${source}` })),
        ...(references.configs ?? []).map(({ source }) => ({ file: configs[source]?.file, by: `configs.${source}` })),
    ]);
    const missing = needed.flatMap(({ file, by }) =>
        file === undefined || existsSync(resolve(folder, file)) ? [] : `${by}: ${resolve(folder, file)}`,
    );
    if (missing.length > 0) {
        throw new Fault(
            `The Compose project in ${folder} needs files that do not exist:\n` +
                [...new Set(missing)].map((line) => `      ${line}`).join("\n"),
            "create them",
        );
    }
}

/** The seccomp profile that a `security_opt` option names, if it's a file. */
export function seccompProfile(option: string): string | undefined {
    const [, file] = /^seccomp[=:](?!unconfined$|builtin$)(.+)$/.exec(option) ?? [];
    return file;
}

function defaultPlatform({ [DEFAULT_PLATFORM]: platform = "" }: Readonly<Record<string, string>>): string | undefined {
    return platform === "" ? undefined : platform;
}

/** The environment variables this program needs, as references for Compose to interpolate. */
function usedVariables({ secrets, configs }: ComposeModel): Record<string, string> {
    const sources = [...Object.values(secrets), ...Object.values(configs)].flatMap(
        ({ environment }) => environment ?? [],
    );
    const own = [DEFAULT_PLATFORM, ...composeFilesVariables];
    return Object.fromEntries([...sources, ...own].map((name) => [name, `\${${name}-}`]));
}

/** Copies the file with the managed block, replaced with the given lines: placeholders for what is secret. */
async function copyManaged(file: string, lines: Readonly<Record<string, string>>, copy: string): Promise<string> {
    const content = existsSync(file) ? await readFile(file, "latin1") : "";
    expectReadable(file, content);
    await writeFile(copy, withBlock(parseDotEnv(content), "block", lines), { encoding: "latin1", mode: 0o600 });
    return copy;
}

/** @throws Fault with the line Compose can't read, not its text. Compose's own error miscounts lines and quotes secrets. */
function expectReadable(file: string, content: string): void {
    const unreadable = unreadableOutside(parseDotEnv(content));
    if (unreadable !== undefined) {
        throw new Fault(
            `${file}, line ${unreadable.line}: Compose can't read it, as ${unreadable.reason}`,
            "correct that line",
        );
    }
}

/** The stack's profiles and the shell's combined, because either would override the other. */
function profilesOfShell({ COMPOSE_PROFILES: profiles }: Readonly<Record<string, string>>): Record<string, string> {
    return profiles === undefined
        ? {}
        : { COMPOSE_PROFILES: joinProfiles(profiles, process.env["COMPOSE_PROFILES"] ?? "") };
}

/** Whether a service has an environment file, or variables Compose fills in: `${NAME}`, or a name without a value. */
function readsEnvFile({ services }: ComposeModel, name: string): boolean {
    const { env_file = [], environment = [] } = services[name] ?? {};
    const values = Array.isArray(environment)
        ? environment.map((entry) => (entry.includes("=") ? entry : null))
        : Object.values(environment);
    return env_file.length > 0 || values.some((value) => value === null || hasVariable(value));
}

function interpolatedKeys({ services, networks, volumes }: ComposeModel): string[] {
    return Object.entries({ services, networks, volumes }).flatMap(([section, items]) =>
        Object.entries(items).flatMap(([name, item]) =>
            Object.entries((item as object | null) ?? {})
                .filter(([, value]) => hasVariable(value))
                .map(([key]) => `${section}.${name}.${key}`),
        ),
    );
}

/** Whether Compose interpolates anything here; `$$` is a literal dollar sign. */
function hasVariable(value: unknown): boolean {
    return JSON.stringify(value).replaceAll("$$", "").includes("$");
}

/**
 * The project with its environment files replaced by copies; a missing optional one becomes an empty file.
 *
 * @param files - the copies by original file; new ones are added.
 */
async function withCopiedEnvFiles(
    model: ComposeModel,
    files: Map<string, string>,
    copies: string,
): Promise<ComposeModel> {
    for (const { path, required } of Object.values(model.services).flatMap(({ env_file }) => env_file)) {
        if (!files.has(path)) {
            if (required && !existsSync(path)) {
                throw new Fault(`${path}, an env_file of the Compose project, does not exist`, "create it");
            }
            const copy = join(copies, `${files.size}.env`);
            const content = existsSync(path) ? await readFile(path, "latin1") : "";
            expectReadable(path, content);
            await writeFile(copy, content, { encoding: "latin1", mode: 0o600 });
            files.set(path, copy);
        }
    }
    const services = Object.entries(model.services).map(([name, definition]) => {
        const env_file = definition.env_file.map((file) => ({ ...file, path: files.get(file.path) ?? file.path }));
        return [name, { ...definition, env_file }];
    });
    return { ...model, services: Object.fromEntries(services) as ComposeModel["services"] };
}

/** The TCP ports a project's services publish on this machine. */
export function publishedPorts({ services }: Pick<ComposeProject, "services">): number[] {
    return Object.values(services)
        .flatMap(({ ports }) => ports)
        .filter(({ protocol }) => protocol === "tcp")
        .flatMap(({ published }) => (published === undefined ? [] : Number(published)));
}

/** Without `x-` keys, which are for the file's author. */
function withoutExtensions(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => !key.startsWith("x-"))
            .map(([key, inside]) => [key, key === "environment" ? (inside as unknown) : withoutExtensions(inside)]),
    );
}

function describe(issue: z.core.$ZodIssue): string {
    const place = issue.path.join(".");
    return issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => [place, key].filter(Boolean).join(".")).join(", ")
        : `${place}: ${issue.message}`;
}
