import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import type { ComposeProject } from "../../preflight/composeProject.ts";
import { checkDocker, checkPort, checkSubnet } from "../../preflight/checks.ts";
import { checkOwner } from "../../preflight/composeChecks.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker } from "./environment.ts";
import { describeDocker } from "./docker.ts";

describeDocker("a machine on which another Compose project runs", () => {
    let docker: DockerEnvironment;
    const labels = ["--label", "com.docker.compose.project=theirs", "--label", "com.docker.compose.oneoff=False"];
    const theirs = { name: "theirs", folder: "/checkouts/theirs" } as ComposeProject;

    beforeAll(async () => {
        docker = await prepareDocker();
        Object.assign(process.env, docker.env);
        await docker.docker("network", "create", "--subnet", "172.31.77.0/24", ...labels, "theirs_default");
        const options = ["--detach", "--network", "theirs_default", "--publish", "8013:80", "--name", "theirs-web-1"];
        await docker.docker("run", ...options, ...labels, "redis:8.6.3", "serve");
    }, preparationTimeout);
    afterAll(() => docker.release());

    test("has Docker and Compose", async () => {
        await expect(checkDocker()).resolves.toBeUndefined();
    });

    test("reports which container uses a port, unless it is the project's own", async () => {
        await expect(checkPort(8013, "mitxonline")).rejects.toThrow(
            /port 8013 .* theirs-web-1\n.*docker stop theirs-web-1/,
        );
        await expect(checkPort(8013, "theirs")).resolves.toBeUndefined();
    });

    test("reports which network has addresses that are meant for another", async () => {
        await expect(checkSubnet("172.31.77.9", "mine_default", "applicationGateway")).rejects.toThrow(
            /theirs_default already uses the addresses 172\.31\.77\.0\/24.*\n.*config set applicationGateway/,
        );
        await expect(checkSubnet("172.31.78.1", "mine_default", "applicationGateway")).resolves.toBeUndefined();
        await expect(checkSubnet("172.31.77.1", "theirs_default", "applicationGateway")).resolves.toBeUndefined();
    });

    test("treats a project started outside the stack as someone else's, unless it is to be taken over", async () => {
        await expect(checkOwner(theirs, "project/stack", false)).rejects.toThrow(
            /theirs-web-1, theirs_default\n.*docker compose down, in \/checkouts\/theirs.*adopt true/,
        );
        await expect(checkOwner(theirs, "project/stack", true)).resolves.toBeUndefined();
        await expect(checkOwner({ ...theirs, name: "mine" }, "project/stack", false)).resolves.toBeUndefined();
    });

    test("recognizes what this stack started", async () => {
        const owner = ["--label", "openedx-mit-integration.owner=project/stack"];
        const project = ["--label", "com.docker.compose.project=ours", "--label", "com.docker.compose.oneoff=False"];
        await execa("docker", ["create", ...owner, ...project, "redis:8.6.3", "serve"]);

        await expect(checkOwner({ ...theirs, name: "ours" }, "project/stack", false)).resolves.toBeUndefined();
        await expect(checkOwner({ ...theirs, name: "ours" }, "project/other", false)).rejects.toThrow(
            /not managed by this stack/,
        );
    });
});
