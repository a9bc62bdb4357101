import pRetry, { AbortError } from "p-retry";
import { type Answer, answerOf, type CommandOptions, runCommand } from "../command.ts";
import { ProviderError } from "../errors.ts";
import { waitUntil } from "../waiting.ts";

/** The label that names the owner of what this program creates in Docker: `project/stack`. */
export const OWNER_LABEL = "openedx-mit-integration.owner";

const EXEC_TRIES = 3;
/** How `docker compose exec` fails if the container is stopping (signals 9 and 15) or is not running at that moment. */
const INTERRUPTED = /exit code 1(37|43)\)|is not running|is restarting|stopped container|no such (exec|container)/i;
/** How long to wait for a restarting container, in seconds. */
const RESTART_PATIENCE = 120;
/** How long to wait for a starting database server, in seconds. */
const DATABASE_PATIENCE = 60;

/** Compose's own labels. */
export const composeLabels = {
    project: "com.docker.compose.project",
    service: "com.docker.compose.service",
    network: "com.docker.compose.network",
    oneOff: "com.docker.compose.oneoff",
    folder: "com.docker.compose.project.working_dir",
} as const;

/** The parts of a Docker network that are used here. */
export interface DockerNetwork {
    readonly name: string;
    /** The host's address in the network; `""` if it has none. */
    readonly gateway: string;
    readonly labels: Readonly<Record<string, string>>;
}

/** The /24 subnet (256 addresses) of a gateway: `172.30.80.0/24` for `172.30.80.1`. */
export function subnetOf(gateway: string): string {
    return gateway.replace(/\d+$/, "0/24");
}

/** Runs the Docker CLI, which knows the daemon and the context that the user chose. */
export const docker = (...args: readonly string[]): Promise<string> => runDocker(args);

/** Like {@link docker}, with options. */
export function runDocker(args: readonly string[], options?: CommandOptions): Promise<string> {
    return runCommand("docker", args, options);
}

/** Runs the Docker CLI where a failure is an answer, too, for instance because there is no Docker. */
export function tryDocker(args: readonly string[], options?: CommandOptions): Promise<Answer> {
    return answerOf("docker", args, options);
}

/** The lines that a Docker list command prints. */
export async function dockerLines(...args: readonly string[]): Promise<string[]> {
    return (await docker(...args)).split("\n").filter((line) => line !== "");
}

/** The arguments that limit a Docker list command to objects with all these labels. */
export function withLabels(labels: Readonly<Record<string, string>>): string[] {
    return Object.entries(labels).flatMap(([label, value]) => ["--filter", `label=${label}=${value}`]);
}

/** The daemon that the Docker CLI uses, from its current context; `""` if there is no Docker CLI. */
export async function dockerEndpoint(): Promise<string> {
    return (await tryDocker(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"])).stdout;
}

/** Marks `DOCKER_HOST` as set by {@link dockerHost}, not by the user. */
const HOST_OF_CONTEXT = "OPENEDX_DOCKER_HOST_OF_CONTEXT";

/**
 * The variable that points the resources of `@pulumi/docker` at the Docker CLI's daemon, since they don't support contexts.
 * Empty if it is already set, or if the endpoint is neither a socket, a named pipe, nor SSH: a TCP context may have
 * certificates, which the variable can't carry.
 */
export async function dockerHost(): Promise<Readonly<Record<string, string>>> {
    const isSet = (process.env["DOCKER_HOST"] ?? "") !== "";
    const endpoint = isSet ? "" : await dockerEndpoint();
    return /^(unix|npipe|ssh):/.test(endpoint) ? { DOCKER_HOST: endpoint, [HOST_OF_CONTEXT]: "true" } : {};
}

/**
 * Unsets that variable for Compose: a Compose file may pass it to containers, whose environment would then differ from what
 * a plain `docker compose up` gives them.
 */
export function withoutDockerHost(): { readonly DOCKER_HOST?: undefined } {
    return process.env[HOST_OF_CONTEXT] === "true" ? { DOCKER_HOST: undefined } : {};
}

/** The subnets of every network. */
export async function networkSubnets(): Promise<{ readonly network: string; readonly subnets: readonly string[] }[]> {
    const format = "{{.Name}}{{range .IPAM.Config}} {{.Subnet}}{{end}}";
    const ids = await dockerLines("network", "ls", "--quiet");
    // Docker prints the others if one is gone by now.
    const { stdout } = await tryDocker(["network", "inspect", "--format", format, ...ids]);
    const lines = stdout.split("\n").map((line) => line.split(" "));
    return lines.map(([network = "", ...subnets]) => ({ network, subnets }));
}

/** A network by its exact name or id, or `undefined` if there is none. */
export async function findNetwork(name: string): Promise<DockerNetwork | undefined> {
    const answer = await unlessMissing(docker("network", "inspect", name));
    const [network] = (answer === undefined ? [] : JSON.parse(answer)) as {
        Name: string;
        Labels: Record<string, string> | null;
        IPAM: { Config: { Gateway?: string }[] | null };
    }[];
    return (
        network && {
            name: network.Name,
            gateway: network.IPAM.Config?.[0]?.Gateway ?? "",
            labels: network.Labels ?? {},
        }
    );
}

/**
 * The ids of a Compose project's containers, including stopped ones.
 *
 * @param conditions - more filters for `docker ps`, for instance `status=running`.
 */
export function projectContainers(project: string, ...conditions: readonly string[]): Promise<string[]> {
    const filters = conditions.flatMap((condition) => ["--filter", condition]);
    return dockerLines(
        ...["ps", "--all", "--quiet", "--no-trunc", ...withLabels({ [composeLabels.project]: project }), ...filters],
    );
}

/** The running container that publishes a port of this machine, and its Compose project; `""` if it has none. */
export async function publisherOf(
    port: number,
): Promise<{ readonly container: string; readonly project: string } | undefined> {
    const format = `{{.Names}}\t{{.Label "${composeLabels.project}"}}`;
    const [line] = await dockerLines("ps", "--filter", `publish=${port}`, "--format", format);
    const [container = "", project = ""] = line?.split("\t") ?? [];
    return line === undefined ? undefined : { container, project };
}

/** Removes containers but not their volumes, which may be databases; no error if they are already gone. */
export async function removeContainers(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) {
        await unlessMissing(docker("rm", "--force", ...ids));
    }
}

/** Removes a network; no error if it is already gone. */
export async function removeNetwork(name: string): Promise<void> {
    await unlessMissing(docker("network", "rm", name));
}

/** The result of a query, or `undefined` if Docker says that the object does not exist. */
export async function unlessMissing<Result>(inquiry: Promise<Result>): Promise<Result | undefined> {
    try {
        return await inquiry;
    } catch (error) {
        if (
            error instanceof ProviderError &&
            /no such (container|image|network|object|volume)|network \S+ not found/i.test(error.message)
        ) {
            return undefined;
        }
        throw error;
    }
}

/**
 * Runs a command in the running container of a Compose service. If the container restarts, the command dies with it: wait
 * for the container, then run the command again.
 *
 * @param options - for the command; `patienceSeconds` is how long to wait for a container that is not running.
 * @throws ProviderError if the command fails, or if the container does not come back, with the command that shows its logs.
 */
export function composeExec(
    project: string,
    service: string,
    command: readonly string[],
    { patienceSeconds = RESTART_PATIENCE, ...options }: CommandOptions & { readonly patienceSeconds?: number } = {},
): Promise<string> {
    const seeLogs = `See why: ${service === "lms" ? "tutor dev" : `docker compose --project-name ${project}`} logs ${service}`;
    const expectRunning = async () => {
        if ((await runningContainer(project, service)) === "") {
            throw new ProviderError(`The container of ${service} (project ${project}) is not running. ${seeLogs}`);
        }
    };
    return pRetry(
        async () => {
            try {
                const exec = ["compose", "--project-name", project, "exec", "-T", service, ...command];
                return await runDocker(exec, options);
            } catch (error) {
                if (!(error instanceof ProviderError && INTERRUPTED.test(error.message))) {
                    throw new AbortError(error as Error);
                }
                await waitUntil(expectRunning, patienceSeconds).catch((reason: unknown) => {
                    throw new AbortError(reason as Error);
                });
                throw new ProviderError(`The container keeps restarting. ${seeLogs}\n${error.message}`);
            }
        },
        { retries: EXEC_TRIES - 1 },
    );
}

/** The id of a Compose service's running container; `""` if there is none. */
export async function runningContainer(project: string, service: string): Promise<string> {
    const [id = ""] = await projectContainers(
        project,
        `label=${composeLabels.service}=${service}`,
        `label=${composeLabels.oneOff}=False`,
        "status=running",
    );
    return id;
}

/**
 * Waits for a container to exit.
 *
 * @throws ProviderError with its last output if it does not exit successfully.
 */
export async function expectCompleted(name: string): Promise<void> {
    const code = await docker("wait", name);
    if (code !== "0") {
        const said = await docker("logs", "--tail", "10", name);
        throw new ProviderError(
            `The container ${name} exited with code ${code}, but other services need it to succeed. ` +
                `See docker logs ${name}${said === "" ? "" : `:\n    ${said.replaceAll("\n", "\n    ")}`}`,
        );
    }
}

/**
 * Waits until a database server in a container accepts connections.
 *
 * @param service - the server's service in a Compose project.
 * @param user - a user who can sign in without a password inside the container, as in the official PostgreSQL images.
 * @throws ProviderError if it has no database with that name, with the command that creates one.
 */
export async function expectDatabase(project: string, service: string, user: string, database: string): Promise<void> {
    const query = `SELECT count(*) FROM pg_database WHERE datname = '${database.replaceAll("'", "''")}'`;
    // The image accepts no TCP connections while it initializes the server.
    const psql = ["psql", "--host", "127.0.0.1", "--username", user, "--dbname", "template1", "--tuples-only"];
    let count = "";
    await waitUntil(async () => {
        count = await composeExec(project, service, [...psql, "--no-align", "--command", query]);
    }, DATABASE_PATIENCE);
    if (count === "0") {
        throw new ProviderError(
            `The database server ${service} has no database ${database}: its data is older than the script that creates it, ` +
                "which only runs on new data. Create it, then run the command again: " +
                `docker compose --project-name ${project} exec ${service} createdb --username ${user} ${database}`,
        );
    }
}

/** @throws ProviderError if this machine does not have the image. */
export async function expectImage(name: string): Promise<void> {
    if ((await docker("image", "ls", "--quiet", name)) === "") {
        throw new ProviderError(
            `The image ${name} is not on this machine, and the Compose file forbids pulling it (pull_policy: never). ` +
                "Build or load it.",
        );
    }
}
