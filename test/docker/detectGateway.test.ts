import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { detectGateway } from "../../preflight/detectGateway.ts";
import { describeDocker, useDocker } from "./docker.ts";
import { lockTimeout } from "./lock.ts";

describeDocker("the gateways, as a Docker daemon reports them,", () => {
    const networks = { tutor_dev: "172.31.201.1", mitxonline: "172.31.202.1" };

    /** A network such as Compose creates for a project. */
    const makeNetwork = (project: string, gateway: string, network = "default") =>
        execa("docker", [
            "network",
            "create",
            "--label",
            `com.docker.compose.project=${project}`,
            "--label",
            `com.docker.compose.network=${network}`,
            "--subnet",
            gateway.replace(/\d+$/, "0/24"),
            "--gateway",
            gateway,
            `${project}_${network}`,
        ]);
    const removeNetwork = (name: string) => execa("docker", ["network", "rm", name]);

    let restoreFormerValues: () => void;

    beforeAll(async () => {
        restoreFormerValues = await useDocker();
        await Promise.all(Object.entries(networks).map(([project, gateway]) => makeNetwork(project, gateway)));
        await makeNetwork("mitxonline", "172.31.203.1", "other");
    }, lockTimeout);
    afterAll(async () => {
        await Promise.all(["tutor_dev_default", "mitxonline_default", "mitxonline_other"].map(removeNetwork));
        restoreFormerValues();
    });

    test("are those of the projects' default networks", async () => {
        await expect(detectGateway("tutor_dev")).resolves.toBe("172.31.201.1");
        await expect(detectGateway("mitxonline")).resolves.toBe("172.31.202.1");
    });

    test("are empty for a project without a network", async () => {
        await expect(detectGateway("mitxpro")).resolves.toBe("");
    });

    test("follow a network that is recreated", async () => {
        await removeNetwork("mitxonline_default");
        await makeNetwork("mitxonline", "172.31.204.1");

        await expect(detectGateway("mitxonline")).resolves.toBe("172.31.204.1");
    });
});
