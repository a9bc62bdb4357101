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
 * Removes all containers of a Compose project. Their data stays, and is noted, so that the next containers get it.
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
 * Removes the container of a name, so that it can be made again: one that a killed run left, or that Compose made when it
 * was called by hand.
 *
 * @param project - the Compose project that it has to be of; it is the stack's, as the checks at the start have seen.
 * @throws ProviderError where it is of another one, or of none.
 */
export async function removeLeftContainer(name: string, project: string): Promise<void> {
    const format = `{{index .Config.Labels "${composeLabels.project}"}}`;
    const itsProject = await unlessMissing(docker("container", "inspect", "--format", format, name));
    if (itsProject !== undefined) {
        expectProject("container", name, itsProject, project);
        await noteVolumes(project, [name]);
        await removeContainers([name]);
    }
}

/** Removes the network of a name as {@link removeLeftContainer}, with the project's containers, which would hold it. */
export async function removeLeftNetwork(name: string, project: string): Promise<void> {
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
