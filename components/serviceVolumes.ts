import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import {
    asPath,
    declaredPaths,
    type ExistingVolumes,
    isAnonymous,
    lostVolumes,
    volumeFor,
    type VolumesByPath,
} from "../dynamic-providers/docker/anonymousVolumes.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";

/** A service and its data. */
export interface ServiceWithVolumes {
    /** The Compose project's name. */
    readonly project: string;
    readonly service: string;
    /** The project's data on this machine. */
    readonly existing: ExistingVolumes;
    /** Whether to refuse a plan that leaves data behind. */
    readonly keepsVolumes: boolean;
}

/** A volume, as a container argument. */
export type ContainerVolume = pulumi.Unwrap<docker.types.input.ContainerVolume>;

/** The container arguments that mount something. */
type Places = Pick<docker.ContainerArgs, "volumes" | "mounts" | "tmpfs">;

/**
 * The volumes of a service's container, all by name, including those the image or the Compose file declares only by path and
 * Docker would create without a name. A new container thus gets the old one's data, whoever created that container.
 *
 * @param places - what the Compose file mounts; may include volumes without a name.
 * @param image - the image's id.
 * @throws pulumi.RunError if the existing container has data that the new one would not have, and `keepsVolumes` is set.
 */
export async function nameVolumes(
    of: ServiceWithVolumes,
    { volumes = [], mounts = [], tmpfs = {} }: pulumi.Unwrap<Places>,
    image: string,
): Promise<ContainerVolume[]> {
    const { project, service, existing } = of;
    const given = volumes.filter(({ hostPath, volumeName }) => hostPath ?? volumeName);
    const taken = [
        ...given.map(({ containerPath = "" }) => containerPath),
        ...mounts.map(({ target }) => target),
        ...Object.keys(tmpfs),
    ].map(asPath);
    const unnamed = [
        ...volumes.filter((volume) => !given.includes(volume)).map(({ containerPath = "" }) => asPath(containerPath)),
        // If the image is gone, the old container still knows its paths.
        ...((await declaredPaths(image)) ?? lostVolumes(existing, project, service, {}).map(({ path }) => path)),
    ];
    const named = [...new Set(unnamed)]
        .filter((path) => !taken.includes(path))
        .sort()
        .map((path) => ({ containerPath: path, volumeName: volumeFor(existing, project, service, path) }));
    reportData(of, {
        ...Object.fromEntries(mounts.map(({ target, source = "" }) => [asPath(target), source])),
        ...volumesByPath([...given, ...named]),
    });
    return [...given, ...named];
}

/** The volumes in a container's arguments, by path. */
export function volumesByPath(volumes: readonly ContainerVolume[]): VolumesByPath {
    return Object.fromEntries(
        volumes.flatMap(({ containerPath = "", volumeName }) =>
            volumeName === undefined ? [] : [[asPath(containerPath), volumeName]],
        ),
    );
}

/** Reports what happens to the existing container's data, before anything is done to it. */
function reportData({ project, service, existing, keepsVolumes }: ServiceWithVolumes, next: VolumesByPath): void {
    for (const { path, volume } of lostVolumes(existing, project, service, next)) {
        const what = `The container of ${service} has data in the volume ${volume} at ${path} that a new container would not have`;
        if (keepsVolumes) {
            throw new pulumi.RunError(
                `${what}: its image and the Compose file no longer mount that path. Nothing was changed. ` +
                    "Export the data first (for instance, dump the database), or leave it behind: " +
                    pulumiCommand("config set keepVolumes false"),
            );
        }
        void pulumi.log.warn(`${what}. The volume is left in place. To delete it: docker volume rm ${volume}`);
    }
    for (const [path, volume] of Object.entries(next)) {
        if (isAnonymous(volume) && existing.noted[service]?.[path] !== volume) {
            void pulumi.log.info(
                `${service}: the new container gets the data of the old one, in the volume ${volume} at ${path}.`,
            );
        }
    }
}
