import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { describeDocker } from "../docker/docker.ts";
import { preparationTimeout } from "../docker/environment.ts";
import { project } from "../../toolchain/pulumi.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { type DevelopmentEnvironment, makeDevelopment } from "./development.ts";

const MINUTES = 60_000;

describeDocker("the stack dev, on a machine without Open edX,", () => {
    let environment: DevelopmentEnvironment;
    let before: object;
    const cleanUp = cleanUpIn(afterAll);

    beforeAll(async () => {
        const profile = { application: "xpro", checkout: "mitxpro", config: { lmsPackages: "container" } } as const;
        environment = await makeDevelopment(profile, "nothing", cleanUp);
        before = await environment.inventory();
    }, preparationTimeout);

    const names = async (...args: string[]) => (await environment.docker.docker(...args)).split("\n").sort();
    const services = ["celery", "db", "nginx", "redis", "watch", "web"];
    const installation = () => readFile(join(environment.tutor.root, "config.yml"), "utf8");

    test(
        "killed after each resource, is finished by the next up, without duplicates or orphans",
        async () => {
            const kills = await environment.stack.killedAfterEach("up");

            expect(kills).toBeGreaterThan(10);
            await expect(environment.stack.preview()).resolves.toEqual({});
            await expect(environment.stack.refresh()).resolves.toEqual({});
            const project = ["--filter", "label=com.docker.compose.project=mitxpro"];
            await expect(names("ps", "--all", ...project, "--format", "{{.Names}}")).resolves.toEqual(
                services.map((service) => `mitxpro-${service}-1`),
            );
            await expect(names("network", "ls", ...project, "--format", "{{.Name}}")).resolves.toEqual([
                "mitxpro_default",
            ]);
        },
        20 * MINUTES,
    );

    test(
        "is rebuilt from scratch by one command",
        async () => {
            const former = await installation();
            const rebuild = join(project, "toolchain", "rebuild.ts");
            const { stdout } = await execa("node", [rebuild, "--stack", "test", "--yes"], {
                cwd: environment.stack.folder,
            });

            expect(stdout).toContain(`${environment.tutor.root}: Tutor's configuration, databases and files`);
            expect(stdout).toMatch(/\d+ created/);
            // Tutor generated new secrets, so nothing was left of the former ones.
            await expect(installation()).resolves.not.toBe(former);
            await expect(environment.stack.preview()).resolves.toEqual({});
        },
        10 * MINUTES,
    );

    test("leaves nothing behind except Tutor's folder", async () => {
        await environment.stack.destroy();
        const { configuration, ...after } = await environment.inventory();
        expect({ ...after, configuration: undefined }).toEqual(before);
        expect(configuration).toContain("LMS_HOST: local.openedx.io");
    });
});
