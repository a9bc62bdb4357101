import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { whereSet } from "../config/whereSet.ts";
import type { ComposeProject, ComposeService } from "../preflight/composeProject.ts";

/** The volumes that the stack creates, by key in the Compose file. */
export type CreatedVolumes = Readonly<Record<string, Pick<docker.Volume, "name">>>;

/** The `volumes` of `docker.Container`: Docker's short syntax, which creates missing host folders. */
export function volumesOf(
    project: ComposeProject,
    service: ComposeService,
    created: CreatedVolumes,
): docker.types.input.ContainerVolume[] {
    return [
        ...service.volumes.flatMap((volume) => {
            const { target: containerPath, read_only: readOnly } = volume;
            if (volume.type === "tmpfs" || isMount(volume)) {
                return [];
            }
            if (volume.type === "bind") {
                return {
                    containerPath,
                    readOnly,
                    hostPath: volume.source,
                    ...whereSet({ selinuxRelabel: volume.bind?.selinux }),
                };
            }
            return {
                containerPath,
                readOnly,
                ...whereSet({ volumeName: volumeName(project, volume.source, created) }),
            };
        }),
        ...filesOf(project, service).flatMap(({ object, path }) =>
            object?.file === undefined ? [] : { containerPath: path, readOnly: true, hostPath: object.file },
        ),
    ];
}

/** Mounts that need Docker's long syntax. */
export function mountsOf(
    project: ComposeProject,
    { volumes }: ComposeService,
    created: CreatedVolumes,
): docker.types.input.ContainerMount[] {
    return volumes.filter(isMount).map((volume) => {
        const { type, target, read_only: readOnly } = volume;
        const mount = { type, target, readOnly };
        switch (volume.type) {
            case "tmpfs":
                return {
                    ...mount,
                    ...(volume.tmpfs && {
                        tmpfsOptions: whereSet({ sizeBytes: volume.tmpfs.size, mode: volume.tmpfs.mode }),
                    }),
                };
            case "bind":
                return {
                    ...mount,
                    source: volume.source,
                    bindOptions: whereSet({ propagation: volume.bind?.propagation }),
                };
            case "volume":
                return {
                    ...mount,
                    ...whereSet({ source: volumeName(project, volume.source, created) }),
                    volumeOptions: whereSet({ noCopy: volume.volume?.nocopy, subpath: volume.volume?.subpath }),
                };
        }
    });
}

function isMount(volume: ComposeService["volumes"][number]): boolean {
    return (
        volume.type === "tmpfs" ||
        (volume.type === "bind" && volume.bind?.propagation !== undefined) ||
        (volume.type === "volume" && (volume.volume?.nocopy === true || volume.volume?.subpath !== undefined))
    );
}

/** `undefined` for an anonymous volume. */
function volumeName(
    { volumes }: ComposeProject,
    source: string | undefined,
    created: CreatedVolumes,
): pulumi.Input<string> | undefined {
    return source === undefined ? undefined : (created[source]?.name ?? volumes[source]?.name ?? source);
}

/** Secrets and configs that aren't files on this machine are copied into the container before it starts. */
export function uploadsOf(project: ComposeProject, service: ComposeService): docker.types.input.ContainerUpload[] {
    return filesOf(project, service).flatMap(({ reference, object, path }) => {
        const content = object?.environment === undefined ? object?.content : project.variables[object.environment];
        return content === undefined || content === ""
            ? []
            : {
                  content,
                  file: path,
                  permissions: (reference.mode ?? "444").padStart(4, "0"),
                  ...whereSet({ owner: reference.uid, group: reference.gid }),
              };
    });
}

/** A service's secrets and configs: its reference, the object in the Compose file, and the path in the container. */
function filesOf({ secrets, configs }: ComposeProject, service: ComposeService) {
    return [
        ...(service.secrets ?? []).map((reference) => ({ reference, objects: secrets, folder: "/run/secrets/" })),
        ...(service.configs ?? []).map((reference) => ({ reference, objects: configs, folder: "/" })),
    ].map(({ reference, objects, folder }) => {
        const { source, target = source } = reference;
        return { reference, object: objects[source], path: target.startsWith("/") ? target : folder + target };
    });
}

/** The `tmpfs` of `docker.Container`: the options by path. */
export function tmpfsOf({ tmpfs }: ComposeService): Record<string, string> | undefined {
    const entries = tmpfs?.map((entry) => {
        const [path = "", ...options] = entry.split(":");
        return [path, options.join(":")];
    });
    return entries && (Object.fromEntries(entries) as Record<string, string>);
}
