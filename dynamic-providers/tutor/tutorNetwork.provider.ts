import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import {
    composeLabels,
    docker,
    type DockerNetwork,
    findNetwork,
    OWNER_LABEL,
    projectContainers,
    removeContainers,
    removeNetwork,
    subnetOf,
} from "../docker/docker.ts";
import { pulumiCommand } from "../pulumiCommand.ts";
import { detectTutorCompose } from "./tutor.ts";
import {
    tutorNetwork,
    type TutorNetworkInputs as Inputs,
    type TutorNetworkOutputs as Outputs,
} from "./tutorNetwork.ts";

/** The operations of `TutorNetwork`, through the `tutor` and `docker` commands. */
export const provider = defineProvider<Inputs, Outputs>(tutorNetwork, {
    isOutdated: async ({ name, gateway }) => (await findNetwork(name))?.gateway !== gateway,

    async create(inputs) {
        const outs = await ensure(inputs);
        return { id: outs.name, outs };
    },

    async read(_id, props) {
        const network = await findNetwork(props.name);
        return network && { ...props, gateway: network.gateway };
    },

    async update(_id, olds, news) {
        const outs = await ensure(news);
        const label = (await findNetwork(outs.name))?.labels[OWNER_LABEL];
        const isRenamed = label !== undefined && label !== news.owner && isCreatedHere(label, olds);
        return { ...outs, ...(isRenamed && { createdAs: label }) };
    },

    async delete(_id, props) {
        const { name, project } = props;
        const network = await findNetwork(name);
        if (isCreatedHere(network?.labels[OWNER_LABEL], props)) {
            await removeContainers(await projectContainers(project));
            await removeNetwork(name);
        }
    },
});

/** Whether this stack created a network with that label, whatever the stack is called now. */
function isCreatedHere(label: string | undefined, { owner, createdAs }: Pick<Outputs, "owner" | "createdAs">): boolean {
    return label !== undefined && [owner, createdAs].includes(label);
}

/** The existing network, or a new one if it is missing. */
async function ensure(inputs: Inputs): Promise<Outputs> {
    const { project, network: name } = await detectTutorCompose(inputs.tutor);
    const network = (await findNetwork(name)) ?? (await createNetwork(inputs, project, name));
    return { ...inputs, project, name, gateway: network.gateway };
}

/** Has Compose's labels, so that Compose takes the network for its own. */
async function createNetwork({ owner, newGateway }: Inputs, project: string, name: string): Promise<DockerNetwork> {
    const labels = {
        [composeLabels.project]: project,
        [composeLabels.network]: "default",
        [OWNER_LABEL]: owner,
    };
    await docker(
        "network",
        "create",
        ...Object.entries(labels).flatMap(([label, value]) => ["--label", `${label}=${value}`]),
        ...(newGateway === "" ? [] : ["--subnet", subnetOf(newGateway), "--gateway", newGateway]),
        name,
    );
    const network = await findNetwork(name);
    if (network === undefined) {
        throw new ProviderError(
            `The network ${name} disappeared right after it was created. Try again: ${pulumiCommand("up")}`,
        );
    }
    return network;
}
