import { posix } from "node:path";
import {
    composeLabels,
    docker,
    dockerLines,
    OWNER_LABEL,
    projectContainers,
    removeContainers,
    unlessMissing,
    withLabels,
} from "./docker.ts";

/** Volume label: where the volume is mounted in its service's container. */
const PATH_LABEL = "openedx-mit-integration.path";
/** Note label: the volume that the note is about. */
const NOTE_LABEL = "openedx-mit-integration.volume";
/** Label of a container that only holds volumes: the service they belong to. */
const HOLDER_LABEL = "openedx-mit-integration.holder";

/** A service's volumes by mount path. */
export type VolumesByPath = Readonly<Record<string, string>>;

/** A Compose project's data on this machine, by service. */
export interface ExistingVolumes {
    /** The volumes of the current container, no matter who created it. */
    readonly mounted: Readonly<Record<string, VolumesByPath>>;
    /** The anonymous volumes of former containers, according to their notes. */
    readonly noted: Readonly<Record<string, VolumesByPath>>;
}

/** The parts of a container that concern its data. */
interface DockerContainer {
    readonly Id: string;
    readonly Image: string;
    readonly Config: { readonly Labels: Readonly<Record<string, string>> | null };
    readonly HostConfig: {
        readonly Binds: readonly string[] | null;
        readonly Mounts?: readonly { readonly Source?: string }[] | null;
    };
    readonly Mounts: readonly { readonly Type: string; readonly Name?: string; readonly Destination: string }[];
}

interface DockerVolume {
    readonly Name: string;
    readonly Labels: Readonly<Record<string, string>> | null;
}

/** Looks at a Compose project's containers and volumes; changes nothing. */
export async function findVolumes(project: string): Promise<ExistingVolumes> {
    const [containers, ofProject, all] = await Promise.all([
        serviceContainers(project),
        volumeNames(...withLabels({ [composeLabels.project]: project })),
        volumeNames(),
    ]);
    const volumes = await inspectVolumes(ofProject);
    const mounted = byService(
        containers.map((container) => [
            serviceOf(container),
            Object.fromEntries(volumesIn(container).map(({ path, volume }) => [path, volume])),
        ]),
    );
    const noted = byService(
        volumes.flatMap(({ Labels: labels }) => {
            const volume = labels?.[NOTE_LABEL] ?? "";
            return all.includes(volume)
                ? [[labels?.[composeLabels.service] ?? "", { [labels?.[PATH_LABEL] ?? ""]: volume }]]
                : [];
        }),
    );
    return { mounted, noted };
}

/**
 * The volume for a path that has none in the Compose file: the one mounted there now, or else the last one according to its
 * note, or else one of the stack's own, with a name that describes it.
 */
export function volumeFor({ mounted, noted }: ExistingVolumes, project: string, service: string, path: string): string {
    return mounted[service]?.[path] ?? noted[service]?.[path] ?? ownVolume(project, service, path);
}

/**
 * The data of a service's container that a new container would lose.
 *
 * @param paths - by mount path in the new container: the volume there, or `""` if it is not a volume.
 */
export function lostVolumes(
    { mounted }: ExistingVolumes,
    project: string,
    service: string,
    paths: VolumesByPath,
): { readonly path: string; readonly volume: string }[] {
    return Object.entries(mounted[service] ?? {})
        .filter(([path, volume]) => isAnonymous(volume) || volume === ownVolume(project, service, path))
        .filter(([path, volume]) => paths[path] !== volume)
        .map(([path, volume]) => ({ path, volume }));
}

/** The paths at which an image declares volumes; `undefined` if the image does not exist. */
export async function declaredPaths(image: string): Promise<string[] | undefined> {
    const answer = await unlessMissing(docker("image", "inspect", "--format", "{{json .Config.Volumes}}", image));
    return answer === undefined ? undefined : Object.keys((JSON.parse(answer) as object | null) ?? {}).map(asPath);
}

/** A path in a container, as Docker writes it. */
export function asPath(path: string): string {
    return posix.normalize(path).replace(/(?<=.)\/$/, "");
}

/** Creates those of a service's volumes that are the stack's own; existing ones stay as they are. */
export async function makeOwnVolumes(
    project: string,
    service: string,
    owner: string,
    volumes: VolumesByPath,
): Promise<void> {
    for (const [path, volume] of Object.entries(volumes)) {
        if (volume === ownVolume(project, service, path)) {
            await makeVolume(volume, { ...labelsOf(project, service, path), [OWNER_LABEL]: owner });
        }
    }
}

/**
 * Notes which anonymous volumes a project's containers have, so that they can be found once those containers are gone. A
 * note is an empty volume with labels, as an anonymous volume itself can't be given any.
 *
 * @param containers - their ids or names. Containers from `docker compose run` hold none of a service's data.
 */
export async function noteVolumes(project: string, containers: readonly string[]): Promise<void> {
    for (const container of await inspectContainers(containers)) {
        if (container.Config.Labels?.[composeLabels.oneOff] !== "True") {
            await noteVolumesOf(project, container);
        }
    }
}

/**
 * Keeps Docker from removing the anonymous volumes of containers that the stack created before it started to name them: the
 * state says to remove both together. Docker spares a volume as long as another container has it, here one that never runs.
 */
export async function holdVolumes(project: string): Promise<void> {
    for (const container of await serviceContainers(project, `label=${OWNER_LABEL}`)) {
        const holder = `${project}-volumes-${container.Id.slice(0, 12)}`;
        if (hasUnnamedMount(container) && (await projectContainers(project, `name=${holder}`)).length === 0) {
            await noteVolumesOf(project, container);
            const labels = {
                [composeLabels.project]: project,
                [composeLabels.oneOff]: "True",
                [HOLDER_LABEL]: serviceOf(container),
            };
            const options = ["--name", holder, "--network", "none", "--volumes-from", container.Id];
            await docker("create", ...options, ...labelArguments(labels), container.Image, "true");
        }
    }
}

/** Removes what {@link holdVolumes} created for one service, or for all of them; the volumes stay. */
export async function releaseVolumes(project: string, service = ""): Promise<void> {
    const holders = service === "" ? HOLDER_LABEL : `${HOLDER_LABEL}=${service}`;
    await removeContainers(await projectContainers(project, `label=${holders}`));
}

/** Every volume of a Compose project, including the noted anonymous ones and the notes. */
export async function projectVolumes(project: string): Promise<string[]> {
    const { noted } = await findVolumes(project);
    const ofProject = await volumeNames(...withLabels({ [composeLabels.project]: project }));
    return [...new Set([...ofProject, ...Object.values(noted).flatMap((paths) => Object.values(paths))])];
}

/** Whether Docker chose the name, because nobody named the volume. */
export function isAnonymous(volume: string): boolean {
    return /^[0-9a-f]{64}$/.test(volume);
}

/** The name of the stack's own volume for a mount path of a service. */
function ownVolume(project: string, service: string, path: string): string {
    return `${project}_${service}${path.replaceAll(/[^\w.-]+/g, "_")}`;
}

function labelsOf(project: string, service: string, path: string): Record<string, string> {
    return { [composeLabels.project]: project, [composeLabels.service]: service, [PATH_LABEL]: path };
}

function labelArguments(labels: Readonly<Record<string, string>>): string[] {
    return Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]);
}

async function makeVolume(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    await docker("volume", "create", ...labelArguments(labels), name);
}

async function noteVolumesOf(project: string, container: DockerContainer): Promise<void> {
    const service = serviceOf(container);
    for (const { path, volume } of volumesIn(container).filter(({ volume }) => isAnonymous(volume))) {
        const note = `${ownVolume(project, service, path)}.note`;
        const [former] = await inspectVolumes(await volumeNames("--filter", `name=^${note}$`));
        const noted = former?.Labels?.[NOTE_LABEL];
        if (noted !== volume) {
            if (noted !== undefined) {
                console.warn(
                    `${service} now has its data in the volume ${volume}. Its earlier data is still in ${noted}. ` +
                        `To delete that: docker volume rm ${noted}`,
                );
                await unlessMissing(docker("volume", "rm", note));
            }
            await makeVolume(note, { ...labelsOf(project, service, path), [NOTE_LABEL]: volume });
        }
    }
}

async function serviceContainers(project: string, ...filters: readonly string[]): Promise<DockerContainer[]> {
    const ids = await projectContainers(project, `label=${composeLabels.oneOff}=False`, ...filters);
    return inspectContainers(ids);
}

async function inspectContainers(ids: readonly string[]): Promise<DockerContainer[]> {
    return ids.length === 0 ? [] : (JSON.parse(await docker("container", "inspect", ...ids)) as DockerContainer[]);
}

function serviceOf({ Config }: DockerContainer): string {
    return Config.Labels?.[composeLabels.service] ?? "";
}

function volumesIn({ Mounts }: DockerContainer): { readonly path: string; readonly volume: string }[] {
    return Mounts.filter(({ Type }) => Type === "volume").map(({ Destination, Name = "" }) => ({
        path: asPath(Destination),
        volume: Name,
    }));
}

/** Whether Docker chose one of the container's volumes: it removes such a volume with the container, if asked to. */
function hasUnnamedMount(container: DockerContainer): boolean {
    const { Binds, Mounts } = container.HostConfig;
    const named = [
        ...(Binds ?? []).map((bind) => bind.split(":", 1).join("")),
        ...(Mounts ?? []).map(({ Source }) => Source),
    ];
    return volumesIn(container).some(({ volume }) => !named.includes(volume));
}

function volumeNames(...filters: readonly string[]): Promise<string[]> {
    return dockerLines("volume", "ls", "--quiet", ...filters);
}

async function inspectVolumes(names: readonly string[]): Promise<DockerVolume[]> {
    return names.length === 0 ? [] : (JSON.parse(await docker("volume", "inspect", ...names)) as DockerVolume[]);
}

/** Merges the entries of each service. */
function byService(entries: readonly (readonly [string, VolumesByPath])[]): Record<string, VolumesByPath> {
    return Object.fromEntries(
        entries.map(([service]) => [
            service,
            Object.assign(
                {},
                ...entries.filter(([other]) => other === service).map(([, paths]) => paths),
            ) as VolumesByPath,
        ]),
    );
}
