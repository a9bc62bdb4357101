import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { whereSet } from "../config/whereSet.ts";
import { buildImage, serviceHashes } from "../preflight/composeCommand.ts";
import type { ComposeProject, ComposeService } from "../preflight/composeProject.ts";
import { ComposeLeftovers } from "../dynamic-providers/docker/composeLeftovers.ts";
import { type ExistingVolumes, makeOwnVolumes, releaseVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
import { ComposeVolumes } from "../dynamic-providers/docker/composeVolumes.ts";
import {
    composeLabels,
    expectCompleted,
    expectImage,
    OWNER_LABEL,
    subnetOf,
} from "../dynamic-providers/docker/docker.ts";
import { removeLeftoverContainer, removeLeftoverNetwork } from "../dynamic-providers/docker/leftovers.ts";
import { childNames } from "./childNames.ts";
import { containerArgs, containerName, dependenciesOf, isInterpolated } from "./composeContainer.ts";
import { fill, type PlaceholderValues, replaceAll } from "./placeholders.ts";
import { type ContainerVolume, nameVolumes, volumesByPath } from "./serviceVolumes.ts";

/** The arguments of {@link ComposeResources}. */
export interface ComposeResourcesArgs {
    readonly project: ComposeProject;
    /** The values for the placeholders in the project's strings. */
    readonly values: PlaceholderValues;
    /** The owner of the resources, as `project/stack`; stored as a label. */
    readonly owner: string;
    /** The gateway of the default network; `undefined` lets Docker choose. */
    readonly gateway: string | undefined;
    /** The project's data on this machine. */
    readonly existing: ExistingVolumes;
    /** Whether to refuse a plan that leaves data behind. `destroy` asks the configuration itself. */
    readonly keepsVolumes: boolean;
    /** By service: throws if something the container needs isn't as it should be. */
    readonly expectations?: Readonly<Record<string, () => Promise<void>>>;
}

/**
 * A Compose project as Docker resources: one for each network, volume and service, with Compose's names and labels, so that
 * `docker compose ps`, `logs`, `exec` and `run` keep working in its folder.
 *
 * Docker names are unique, so whatever a killed run or a manual `docker compose` left behind is removed first.
 */
export class ComposeResources extends pulumi.ComponentResource {
    readonly #removals: local.Command[] = [];
    readonly #named: (child: string) => string;
    /** Changes with any of the containers. */
    readonly version: pulumi.Output<string>;
    /** By service: changes with the containers it depends on, including its database. */
    readonly dataVersions: Readonly<Record<string, pulumi.Output<string>>>;

    constructor(name: string, args: ComposeResourcesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ComposeResources", name, {}, opts);
        const { project } = args;
        this.#named = childNames(name, "compose");
        const networks = mapValues(ownOf(project.networks), (network, key) => this.#network(args, key, network));
        const volumes = mapValues(ownOf(project.volumes), (volume, key) => this.#volume(args, key, volume));
        // Created after the networks and before the containers; deleted between them, even if a network is replaced.
        const networkIds = pulumi.all(Object.values(networks).map(({ id }) => id));
        const leftovers = new ComposeLeftovers(
            this.#named(`${project.name}-leftovers`),
            { project: networkIds.apply(() => project.name) },
            { parent: this, dependsOn: Object.values(networks) },
        );
        const data = new ComposeVolumes(
            this.#named(`${project.name}-volumes`),
            { project: project.name, owner: args.owner },
            { parent: this },
        );
        const hashes = hashesOf(args);
        const images: Record<string, docker.RemoteImage> = {};
        const containers: Record<string, docker.Container> = {};
        for (const [service, definition] of inOrder(project.services)) {
            const image = imageOf(project, service);
            images[image] ??= this.#image(project, image);
            const container = containerName(project, service);
            const converted = containerArgs(project, service, args.values, { networks, volumes, containers });
            const mounted = pulumi
                .all([
                    pulumi.output({ volumes: converted.volumes, mounts: converted.mounts, tmpfs: converted.tmpfs }),
                    images[image].imageId,
                ])
                .apply(([places, id]) => nameVolumes({ ...args, project: project.name, service }, places, id));
            containers[service] = new docker.Container(
                this.#named(service),
                {
                    ...converted,
                    image: images[image].imageId,
                    labels: labelsOf(args, {
                        ...mayBeSecret(args, definition.labels, "services", service, "labels"),
                        // Ties the container to `leftovers`: deleting that removes all of the project's containers, so none
                        // may stay in the state.
                        [composeLabels.project]: leftovers.project,
                        ...composeContainerLabels(project, service, definition),
                        "com.docker.compose.config-hash": hashes.apply((all) => all[service] ?? ""),
                        "com.docker.compose.image": images[image].imageId,
                    }),
                    volumes: mounted,
                },
                {
                    parent: this,
                    deleteBeforeReplace: true,
                    dependsOn: [
                        leftovers,
                        data,
                        ...dependenciesOf(definition).flatMap((dependency) => containers[dependency] ?? []),
                    ],
                    replaceWith: restartedWith(definition).flatMap((dependency) => containers[dependency] ?? []),
                    hooks: {
                        beforeCreate: [
                            async ({ newInputs }) => {
                                const { volumes: mounts = [] } = newInputs as { volumes?: ContainerVolume[] };
                                await Promise.all(completedBefore(project, definition).map(expectCompleted));
                                await args.expectations?.[service]?.();
                                await removeLeftoverContainer(container, project.name);
                                await makeOwnVolumes(project.name, service, args.owner, volumesByPath(mounts));
                            },
                        ],
                        afterCreate: [() => releaseVolumes(project.name, service)],
                    },
                },
            );
        }
        this.version = versionOf(Object.values(containers));
        this.dataVersions = mapValues(project.services, (definition) =>
            versionOf(dependenciesOf(definition).flatMap((dependency) => containers[dependency] ?? [])),
        );
        this.registerOutputs({});
    }

    #network(
        args: ComposeResourcesArgs,
        key: string,
        { name, driver = "bridge", driver_opts, ipam, internal, attachable, enable_ipv6, labels }: ComposeNetwork,
    ): docker.Network {
        const { project, gateway } = args;
        const ipamConfigs =
            ipam?.config?.map(({ subnet, gateway: address, ip_range, aux_addresses }) =>
                whereSet({ subnet, gateway: address, ipRange: ip_range, auxAddress: aux_addresses }),
            ) ?? (key === "default" && gateway !== undefined ? [{ subnet: subnetOf(gateway), gateway }] : undefined);
        return new docker.Network(
            this.#named(key),
            {
                name,
                driver,
                labels: labelsOf(args, {
                    ...mayBeSecret(args, labels, "networks", key, "labels"),
                    [composeLabels.network]: key,
                }),
                ...whereSet({
                    ipamConfigs,
                    ipamDriver: ipam?.driver,
                    options: driver_opts && mayBeSecret(args, driver_opts, "networks", key, "driver_opts"),
                    internal,
                    attachable,
                    ipv6: enable_ipv6,
                }),
            },
            {
                parent: this,
                deleteBeforeReplace: true,
                hooks: { beforeCreate: [() => removeLeftoverNetwork(name, project.name)] },
            },
        );
    }

    #volume(
        args: ComposeResourcesArgs,
        key: string,
        { name, driver, driver_opts, labels }: ComposeVolume,
    ): docker.Volume {
        return new docker.Volume(
            this.#named(key),
            {
                name,
                labels: labelsOf(args, {
                    ...mayBeSecret(args, labels, "volumes", key, "labels"),
                    "com.docker.compose.volume": key,
                }),
                ...whereSet({
                    driver,
                    driverOpts: driver_opts && mayBeSecret(args, driver_opts, "volumes", key, "driver_opts"),
                }),
            },
            // A volume created by Compose is used as is, with its own labels. Removing it is up to ComposeVolumes.
            { parent: this, retainOnDelete: true, ignoreChanges: ["labels"] },
        );
    }

    /**
     * An image built here is removed with the stack; a pulled one may belong to others too. The provider would remove it by
     * id, and with it the same image under another service's name, so a command removes only its name. The removals run one
     * after another, because Docker fails if two names of an image go at once.
     */
    #image(project: ComposeProject, name: string): docker.RemoteImage {
        const users = Object.entries(project.services).filter(([service]) => imageOf(project, service) === name);
        const platform = users.map(([, definition]) => definition.platform).find((one) => one !== undefined);
        // One service may build an image that others run.
        const [service, build] = users
            .map(([user, definition]) => [user, definition.build] as const)
            .find(([, its]) => its !== undefined) ?? [""];
        if (build === undefined) {
            const isLocal = users.some(([, { pull_policy }]) => pull_policy === "never");
            return new docker.RemoteImage(
                this.#named(name),
                { name, keepLocally: true, ...whereSet({ platform }) },
                { parent: this, ...(isLocal && { hooks: { beforeCreate: [() => expectImage(name)] } }) },
            );
        }
        const removal = new local.Command(
            this.#named(`${name}-removal`),
            { interpreter: ["docker", "image", "rm", "--force"], delete: name },
            { parent: this, dependsOn: [...this.#removals] },
        );
        this.#removals.push(removal);
        const triggers = { dockerfile: fileDigest(resolve(build.context, build.dockerfile)) };
        return new docker.RemoteImage(
            this.#named(name),
            {
                name,
                keepLocally: true,
                // The provider builds what it can describe, and finds it built already; only Compose knows the rest.
                ...(isPlain(build) && platform === undefined
                    ? { build, triggers }
                    : { triggers: { ...triggers, definition: digest(JSON.stringify([build, platform])) } }),
            },
            {
                parent: this,
                dependsOn: removal,
                hooks: { beforeCreate: [() => buildImage(project, service)] },
            },
        );
    }
}

type ComposeNetwork = ComposeProject["networks"][string];
type ComposeVolume = ComposeProject["volumes"][string];
type ComposeBuild = NonNullable<ComposeService["build"]>;

/** The project's own items. External ones already exist, and stay. */
function ownOf<Item extends { readonly external?: boolean | undefined }>(
    items: Readonly<Record<string, Item>>,
): Record<string, Item> {
    return Object.fromEntries(Object.entries(items).filter(([, { external }]) => external !== true));
}

function isPlain(build: ComposeBuild): build is Pick<ComposeBuild, "context" | "dockerfile" | "target"> {
    const plain = ["context", "dockerfile", "target"];
    return isAbsolute(build.context) && Object.keys(build).every((key) => plain.includes(key));
}

/** The labels by which Compose recognizes a container. */
function composeContainerLabels(
    project: ComposeProject,
    service: string,
    { depends_on }: ComposeService,
): Record<string, string> {
    return {
        [composeLabels.service]: service,
        [composeLabels.oneOff]: "False",
        "com.docker.compose.container-number": "1",
        [composeLabels.folder]: project.folder,
        "com.docker.compose.project.config_files": project.files.join(),
        "com.docker.compose.depends_on": Object.entries(depends_on)
            .map(([name, { condition, restart }]) => `${name}:${condition}:${restart}`)
            .join(),
    };
}

/** The values at a path in the Compose file, filled in; all secret if Compose interpolates any of them. */
function mayBeSecret(
    { project, values }: ComposeResourcesArgs,
    entries: Readonly<Record<string, string>> = {},
    ...path: readonly string[]
): Record<string, pulumi.Input<string>> {
    const isSecret = isInterpolated(project, ...path);
    return mapValues(fill(entries, values), (value) => (isSecret ? pulumi.secret(value) : value));
}

function labelsOf({ project, owner }: ComposeResourcesArgs, labels: Readonly<Record<string, pulumi.Input<string>>>) {
    return Object.entries({ [composeLabels.project]: project.name, [OWNER_LABEL]: owner, ...labels }).map(
        ([label, value]) => ({ label, value }),
    );
}

function imageOf({ name, services }: ComposeProject, service: string): string {
    return services[service]?.image ?? `${name}-${service}`;
}

/** The services sorted so that each comes after its dependencies. */
export function inOrder(services: ComposeProject["services"]): [string, ComposeService][] {
    const order = new Map<string, ComposeService>();
    const add = (service: string) => {
        const definition = services[service];
        if (definition !== undefined && !order.has(service)) {
            dependenciesOf(definition).forEach(add);
            order.set(service, definition);
        }
    };
    Object.keys(services).forEach(add);
    return [...order];
}

function restartedWith({ depends_on }: ComposeService): string[] {
    return Object.keys(depends_on).filter((dependency) => depends_on[dependency]?.restart);
}

/** The containers that must have completed successfully before a service's container starts. */
function completedBefore(project: ComposeProject, { depends_on }: ComposeService): string[] {
    return Object.entries(depends_on)
        .filter(([name, { condition }]) => condition === "service_completed_successfully" && name in project.services)
        .map(([name]) => containerName(project, name));
}

/** Compose's config hashes, for the project with everything filled in. They reveal none of its secrets. */
function hashesOf({ project, values }: ComposeResourcesArgs): pulumi.Output<Readonly<Record<string, string>>> {
    const filled = pulumi
        .all(values)
        .apply((resolved) => replaceAll(project.normalized, resolved, (value) => JSON.stringify(value).slice(1, -1)));
    return pulumi.unsecret(filled).apply((text) => serviceHashes(project.folder, text));
}

function versionOf(containers: readonly docker.Container[]): pulumi.Output<string> {
    return pulumi.all(containers.map(({ id }) => id)).apply((ids) => digest(ids.join()));
}

function mapValues<Value, Result>(
    values: Readonly<Record<string, Value>>,
    change: (value: Value, key: string) => Result,
): Record<string, Result> {
    return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}

function fileDigest(file: string): string {
    return existsSync(file) ? digest(readFileSync(file)) : "";
}

function digest(data: string | Buffer): string {
    return createHash("sha256").update(data).digest("hex");
}
