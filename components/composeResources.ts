import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { buildImage, type ComposeProject, type ComposeService, serviceHashes } from "../preflight/composeProject.ts";
import { ComposeLeftovers } from "../dynamic-providers/docker/composeLeftovers.ts";
import { type FoundVolumes, makeOwnVolumes, releaseVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
import { ComposeVolumes } from "../dynamic-providers/docker/composeVolumes.ts";
import {
    composeLabels,
    expectCompleted,
    expectImage,
    OWNER_LABEL,
    subnetOf,
} from "../dynamic-providers/docker/docker.ts";
import { removeLeftContainer, removeLeftNetwork } from "../dynamic-providers/docker/leftovers.ts";
import {
    containerArgs,
    containerName,
    dependenciesOf,
    fill,
    isInterpolated,
    type PlaceholderValues,
    replaceAll,
} from "./composeContainer.ts";
import { type ContainerVolume, nameVolumes, volumesByPath } from "./serviceVolumes.ts";

/** What {@link ComposeResources} needs. */
export interface ComposeResourcesArgs {
    readonly project: ComposeProject;
    /** What the placeholders in the project's texts stand for. */
    readonly values: PlaceholderValues;
    /** Who makes the resources, as `project/stack`; kept as a label. */
    readonly owner: string;
    /** The gateway of the default network; `undefined`: as Docker likes. */
    readonly gateway: string | undefined;
    /** What the machine has of the project's data. */
    readonly found: FoundVolumes;
    /** Whether a plan that leaves data behind is refused. `destroy` asks the configuration itself. */
    readonly keepsVolumes: boolean;
    /** By service: throws where something of its surroundings is not as its container needs it. */
    readonly expectations?: Readonly<Record<string, () => Promise<void>>>;
}

/**
 * A Compose project as Docker resources: each network, volume and service one of its own, with Compose's names and
 * labels, so that `docker compose ps`, `logs`, `exec` and `run` in its folder go on working.
 *
 * Docker's names are unique: what a killed run left, or Compose made when it was called by hand, is taken away before it
 * is made again.
 */
export class ComposeResources extends pulumi.ComponentResource {
    readonly #removals: local.Command[] = [];
    /** Changes with any of the containers. */
    readonly version: pulumi.Output<string>;
    /** By service: changes with the containers that it depends on, its database among them. */
    readonly dataVersions: Readonly<Record<string, pulumi.Output<string>>>;

    constructor(name: string, args: ComposeResourcesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:ComposeResources", name, {}, opts);
        const { project } = args;
        const networks = mapValues(ownOf(project.networks), (network, key) => this.#network(args, key, network));
        const volumes = mapValues(ownOf(project.volumes), (volume, key) => this.#volume(args, key, volume));
        // Made before the containers and after the networks: taken away in between, also where a network is replaced.
        const networkIds = pulumi.all(Object.values(networks).map(({ id }) => id));
        const leftovers = new ComposeLeftovers(
            `${project.name}-leftovers`,
            { project: networkIds.apply(() => project.name) },
            { parent: this, dependsOn: Object.values(networks) },
        );
        const data = new ComposeVolumes(
            `${project.name}-volumes`,
            { project: project.name, owner: args.owner },
            { parent: this },
        );
        const hashes = hashesOf(args);
        const images: Record<string, docker.RemoteImage> = {};
        const containers: Record<string, docker.Container> = {};
        for (const [service, definition] of inOrder(project.services)) {
            const image = imageOf(project, service);
            images[image] ??= this.#image(project, image);
            const name = containerName(project, service);
            const own = containerArgs(project, service, args.values, { networks, volumes, containers });
            const mounted = pulumi
                .all([
                    pulumi.output({ volumes: own.volumes, mounts: own.mounts, tmpfs: own.tmpfs }),
                    images[image].imageId,
                ])
                .apply(([places, id]) => nameVolumes({ ...args, project: project.name, service }, places, id));
            containers[service] = new docker.Container(
                service,
                {
                    ...own,
                    image: images[image].imageId,
                    labels: labelsOf(args, {
                        ...mayBeSecret(args, definition.labels, "services", service, "labels"),
                        // No container stays in the state where all of the project are taken away.
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
                                const { volumes: known = [] } = newInputs as { volumes?: ContainerVolume[] };
                                await Promise.all(completedBefore(project, definition).map(expectCompleted));
                                await args.expectations?.[service]?.();
                                await removeLeftContainer(name, project.name);
                                await makeOwnVolumes(project.name, service, args.owner, volumesByPath(known));
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
            ipam?.config?.map(({ subnet, gateway: address, ip_range, aux_addresses }) => ({
                ...(subnet !== undefined && { subnet }),
                ...(address !== undefined && { gateway: address }),
                ...(ip_range !== undefined && { ipRange: ip_range }),
                ...(aux_addresses !== undefined && { auxAddress: aux_addresses }),
            })) ?? (key === "default" && gateway !== undefined ? [{ subnet: subnetOf(gateway), gateway }] : undefined);
        return new docker.Network(
            key,
            {
                name,
                driver,
                labels: labelsOf(args, {
                    ...mayBeSecret(args, labels, "networks", key, "labels"),
                    [composeLabels.network]: key,
                }),
                ...(ipamConfigs !== undefined && { ipamConfigs }),
                ...(ipam?.driver !== undefined && { ipamDriver: ipam.driver }),
                ...(driver_opts !== undefined && {
                    options: mayBeSecret(args, driver_opts, "networks", key, "driver_opts"),
                }),
                ...(internal !== undefined && { internal }),
                ...(attachable !== undefined && { attachable }),
                ...(enable_ipv6 !== undefined && { ipv6: enable_ipv6 }),
            },
            {
                parent: this,
                deleteBeforeReplace: true,
                hooks: { beforeCreate: [() => removeLeftNetwork(name, project.name)] },
            },
        );
    }

    #volume(
        args: ComposeResourcesArgs,
        key: string,
        { name, driver, driver_opts, labels }: ComposeVolume,
    ): docker.Volume {
        return new docker.Volume(
            key,
            {
                name,
                labels: labelsOf(args, {
                    ...mayBeSecret(args, labels, "volumes", key, "labels"),
                    "com.docker.compose.volume": key,
                }),
                ...(driver !== undefined && { driver }),
                ...(driver_opts !== undefined && {
                    driverOpts: mayBeSecret(args, driver_opts, "volumes", key, "driver_opts"),
                }),
            },
            // One that Compose made is used as it is, with labels of its own. Removing it is up to ComposeVolumes.
            { parent: this, retainOnDelete: true, ignoreChanges: ["labels"] },
        );
    }

    /**
     * An image that is built here goes with the stack; one that is pulled may be others' too. The provider would remove it
     * by its id, and with it the same image under the name of another service: its name is taken away instead. One after
     * the other, as Docker fails where two names of an image go at once.
     */
    #image(project: ComposeProject, name: string): docker.RemoteImage {
        const users = Object.entries(project.services).filter(([service]) => imageOf(project, service) === name);
        const platform = users.map(([, definition]) => definition.platform).find((one) => one !== undefined);
        // One service may build what others run.
        const [service, build] = users
            .map(([user, definition]) => [user, definition.build] as const)
            .find(([, its]) => its !== undefined) ?? [""];
        if (build === undefined) {
            const isLocal = users.some(([, { pull_policy }]) => pull_policy === "never");
            return new docker.RemoteImage(
                name,
                { name, keepLocally: true, ...(platform !== undefined && { platform }) },
                { parent: this, ...(isLocal && { hooks: { beforeCreate: [() => expectImage(name)] } }) },
            );
        }
        const removal = new local.Command(
            `${name}-removal`,
            { interpreter: ["docker", "image", "rm", "--force"], delete: name },
            { parent: this, dependsOn: [...this.#removals] },
        );
        this.#removals.push(removal);
        const triggers = { dockerfile: fileDigest(resolve(build.context, build.dockerfile)) };
        return new docker.RemoteImage(
            name,
            {
                name,
                keepLocally: true,
                // What the provider knows to build it finds built already; the rest only Compose knows.
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

/** Those that are the project's own. Others are there already, and stay. */
function ownOf<Item extends { readonly external?: boolean | undefined }>(
    items: Readonly<Record<string, Item>>,
): Record<string, Item> {
    return Object.fromEntries(Object.entries(items).filter(([, { external }]) => external !== true));
}

function isPlain(build: ComposeBuild): build is Pick<ComposeBuild, "context" | "dockerfile" | "target"> {
    const plain = ["context", "dockerfile", "target"];
    return isAbsolute(build.context) && Object.keys(build).every((key) => plain.includes(key));
}

/** The labels by which Compose knows a container. */
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

/** The values at a place in the Compose file, filled in: each a secret where Compose fills in some of them. */
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

/** The services in an order in which each comes after those that it depends on. */
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

/** The containers that have to be at a good end before the one of a service starts. */
function completedBefore(project: ComposeProject, { depends_on }: ComposeService): string[] {
    return Object.entries(depends_on)
        .filter(([name, { condition }]) => condition === "service_completed_successfully" && name in project.services)
        .map(([name]) => containerName(project, name));
}

/** Compose's hashes, of the project with all that it is filled with. They tell nothing of the secrets in there. */
function hashesOf({ project, values }: ComposeResourcesArgs): pulumi.Output<Readonly<Record<string, string>>> {
    const filled = pulumi
        .all(values)
        .apply((known) => replaceAll(project.normalised, known, (value) => JSON.stringify(value).slice(1, -1)));
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
