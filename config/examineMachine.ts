import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { findVolumes, type FoundVolumes, holdVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
import { projectContainers } from "../dynamic-providers/docker/docker.ts";
import { type EnvText, joinProfiles, valuesOutside } from "../dynamic-providers/files/envBlock.ts";
import { envFault, readEnvText } from "../dynamic-providers/files/envFaults.ts";
import { askGateway } from "./askGateway.ts";
import { askTutorRelease } from "./askTutorRelease.ts";
import { askCompose, composeFiles, type ComposeProject, publishedPorts, withHost } from "./composeProject.ts";
import { environmentLines, placeholders } from "./environmentLines.ts";
import { allOf, Fault } from "./faults.ts";
import {
    askTutor,
    checkDaemon,
    checkDisk,
    checkDocker,
    checkExternals,
    checkLmsHost,
    checkOwner,
    checkPort,
    checkReachable,
    checkSubnet,
    composeGateway,
    isHostName,
    leadsHere,
} from "./machine.ts";
import { openEdx as openEdxConstants } from "./openEdx.ts";
import { type ApplicationProfile, profiles } from "./profiles.ts";
import type { Settings } from "./schema.ts";
import { atHost, envFileOf, type Found, portOf, resolveSettings, type StackConfig } from "./stackConfig.ts";

/**
 * Checks what the stack is to run on this machine, asks Tutor and Compose, and looks at what is there already.
 *
 * @throws pulumi.RunError with all that is not as needed. What only Docker can tell comes second.
 */
export async function examineMachine(settings: Settings): Promise<StackConfig> {
    const usesTutor = settings.lmsFrom === "tutor";
    const usesCompose = settings.applicationFrom === "compose";
    const lmsHost = new URL(settings.lmsUrl).hostname;
    const [askedRelease, tutorProject] = await allOf([
        usesTutor && settings.tutorRelease === "" ? askTutorRelease(settings.tutor) : undefined,
        usesTutor ? askTutor(settings.tutor, lmsHost, settings.lmsLaunch) : undefined,
        usesTutor || usesCompose ? checkDocker() : undefined,
        usesCompose ? checkDaemon() : undefined,
    ]);
    const env = readEnvText(envFileOf(settings));
    const found: Found = {
        ownLines: linesByOwn(profiles[settings.application], env, composeText(settings)),
        ...(askedRelease !== undefined && { release: askedRelease }),
    };
    const config = resolveSettings(settings, found);
    const lookingAtTutor = tutorProject === undefined ? undefined : lookAtTutor(tutorProject);
    const [project, lms] = await allOf([
        usesCompose ? askCompose(config.application.checkout, environmentLines(config, placeholders)) : undefined,
        lookingAtTutor,
        checkEnvFile(settings, config, lookingAtTutor),
    ]);
    const [gateway, hasLms] = await allOf([
        project === undefined ? undefined : checkAddresses(settings, config, project, lmsHost),
        usesCompose && isHostName(lmsHost) && (usesTutor || leadsHere(lmsHost)),
        ...(lms === undefined ? [] : tutorChecks(settings, config, lms)),
        ...(project === undefined ? [] : composeChecks(config, project, env)),
    ]);
    return resolveSettings(settings, {
        ...found,
        ...(tutorProject !== undefined && { tutorProject }),
        ...(gateway !== undefined && { applicationGateway: gateway }),
        ...(project !== undefined && {
            project: hasLms ? withHost(project, lmsHost) : project,
            volumes: await lookAtVolumes(project),
        }),
    });
}

/** What Tutor's development server needs of the machine. */
function tutorChecks(settings: Settings, { openEdx, platform }: StackConfig, lms: TutorOnMachine): Promise<void>[] {
    return [
        checkPort(portOf(openEdx.url), lms.project),
        ...(lms.gateway === "" && platform === "linux"
            ? [checkSubnet(settings.lmsGateway || openEdxConstants.gateway, `${lms.project}_default`, "lmsGateway")]
            : []),
        ...(lms.isNew ? [checkDisk()] : []),
    ];
}

/** What the application's Compose project needs of the machine. */
function composeChecks({ owner, adopt }: StackConfig, project: ComposeProject, env: EnvText): Promise<void>[] {
    return [
        // In a checkout whose `.env` this stack keeps, Compose called by hand starts the stack's own project. A block of
        // another name is this stack's, which was renamed; or the plan stops at it, as its resource knows better.
        checkOwner(project, owner, adopt || env.owner !== undefined),
        ...publishedPorts(project).map((port) => checkPort(port, project.name)),
        checkExternals(project),
    ];
}

/**
 * Whether the containers of both sides will reach each other. Where Docker Desktop forwards `host.docker.internal`, those of
 * Open edX do.
 *
 * @returns the gateway of the application's network, where its Compose file decides on that.
 */
async function checkAddresses(
    { applicationGateway }: Settings,
    { platform, application }: StackConfig,
    project: ComposeProject,
    lmsHost: string,
): Promise<string | undefined> {
    checkLmsHost(lmsHost);
    if (platform !== "linux") {
        return undefined;
    }
    const own = await composeGateway(project, applicationGateway);
    const gateway = own ?? application.gateway ?? "";
    if (own === undefined) {
        await checkSubnet(gateway, project.networks["default"]?.name ?? "", "applicationGateway");
    }
    checkReachable(project, portOf(application.url), gateway);
    return own;
}

/** What Docker has of the application's data. An `up` makes sure first that none of it goes with its container. */
async function lookAtVolumes({ name }: ComposeProject): Promise<FoundVolumes> {
    if (!pulumi.runtime.isDryRun()) {
        await holdVolumes(name);
    }
    return findVolumes(name);
}

interface TutorOnMachine {
    /** The Compose project. */
    readonly project: string;
    /** The gateway of its network; `""` where there is none. */
    readonly gateway: string;
    /** Whether it has no container at all. */
    readonly isNew: boolean;
}

/** What Docker has of Tutor's development server. */
async function lookAtTutor(project: string): Promise<TutorOnMachine> {
    const [gateway, containers] = await Promise.all([askGateway(project), projectContainers(project)]);
    return { project, gateway, isNew: containers.length === 0 };
}

/**
 * Asks the file only: a `.env` of a stack that was renamed can't be told from another's before its state is known.
 *
 * @throws Fault where something keeps the block from being written to `.env`, as far as its values are known yet.
 */
async function checkEnvFile(
    { keycloakClientSecret }: Settings,
    config: StackConfig,
    lookingAtTutor: Promise<TutorOnMachine> | undefined,
): Promise<void> {
    const { openEdx, application, envFile, adopt } = config;
    const { gateway = "" } = (await lookingAtTutor) ?? {};
    const openEdxGateway = openEdx.gateway ?? (gateway === "" ? openEdxConstants.gateway : gateway);
    const made = {
        openEdxGateway,
        applicationAtGateway: atHost(application.url, openEdxGateway),
        serviceWorkerToken: undefined,
        clientId: undefined,
        clientSecret: undefined,
        apisixSessionSecret: undefined,
        keycloakClientSecret,
    };
    const fault = envFault(envFile, environmentLines<string | undefined>(config, made), adopt);
    if (fault !== undefined) {
        throw new Fault(fault.what, fault.remedy);
    }
}

/** The text of the checkout's Compose files, in which the variables are named that they ask for. */
function composeText(settings: Settings): string {
    return composeFiles(dirname(resolve(envFileOf(settings))))
        .map((file) => readFileSync(file, "utf8"))
        .join("\n");
}

/**
 * The lines of `.env` that follow from what its developer has set outside the block: those without which the application
 * does not boot, as far as they are not set, and the profiles of Compose that are switched on, where the stack needs some.
 *
 * @param compose - the text of the checkout's Compose files, where there are any.
 */
export function linesByOwn(
    {
        bootEnvironment,
        askedEnvironment = {},
        environment,
    }: Pick<ApplicationProfile, "bootEnvironment" | "askedEnvironment" | "environment">,
    env: EnvText,
    compose = "",
): Record<string, string> {
    const own = valuesOutside(env);
    const { COMPOSE_PROFILES: profiles } = environment;
    return {
        ...(profiles !== undefined && { COMPOSE_PROFILES: joinProfiles(own["COMPOSE_PROFILES"] ?? "", profiles) }),
        ...Object.fromEntries(
            [
                ...Object.entries(bootEnvironment),
                ...Object.entries(askedEnvironment).filter(([key]) => compose.includes(`\${${key}`)),
            ].filter(([key]) => (own[key] ?? "") === ""),
        ),
    };
}
