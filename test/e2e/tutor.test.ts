import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { makeStack, type TestStack } from "../support/stack.ts";
import { tutorCommand } from "../tutor/tutor.ts";

/** The settings through the real Tutor; the LMS that answers is the sandbox's. */
describe("a stack with the LMS's settings through Tutor", () => {
    const command = tutorCommand("22");
    let servers: TestServers<"lms" | "xpro">;
    let stack: TestStack;
    let folder: string;
    let plugin: string;

    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "tutor-"));
        plugin = join(folder, "plugins", "mit-integration.py");
        Object.assign(process.env, {
            // No Docker, so that no image is built on the machine of whoever runs the tests.
            DOCKER_HOST: `unix://${folder}/no-docker`,
            TUTOR_ROOT: join(folder, "root"),
            TUTOR_PLUGINS_ROOT: join(folder, "plugins"),
        });
        await execa(command, ["config", "save"]);
        servers = await startServers(["lms", "xpro"]);
        const { lms, xpro } = servers;
        stack = await makeStack({
            application: "xpro",
            lmsFrom: "tutor",
            tutor: command,
            clientSecretIn: "settings",
            lmsPackages: "installed",
            lmsUrl: lms.baseUrl,
            lmsPassword: lms.password,
            lmsGateway: "127.0.0.1",
            applicationUrl: xpro.baseUrl,
            applicationPassword: xpro.password,
            applicationGateway: "127.0.0.1",
            envFile: xpro.envFile,
        });
    });
    afterAll(async () => {
        await stack.remove();
        await servers.stop();
        await rm(folder, { recursive: true });
    });

    const rendered = () => readFile(join(folder, "root/env/apps/openedx/settings/lms/development.py"), "utf8");

    test("tells by Tutor's own words where the image can't be built, and goes on from there", async () => {
        await stack.configure({ lmsPackages: "image" });
        await expect(stack.up()).rejects.toThrow(/exit (code|status) 1[\s\S]*docker/i);
        expect(existsSync(plugin)).toBe(true);
        await stack.configure({ lmsPackages: "installed" });
    });

    test("writes, enables and renders the plug-in, with the client secret in it and nowhere in clear", async () => {
        await stack.up();

        const secrets = (await stack.stack.outputs())["clientSecrets"]?.value as { application: string };
        await expect(rendered()).resolves.toContain(
            `SOCIAL_AUTH_OAUTH_SECRETS = {"ol-oauth2": "${secrets.application}"}`,
        );
        expect((await stat(plugin)).mode & 0o777).toBe(0o600);
        await expect(stack.state()).resolves.not.toContain(secrets.application);
        expect(stack.transcript()).not.toContain(secrets.application);
    });

    test("is up to date after that", async () => {
        await expect(stack.preview()).resolves.toEqual({});
        await expect(stack.refresh()).resolves.toEqual({});
        await expect(stack.up()).resolves.toEqual({});
    });

    test("sees that the plug-in was disabled by hand, and repairs it", async () => {
        await execa(command, ["plugins", "disable", "mit-integration"]);
        await expect(stack.refresh()).resolves.toEqual({ delete: 1 });
        await expect(stack.up()).resolves.toEqual({ create: 1 });
        await expect(stack.preview()).resolves.toEqual({});
    });

    test("renders it anew when the configuration changes", async () => {
        await stack.configure({ redirectVisitors: "false" });
        await expect(stack.up()).resolves.toEqual({ update: 2 });
        await expect(rendered()).resolves.toContain("MITX_REDIRECT_ENABLED = False");
    });

    test("takes it away by destroy", async () => {
        await stack.destroy();
        expect(existsSync(plugin)).toBe(false);
        await expect(rendered()).resolves.not.toContain("ol-oauth2");
    });
});
