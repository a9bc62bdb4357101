import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execa } from "execa";
import { applicationProject, askGateway, openEdxProject } from "../../config/askGateway.ts";
import { withGateways } from "../../config/load.ts";
import { tutorCommand } from "../tutor/tutor.ts";
import { describeDocker, useDocker } from "./docker.ts";
import { lockTimeout } from "./lock.ts";

describeDocker("the gateways, asked of a Docker daemon", () => {
    const networks = { tutor_dev: "172.31.201.1", mitxonline: "172.31.202.1" };

    /** A network as Compose makes it for a project. */
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

    let giveBack: () => void;

    beforeAll(async () => {
        giveBack = await useDocker();
        await Promise.all(Object.entries(networks).map(([project, gateway]) => makeNetwork(project, gateway)));
        await makeNetwork("mitxonline", "172.31.203.1", "other");
    }, lockTimeout);
    afterAll(async () => {
        await Promise.all(["tutor_dev_default", "mitxonline_default", "mitxonline_other"].map(removeNetwork));
        giveBack();
    });

    test("are those of the projects' default networks", () => {
        expect(askGateway("tutor_dev")).toBe("172.31.201.1");
        expect(askGateway("mitxonline")).toBe("172.31.202.1");
    });

    test("are nothing for a project that has no network", () => {
        expect(askGateway("mitxpro")).toBe("");
    });

    test("complete a configuration on Linux, where they are not set", () => {
        expect(withGateways({ platform: "linux", application: "mitxonline" })).toMatchObject({
            lmsGateway: "172.31.201.1",
            applicationGateway: "172.31.202.1",
        });
        expect(withGateways({ platform: "linux", lmsGateway: "10.0.0.1", application: "xpro" })).toMatchObject({
            lmsGateway: "10.0.0.1",
            applicationGateway: "",
        });
        expect(withGateways({ platform: "macos" })).toStrictEqual({ platform: "macos" });
    });

    test("follow a network that is made anew", async () => {
        await removeNetwork("mitxonline_default");
        await makeNetwork("mitxonline", "172.31.204.1");

        expect(askGateway("mitxonline")).toBe("172.31.204.1");
    });
});

describe("the Compose project", () => {
    test.each([
        ["../mitxonline/.env", "mitxonline"],
        ["/home/me/MITx Online.2/.env", "mitxonline2"],
        ["/home/me/_checkout/.env", "checkout"],
    ])("of an application with %s is %s", (envFile, project) => {
        expect(applicationProject(envFile)).toBe(project);
    });

    test("of Open edX is the one that Tutor names, or that of its releases", async () => {
        const root = await mkdtemp(join(tmpdir(), "tutor-"));
        process.env["TUTOR_ROOT"] = root;
        await execa(tutorCommand("22"), ["config", "save", "--set", "DEV_PROJECT_NAME=mine"]);
        expect(openEdxProject({ lmsFrom: "tutor", tutor: tutorCommand("22") })).toBe("mine");
        await rm(root, { recursive: true });
        expect(openEdxProject({ lmsFrom: "external", tutor: "no-such-tutor" })).toBe("tutor_dev");
    });
});
