import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { project } from "../../toolchain/pulumi.ts";
import { fakeCommands } from "./fakeCommands.ts";

/** What a process that stands in for a container has of its own. */
export interface Inside {
    /** The address of each host, whether name or address; other hosts don't resolve. */
    readonly hosts: Readonly<Record<string, string>>;
    readonly environment: Readonly<Record<string, string>>;
    /** How far its clock is ahead, in seconds. */
    readonly clockAhead: number;
}

/** Containers that are really processes on this machine. */
export interface FakeContainers {
    /** Changes what the container of a service has, and starts it again if it was stopped. */
    change(service: string, inside: Partial<Inside>): Promise<void>;
    /** Stops the container of a service. */
    stop(service: string): Promise<void>;
    /** Removes the fake `docker` command. */
    remove(): Promise<void>;
}

/** Python startup code for such a process: sets its hosts, environment and clock. */
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
 * Puts a `docker` command on this process's PATH that knows one container per service and runs Python in it.
 *
 * @param containers - by service: the port published by its Compose project, which has the same name, and what is
 * inside.
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
                [
                    `ps --filter publish=${port} `,
                    `if test -e '${file(service)}'; then printf '${service}-1\\t${service}\\n'; fi`,
                ],
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
        stop: (service) => rm(file(service)),
        remove: commands.remove,
    };
}
