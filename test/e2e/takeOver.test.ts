import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { describeDocker } from "../docker/docker.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker } from "../docker/environment.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

describeDocker("an application that was started manually", () => {
    let docker: DockerEnvironment;
    let servers: TestServers<"lms">;
    let stack: TestStack;
    let checkout: string;
    const cleanUp = cleanUpIn(afterAll);

    beforeAll(async () => {
        docker = await prepareDocker();
        cleanUp(() => docker.release());
        Object.assign(process.env, docker.env);
        servers = await startServers(["lms"]);
        cleanUp(() => servers.stop());
        checkout = await docker.checkout("mitxpro");
        const envFile = join(checkout, ".env");
        const byHand = ["OPENEDX_API_CLIENT_ID", "OPENEDX_API_CLIENT_SECRET", "MAILGUN_KEY", "MAILGUN_SENDER_DOMAIN"];
        await writeFile(envFile, [...byHand, "EXTERNAL_COURSE_SYNC_API_KEY"].map((key) => `${key}=mine\n`).join(""));
        await execa("docker", ["compose", "up", "--detach"], { cwd: checkout });
        await writeFile(envFile, "MAILGUN_KEY=mine\n");
        const { lms } = servers;
        stack = await makeStack({
            application: "xpro",
            applicationFrom: "compose",
            envFile,
            lmsUrl: lms.baseUrl,
            lmsPassword: lms.password,
            lmsGateway: "127.0.0.1",
            platform: "linux",
        });
        cleanUp(() => stack.remove());
    }, preparationTimeout);

    const ids = () => docker.docker("ps", "--quiet", "--no-trunc");

    test("is left alone, and the first preview says what to do", async () => {
        const running = await ids();
        await expect(stack.preview()).rejects.toThrow(
            /not managed by this stack:[^]*mitxpro-web-1[^]*docker compose down[^]*adopt true/,
        );
        await expect(ids()).resolves.toBe(running);
    });

    test("becomes the stack's own if configured, with its volumes unchanged", async () => {
        const created = ["volume", "inspect", "mitxpro_django_media", "--format", "{{.CreatedAt}}"];
        const before = await docker.docker(...created);
        await stack.configure({ adopt: "true" });
        await stack.up();

        await expect(docker.docker(...created)).resolves.toBe(before);
        await expect(stack.preview()).resolves.toEqual({});
        await expect(stack.refresh()).resolves.toEqual({});
        await expect(stack.up()).resolves.toEqual({});
        const names = (await docker.docker("ps", "--all", "--format", "{{.Names}}")).split("\n").sort();
        expect(names).toEqual(["celery", "db", "nginx", "redis", "watch", "web"].map((name) => `mitxpro-${name}-1`));
        await stack.destroy();
        await expect(docker.docker("ps", "--all", "--quiet")).resolves.toBe("");
    });
});
