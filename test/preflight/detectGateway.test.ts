import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { detectComposeProjectName } from "../../preflight/detectGateway.ts";
import { describeCompose } from "../support/compose.ts";

describe("the Compose project of an application without Compose files", () => {
    test.each([
        ["../mitxonline/.env", "mitxonline"],
        ["/home/me/MITx Online.2/.env", "mitxonline2"],
        ["/home/me/_checkout/.env", "checkout"],
    ])("in %s is %s", async (envFile, project) => {
        await expect(detectComposeProjectName(envFile)).resolves.toBe(project);
    });
});

describeCompose("the Compose project of an application", () => {
    let checkout: string;
    beforeEach(async () => {
        checkout = join(await realpath(await mkdtemp(join(tmpdir(), "compose-"))), "MITx.Online");
        await mkdir(checkout);
        await writeFile(join(checkout, "compose.yaml"), "services: {web: {image: web, env_file: .env}}");
    });
    afterEach(async () => {
        delete process.env["COMPOSE_PROJECT_NAME"];
        await rm(join(checkout, ".."), { recursive: true });
    });
    const project = () => detectComposeProjectName(join(checkout, ".env"));

    test("is named after its folder", async () => {
        await expect(project()).resolves.toBe("mitxonline");
    });

    test("has the name in its Compose file, which .env names", async () => {
        await writeFile(join(checkout, "mine.yaml"), "name: mine\nservices: {web: {image: web}}");
        await writeFile(join(checkout, ".env"), "COMPOSE_FILE=mine.yaml\n");

        await expect(project()).resolves.toBe("mine");
    });

    test("has the name in .env, or else in the shell", async () => {
        await writeFile(join(checkout, ".env"), "NAME=of-env\nCOMPOSE_PROJECT_NAME=$NAME\n");
        await expect(project()).resolves.toBe("of-env");

        process.env["COMPOSE_PROJECT_NAME"] = "of-shell";
        await expect(project()).resolves.toBe("of-shell");
    });
});
