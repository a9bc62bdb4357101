import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { environmentLines, dependentLines, linesForNewBlock, placeholders } from "../config/environmentLines.ts";
import { openEdxConstants } from "../config/openEdx.ts";
import { type ApplicationProfile, profiles } from "../config/profiles.ts";
import { platformOf, type Settings } from "../config/schema.ts";
import {
    applicationUrlOf,
    atHost,
    checkoutOf,
    configuredValues,
    type Detected,
    envFileOf,
    lmsGatewayOf,
    portOf,
} from "../config/stackConfig.ts";
import { whereSet } from "../config/whereSet.ts";
import { networkSubnets, projectContainers } from "../dynamic-providers/docker/docker.ts";
import type { DotEnv } from "../dynamic-providers/files/dotEnvBlock.ts";
import { dotEnvFault, readDotEnv } from "../dynamic-providers/files/dotEnvFaults.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import {
    checkDaemon,
    checkDisk,
    checkDocker,
    checkPort,
    checkSubnet,
    type DockerSubnets,
    isHostName,
    resolvesToLoopback,
} from "./checks.ts";
import type { ComposeApplication } from "./composeApplication.ts";
import { filesOfCheckout } from "./composeCommand.ts";
import { detectComposeProjectName, detectGateway } from "./detectGateway.ts";
import { detectKeycloakSecret } from "./detectKeycloakSecret.ts";
import { detectTutorProject } from "./detectTutorProject.ts";
import { detectTutorRelease } from "./detectTutorRelease.ts";
import { allOf, Fault } from "./faults.ts";

/** What the stack needs to know about this machine. */
export interface Machine {
    readonly detected: Detected;
    readonly compose: ComposeApplication | undefined;
}

/**
 * Inspects this machine before anything is created: asks Tutor, Docker and Compose for whatever the settings leave to them,
 * and checks what the stack is about to run here. Independent checks run in parallel.
 *
 * @throws pulumi.RunError with every problem. Those only Docker can find come in a second round.
 */
export async function preflight(settings: Settings): Promise<Machine> {
    const usesTutor = settings.lmsFrom === "tutor";
    const usesCompose = settings.applicationFrom === "compose";
    const lmsHost = new URL(settings.lmsUrl).hostname;
    const env = readDotEnv(envFileOf(settings));
    const ownLines = {
        ...dependentLines(profiles[settings.application], env, composeText(settings, env)),
        ...linesForNewBlock(configuredValues(settings), env),
    };
    const lines = environmentLines(configuredValues(settings, ownLines), placeholders);
    // Lazy import: other stacks don't need it. Before the first question, whose failure nobody would await meanwhile.
    const application = usesCompose ? await import("./composeApplication.ts") : undefined;
    // Without Docker, what needs it fails for the same reason, which is reported once.
    const docker = usesTutor || usesCompose ? checkDocker() : Promise.resolve();
    const subnets = once(networkSubnets);
    const tutorProject = usesTutor ? detectTutorProject(settings.tutor, lmsHost, settings.lmsLaunch) : undefined;
    const [, lms, project, release, lmsGateway, applicationGateway, keycloakClientSecret] = await allOf([
        tutorProject,
        tutorProject && docker.then(async () => inspectTutor(await tutorProject)),
        application && after(docker, application.detectComposeProject(checkoutOf(settings), lines)),
        usesTutor && settings.tutorRelease === "" ? detectTutorRelease(settings.tutor) : undefined,
        usesTutor ? undefined : externalGateway(settings, lmsNetwork),
        usesCompose ? undefined : externalGateway(settings, applicationNetwork),
        keycloakSecret(settings),
        docker,
        usesCompose ? checkDaemon() : undefined,
    ]);
    const detected: Detected = {
        ...whereSet({ release, tutorProject: lms?.project, lmsGateway, applicationGateway, keycloakClientSecret }),
        ownLines,
    };
    const [gateway, hasLms, volumes] = await allOf([
        project && application?.checkAddresses(settings, project, lmsHost, subnets),
        usesCompose && isHostName(lmsHost) && (usesTutor || resolvesToLoopback(lmsHost)),
        project && pulumi.runtime.isDryRun() ? application?.findVolumes(project.name) : undefined,
        checkEnvFile(settings, detected, lms),
        ...(lms === undefined ? [] : tutorChecks(settings, lms, subnets)),
        ...((project && application?.composeChecks(settings, project, env)) ?? []),
    ]);
    return {
        detected: { ...detected, ...whereSet({ applicationGateway: gateway }) },
        compose: project &&
            application && {
                project: hasLms ? application.withHost(project, lmsHost) : project,
                volumes: volumes ?? (await application.heldVolumes(project)),
            },
    };
}

/** A question's answer, unless a check fails that explains why it has none. */
async function after<Answer>(check: Promise<unknown>, answer: Promise<Answer>): Promise<Answer> {
    const [checked] = await Promise.allSettled([check, answer]);
    return checked.status === "rejected" ? Promise.reject(checked.reason as Error) : answer;
}

/** A question to be asked once, by whoever needs the answer first. */
function once<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
    let answer: Promise<Answer> | undefined;
    return () => (answer ??= ask());
}

/** The network of a server that somebody else runs. */
interface ExternalNetwork {
    /** The configuration key of its gateway. */
    readonly key: "lmsGateway" | "applicationGateway";
    /** The command that starts the server. */
    readonly start: string;
    /** The name of the server's Compose project. */
    readonly projectOf: (settings: Settings) => string | Promise<string>;
}

const lmsNetwork: ExternalNetwork = {
    key: "lmsGateway",
    start: "tutor dev start --detach",
    projectOf: () => openEdxConstants.project,
};
const applicationNetwork: ExternalNetwork = {
    key: "applicationGateway",
    start: "docker compose up --detach, in the application's checkout",
    projectOf: (settings) => detectComposeProjectName(envFileOf(settings)),
};

/**
 * The gateway of such a network. Only needed on Linux, and only if not set.
 *
 * @throws Fault if Docker has no such network.
 */
async function externalGateway(
    settings: Settings,
    { key, start, projectOf }: ExternalNetwork,
): Promise<string | undefined> {
    if (settings[key] !== "" || platformOf(settings) !== "linux") {
        return undefined;
    }
    const project = await projectOf(settings);
    const gateway = await detectGateway(project);
    if (gateway === "") {
        throw new Fault(
            `${key} is not set, and Docker has no network of the Compose project ${project} yet`,
            `start it, so that the gateway can be detected: ${start}; or set the gateway: ${pulumiCommand(`config set ${key} ADDRESS`)}`,
        );
    }
    return gateway;
}

/**
 * Keycloak's client secret, if the application needs one and it isn't set.
 *
 * @throws Fault if the checkout has none.
 */
async function keycloakSecret(settings: Settings): Promise<string | undefined> {
    const { keycloak } = profiles[settings.application] as ApplicationProfile;
    if (keycloak === undefined || settings.keycloakClientSecret !== "") {
        return undefined;
    }
    const secret = await detectKeycloakSecret(keycloak, checkoutOf(settings));
    if (secret === "") {
        throw new Fault(
            `keycloakClientSecret is not set, and ${join(checkoutOf(settings), keycloak.realms)} has no realm with a secret of the client ${keycloak.clientId}`,
            `set it: ${pulumiCommand("config set --secret keycloakClientSecret")}`,
        );
    }
    return secret;
}

/** What Tutor's development server needs from this machine. */
function tutorChecks(settings: Settings, lms: TutorInDocker, subnets: DockerSubnets): Promise<void>[] {
    return [
        checkPort(portOf(settings.lmsUrl), lms.project),
        ...(lms.gateway === "" && platformOf(settings) === "linux"
            ? [
                  checkSubnet(
                      settings.lmsGateway || openEdxConstants.gateway,
                      `${lms.project}_default`,
                      "lmsGateway",
                      subnets,
                  ),
              ]
            : []),
        ...(lms.isNew ? [checkDisk()] : []),
    ];
}

interface TutorInDocker {
    /** The Compose project. */
    readonly project: string;
    /** The gateway of its network; `""` if there is none. */
    readonly gateway: string;
    /** Whether it has no containers at all. */
    readonly isNew: boolean;
}

/** What Docker has of Tutor's development server. */
async function inspectTutor(project: string): Promise<TutorInDocker> {
    const [gateway, containers] = await Promise.all([detectGateway(project), projectContainers(project)]);
    return { project, gateway, isNew: containers.length === 0 };
}

/**
 * Checks only the file: until the state is known, the `.env` of a renamed stack looks like another stack's.
 *
 * @throws Fault if the block can't be written to `.env`, judging by the values known so far.
 */
function checkEnvFile(settings: Settings, detected: Detected, lms: TutorInDocker | undefined): Promise<void> {
    const { gateway = "" } = lms ?? {};
    const openEdxGateway = lmsGatewayOf(settings, detected) ?? (gateway || openEdxConstants.gateway);
    const generated = {
        openEdxGateway,
        applicationAtGateway: atHost(applicationUrlOf(settings), openEdxGateway),
        serviceWorkerToken: undefined,
        clientId: undefined,
        clientSecret: undefined,
        apisixSessionSecret: undefined,
        keycloakClientSecret: settings.keycloakClientSecret || detected.keycloakClientSecret,
    };
    const lines = environmentLines<string | undefined>(configuredValues(settings, detected.ownLines), generated);
    const fault = dotEnvFault(envFileOf(settings), lines, settings.adopt);
    return fault === undefined ? Promise.resolve() : Promise.reject(new Fault(fault.what, fault.remedy));
}

/** The text of the checkout's Compose files, which name the variables they use. */
function composeText(settings: Settings, env: DotEnv): string {
    return filesOfCheckout(checkoutOf(settings), env)
        .map((file) => readFileSync(file, "utf8"))
        .join("\n");
}
