import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { local } from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type ComposeProject, type ComposeService, serviceHashes } from "../config/composeProject.ts";
import { ComposeLeftovers } from "../dynamic-providers/composeLeftovers.ts";
import {
    composeLabels,
    OWNER_LABEL,
    removeLeftContainer,
    removeLeftNetwork,
    subnetOf,
} from "../dynamic-providers/docker.ts";

/** What {@link ComposeResources} needs. */
export interface ComposeResourcesArgs {
    readonly project: ComposeProject;
    /** What the placeholders in the project's texts stand for. */
    readonly values: Readonly<Record<string, pulumi.Output<string>>>;
    /** Who makes the resources, as `project/stack`; kept as a label. */
    readonly owner: string;
    /** The gateway of the default network; `undefined`: as Docker likes. */
    readonly gateway: string | undefined;
    /** Whether `destroy` leaves the named volumes. */
    readonly keepsVolumes: boolean;
}

/** Graceful, as a database has to write down what it has. */
const GRACE_SECONDS = 10;
/** How long a container may take until its health check says that it is well. */
const HEALTHY_SECONDS = 600;

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
        const networks = mapValues(project.networks, (network, key) => this.#network(args, key, network.name));
        const volumes = mapValues(project.volumes, (volume, key) => this.#volume(args, key, volume.name));
        // Made before the containers and after the networks: taken away in between.
        const leftovers = new ComposeLeftovers(
            `${project.name}-leftovers`,
            { project: project.name },
            { parent: this, dependsOn: Object.values(networks) },
        );
        const hashes = hashesOf(args);
        const images: Record<string, docker.RemoteImage> = {};
        const containers: Record<string, docker.Container> = {};
        for (const [service, definition] of inOrder(project.services)) {
            const image = imageOf(project, service, definition);
            images[image] ??= this.#image(image, buildOf(project, image));
            containers[service] = new docker.Container(
                service,
                {
                    ...containerArgs(args, service, definition),
                    image: images[image].imageId,
                    labels: labelsOf(args, {
                        ...composeContainerLabels(project, service, definition),
                        "com.docker.compose.config-hash": hashes.apply((all) => all[service] ?? ""),
                        "com.docker.compose.image": images[image].imageId,
                    }),
                    networksAdvanced: networksOf(project, service, definition, networks),
                    volumes: volumesOf(definition, volumes),
                    ...(isWaitedFor(project, service) && { wait: true, waitTimeout: HEALTHY_SECONDS }),
                },
                {
                    parent: this,
                    deleteBeforeReplace: true,
                    dependsOn: [
                        leftovers,
                        ...dependenciesOf(definition).flatMap((dependency) => containers[dependency] ?? []),
                    ],
                    replaceWith: restartedWith(definition).flatMap((dependency) => containers[dependency] ?? []),
                    hooks: {
                        beforeCreate: [() => removeLeftContainer(nameOf(project, service), project.name)],
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

    #network(args: ComposeResourcesArgs, key: string, name: string): docker.Network {
        const { project, gateway } = args;
        return new docker.Network(
            key,
            {
                name,
                driver: "bridge",
                labels: labelsOf(args, { [composeLabels.network]: key }),
                ...(key === "default" &&
                    gateway !== undefined && { ipamConfigs: [{ subnet: subnetOf(gateway), gateway }] }),
            },
            {
                parent: this,
                deleteBeforeReplace: true,
                hooks: { beforeCreate: [() => removeLeftNetwork(name, project.name)] },
            },
        );
    }

    #volume(args: ComposeResourcesArgs, key: string, name: string): docker.Volume {
        return new docker.Volume(
            key,
            { name, labels: labelsOf(args, { "com.docker.compose.volume": key }) },
            // One that Compose made is used as it is, with labels of its own.
            { parent: this, retainOnDelete: args.keepsVolumes, ignoreChanges: ["labels"] },
        );
    }

    /**
     * An image that is built here goes with the stack; one that is pulled may be others' too. The provider would remove it
     * by its id, and with it the same image under the name of another service: its name is taken away instead. One after
     * the other, as Docker fails where two names of an image go at once.
     */
    #image(name: string, build: ComposeService["build"]): docker.RemoteImage {
        if (build === undefined) {
            return new docker.RemoteImage(name, { name, keepLocally: true }, { parent: this });
        }
        const removal = new local.Command(
            `${name}-removal`,
            { interpreter: ["docker", "image", "rm", "--force"], delete: name },
            { parent: this, dependsOn: [...this.#removals] },
        );
        this.#removals.push(removal);
        const dockerfile = fileDigest(resolve(build.context, build.dockerfile));
        return new docker.RemoteImage(
            name,
            { name, keepLocally: true, build, triggers: { dockerfile } },
            { parent: this, dependsOn: removal },
        );
    }
}

/** What of a container comes from the service alone. */
function containerArgs(
    { project, values }: ComposeResourcesArgs,
    service: string,
    definition: ComposeService,
): Omit<docker.ContainerArgs, "image"> {
    const { command, entrypoint, environment, extra_hosts, healthcheck, ports, readsEnvFile } = definition;
    // A variable without a value is one that nobody set: the container does not have it.
    const set = Object.entries(environment).filter(([, value]) => value !== null);
    const envs = pulumi.all(set.map(([key, value]) => fill(`${key}=${value}`, values)));
    return {
        name: nameOf(project, service),
        // A file of settings may hold secrets of its developer's too.
        envs: readsEnvFile ? pulumi.secret(envs) : envs,
        hosts: extra_hosts.map((entry) => {
            const [host = "", ip = ""] = entry.split("=", 2);
            return { host, ip: fill(ip, values) };
        }),
        ports: ports.map(({ target, published, protocol, host_ip }) => ({
            internal: target,
            protocol,
            ...(published !== undefined && { external: Number(published) }),
            ...(host_ip !== undefined && { ip: host_ip }),
        })),
        stdinOpen: definition.stdin_open,
        tty: definition.tty,
        destroyGraceSeconds: GRACE_SECONDS,
        // The default removes anonymous volumes, which may be databases.
        removeVolumes: false,
        ...(command && { command: command.map((word) => fill(word, values)) }),
        ...(entrypoint && { entrypoints: entrypoint.map((word) => fill(word, values)) }),
        ...(definition.working_dir !== undefined && {
            workingDir: definition.working_dir.replace(/(?<=.)\/+$/, ""),
        }),
        ...(healthcheck && {
            healthcheck: {
                tests: healthcheck.test,
                ...(healthcheck.interval !== undefined && { interval: healthcheck.interval }),
                ...(healthcheck.timeout !== undefined && { timeout: healthcheck.timeout }),
                ...(healthcheck.retries !== undefined && { retries: healthcheck.retries }),
                ...(healthcheck.start_period !== undefined && { startPeriod: healthcheck.start_period }),
            },
        }),
    };
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
        "com.docker.compose.project.working_dir": project.folder,
        "com.docker.compose.project.config_files": project.files.join(),
        "com.docker.compose.depends_on": Object.entries(depends_on)
            .map(([name, { condition, restart }]) => `${name}:${condition}:${restart}`)
            .join(),
    };
}

function labelsOf({ project, owner }: ComposeResourcesArgs, labels: Readonly<Record<string, pulumi.Input<string>>>) {
    return Object.entries({ [composeLabels.project]: project.name, [OWNER_LABEL]: owner, ...labels }).map(
        ([label, value]) => ({ label, value }),
    );
}

/** By id: a network that is made anew gets its containers anew. */
function networksOf(
    project: ComposeProject,
    service: string,
    definition: ComposeService,
    networks: Readonly<Record<string, docker.Network>>,
): docker.types.input.ContainerNetworksAdvanced[] {
    return Object.entries(definition.networks).map(([key, settings]) => ({
        name: networks[key]?.id ?? key,
        aliases: [nameOf(project, service), service, ...(settings?.aliases ?? [])],
    }));
}

function volumesOf(
    definition: ComposeService,
    volumes: Readonly<Record<string, docker.Volume>>,
): docker.types.input.ContainerVolume[] {
    return definition.volumes.map(({ type, source, target, read_only }) => ({
        containerPath: target,
        readOnly: read_only,
        ...(type === "bind" ? { hostPath: source } : { volumeName: volumes[source]?.name ?? source }),
    }));
}

/** The name that Compose gives the container of a service. */
function nameOf({ name }: ComposeProject, service: string): string {
    return `${name}-${service}-1`;
}

function imageOf({ name }: ComposeProject, service: string, { image }: ComposeService): string {
    return image ?? `${name}-${service}`;
}

/** How an image is built: one service may build what others run. */
function buildOf(project: ComposeProject, image: string): ComposeService["build"] {
    return Object.entries(project.services)
        .filter(([service, definition]) => imageOf(project, service, definition) === image)
        .map(([, { build }]) => build)
        .find((build) => build !== undefined);
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

/** A link is an old way to say that a service depends on another: each reaches every other by its name anyway. */
function dependenciesOf({ depends_on, links }: ComposeService): string[] {
    return [...Object.keys(depends_on), ...links];
}

function restartedWith({ depends_on }: ComposeService): string[] {
    return Object.keys(depends_on).filter((dependency) => depends_on[dependency]?.restart);
}

/** Whether another service starts only when this one is healthy. */
function isWaitedFor({ services }: ComposeProject, service: string): boolean {
    return Object.values(services).some(({ depends_on }) => depends_on[service]?.condition === "service_healthy");
}

/** Compose's hashes, of the project with all that it is filled with. They tell nothing of the secrets in there. */
function hashesOf({ project, values }: ComposeResourcesArgs): pulumi.Output<Readonly<Record<string, string>>> {
    const filled = pulumi
        .all(values)
        .apply((known) => replaceAll(project.normalised, known, (value) => JSON.stringify(value).slice(1, -1)));
    return pulumi.unsecret(filled).apply((text) => serviceHashes(project.folder, text));
}

/** A text with what its placeholders stand for. */
function fill(text: string, values: ComposeResourcesArgs["values"]): pulumi.Input<string> {
    const inside = Object.entries(values).filter(([placeholder]) => text.includes(placeholder));
    return inside.length === 0
        ? text
        : pulumi.all(Object.fromEntries(inside)).apply((known) => replaceAll(text, known, (value) => value));
}

function replaceAll(
    text: string,
    values: Readonly<Record<string, string>>,
    written: (value: string) => string,
): string {
    return Object.entries(values).reduce(
        // A function, as in a text `$` would mean something.
        (filled, [placeholder, value]) => filled.replaceAll(placeholder, () => written(value)),
        text,
    );
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
