import { noteVolumes } from "./anonymousVolumes.ts";
import {
    composeLabels,
    docker,
    findNetwork,
    projectContainers,
    removeContainers,
    removeNetwork,
    unlessMissing,
} from "./docker.ts";
import { ProviderError } from "../errors.ts";

/**
 * Removes all containers of a Compose project. Their data stays and is noted, so that the next containers get it.
 *
 * @returns how many there were.
 */
export async function removeProjectContainers(project: string): Promise<number> {
    const ids = await projectContainers(project);
    if (ids.length > 0) {
        await noteVolumes(project, ids);
        await removeContainers(ids);
    }
    return ids.length;
}

/**
 * Removes the container with a given name so that it can be created again: one that was left by a killed run, or created by
 * a developer's own Compose command.
 *
 * @param project - the Compose project it must belong to, which the startup checks have confirmed to be the stack's.
 * @throws ProviderError if it belongs to another project or to none.
 */
export async function removeLeftoverContainer(name: string, project: string): Promise<void> {
    const format = `{{index .Config.Labels "${composeLabels.project}"}}`;
    const itsProject = await unlessMissing(docker("container", "inspect", "--format", format, name));
    if (itsProject !== undefined) {
        expectProject("container", name, itsProject, project);
        await noteVolumes(project, [name]);
        await removeContainers([name]);
    }
}

/** Removes a network like {@link removeLeftoverContainer}, and the project's containers, which would keep it in use. */
export async function removeLeftoverNetwork(name: string, project: string): Promise<void> {
    const network = await findNetwork(name);
    if (network !== undefined) {
        expectProject("network", name, network.labels[composeLabels.project] ?? "", project);
        await removeProjectContainers(project);
        await removeNetwork(name);
    }
}

function expectProject(kind: "container" | "network", name: string, itsProject: string, project: string): void {
    if (itsProject !== project) {
        throw new ProviderError(
            `A ${kind} named ${name} already exists and does not belong to the Compose project ${project}. ` +
                `Remove it: docker ${kind} rm ${name}`,
        );
    }
}
