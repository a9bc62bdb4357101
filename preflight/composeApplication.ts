import { platformOf, type Settings } from "../config/schema.ts";
import { profiles } from "../config/profiles.ts";
import { applicationUrlOf, portOf, stackOwner } from "../config/stackConfig.ts";
import { type ExistingVolumes, findVolumes, holdVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
import type { DotEnv } from "../dynamic-providers/files/dotEnvBlock.ts";
import { checkLmsHost, checkPort, checkSubnet, type DockerSubnets } from "./checks.ts";
import { checkExternals, checkOwner, checkProjectName, checkReachable, composeGateway } from "./composeChecks.ts";
import { type ComposeProject, publishedPorts } from "./composeProject.ts";

/*
 * What the preflight asks and checks if this stack runs the application. A module of its own, as other stacks don't load it.
 */
export { findVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
export { detectComposeProject, withHost } from "./composeProject.ts";

/** The application's Compose project, if this stack runs it. */
export interface ComposeApplication {
    readonly project: ComposeProject;
    /** Docker's volumes with its data. */
    readonly volumes: ExistingVolumes;
}

/** What the application's Compose project needs from this machine. */
export function composeChecks({ adopt }: Settings, project: ComposeProject, env: DotEnv): Promise<void>[] {
    return [
        // If this stack manages the checkout's `.env`, a manual `docker compose` starts the stack's own project. A block
        // with another owner is this stack's from before a rename; if not, the plan fails, because the resource has the
        // former owner in the state.
        checkOwner(project, stackOwner(), adopt || env.owner !== undefined),
        ...publishedPorts(project).map((port) => checkPort(port, project.name)),
        checkExternals(project),
        checkProjectName(project, stackOwner()),
    ];
}

/**
 * Checks that containers on both sides can reach each other. With Docker Desktop, which forwards `host.docker.internal`,
 * Open edX's always can.
 *
 * @returns the gateway of the application's network, if its Compose file sets it.
 */
export async function checkAddresses(
    settings: Settings,
    project: ComposeProject,
    lmsHost: string,
    subnets: DockerSubnets,
): Promise<string | undefined> {
    checkLmsHost(lmsHost);
    if (platformOf(settings) !== "linux") {
        return undefined;
    }
    const fromCompose = await composeGateway(project, settings.applicationGateway);
    const gateway = fromCompose ?? (settings.applicationGateway || profiles[settings.application].gateway);
    if (fromCompose === undefined) {
        await checkSubnet(gateway, project.networks["default"]?.name ?? "", "applicationGateway", subnets);
    }
    checkReachable(project, portOf(applicationUrlOf(settings)), gateway);
    return fromCompose;
}

/** The application's volumes in Docker, after making sure that none of them is removed along with its container. */
export async function heldVolumes({ name }: ComposeProject): Promise<ExistingVolumes> {
    await holdVolumes(name);
    return findVolumes(name);
}
