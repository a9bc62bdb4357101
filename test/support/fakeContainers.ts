import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { project } from "../../toolchain/pulumi.ts";
import { fakeCommands } from "./fakeCommands.ts";

/** What a process has of its own that stands for a container. */
export interface Inside {
    /** The addresses of hosts, names or addresses; others lead nowhere. */
    readonly hosts: Readonly<Record<string, string>>;
    readonly environment: Readonly<Record<string, string>>;
    /** How far its clock is ahead, in seconds. */
    readonly clockAhead: number;
}

/** Containers that are processes of this machine. */
export interface FakeContainers {
    /** Changes what the container of a service has. */
    change(service: string, inside: Partial<Inside>): Promise<void>;
    /** Takes the command `docker` away again. */
    remove(): Promise<void>;
}

/** Python's start in such a process: its hosts, environment and clock. */
const customize = `
import json, os, socket, time
with open(os.environ["FAKE_CONTAINER"]) as file:
    inside = json.load(file)
look_up, clock = socket.getaddrinfo, time.time
def in_container(host, *rest, **named):
    if host not in inside["hosts"]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return look_up(inside["hosts"][host], *rest, **named)
socket.getaddrinfo = in_container
time.time = lambda: clock() + inside["clockAhead"]
os.environ.clear()
os.environ.update(inside["environment"])
`;

/**
 * Lets this process find a command \`docker\` that knows one container for each service, and runs Python in it.
 *
 * @param containers - by service: the port that its Compose project, of the same name, publishes, and what is inside.
 */
export async function fakeContainers(
    containers: Readonly<Record<string, Inside & { readonly port: number }>>,
): Promise<FakeContainers> {
    const commands = await fakeCommands();
    const { folder } = commands;
    const state = new Map<string, Inside>(Object.entries(containers));
    const file = (service: string) => join(folder, `${service}.json`);
    const write = (service: string) => writeFile(file(service), JSON.stringify(state.get(service)));
    await Promise.all(Object.keys(containers).map(write));
    await writeFile(join(folder, "sitecustomize.py"), customize);
    const python = join(project, ".toolchain", "venv", "lms", "bin", "python");
    await commands.make(
        "docker",
        Object.fromEntries(
            Object.entries(containers).flatMap(([service, { port }]) => [
                [`ps --filter publish=${port} `, `printf '${service}-1\\t${service}\\n'`],
                [`ps --all --quiet --no-trunc --filter label=com.docker.compose.project=${service} `, "echo an-id"],
                [
                    `compose --project-name ${service} exec -T ${service} python3 `,
                    `shift 7; FAKE_CONTAINER='${file(service)}' PYTHONPATH='${folder}' exec '${python}' "$@"`,
                ],
            ]),
        ),
    );
    return {
        async change(service, inside) {
            const before = state.get(service);
            if (before === undefined) {
                throw new Error(`There is no container of ${service}.`);
            }
            state.set(service, { ...before, ...inside });
            await write(service);
        },
        remove: commands.remove,
    };
}
