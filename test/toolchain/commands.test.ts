import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readState } from "../../toolchain/stackState.ts";
import { type Clone, makeClone, settings } from "./clone.ts";

const PROGRAM = `
import * as random from "@pulumi/random";
export const word = new random.RandomString("word", { length: 8, special: false }).result;
`;

describe("the project's commands, in a clone that is not set up", () => {
    let clone: Clone;
    const states = () => join(clone.folder, ".pulumi");
    const stateFile = () => join(states(), "stacks", "openedx-mit-integration", "test.json");

    beforeAll(async () => {
        clone = await makeClone(PROGRAM);
    });
    afterAll(() => clone.remove());

    test("leave standard output to the program: progress goes to standard error", async () => {
        const program = join(clone.folder, "program.ts");
        await writeFile(program, `console.log(JSON.stringify({ answer: 42 }));`);

        const { stdout, stderr } = await clone.run([program]);

        expect(JSON.parse(stdout)).toEqual({ answer: 42 });
        expect(stderr).toContain("✓ npm packages from package-lock.json");
    });

    test("keep the shell's settings of Pulumi out, and say so", async () => {
        const program = join(clone.folder, "environment.ts");
        await writeFile(
            program,
            `console.log(JSON.stringify(Object.keys(process.env).filter((name) => name.startsWith("PULUMI_"))));`,
        );

        const { stdout, stderr } = await clone.run([program], {
            PULUMI_BACKEND_URL: "s3://company",
            PULUMI_CONFIG_PASSPHRASE: "another one",
            PULUMI_CONFIG_PASSPHRASE_FILE: ".pulumi-passphrase",
            PULUMI_HOME: "/nowhere",
        });

        expect((JSON.parse(stdout) as string[]).sort()).toEqual(["PULUMI_HOME", "PULUMI_SKIP_UPDATE_CHECK"]);
        expect(stderr).toContain("Ignoring PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE of the shell");
        expect(stderr).not.toContain("another one");
    });

    test("keep the state and the passphrase private to this user", async () => {
        await expect(clone.pulumi("stack", "init", "test")).resolves.toMatchObject({ exitCode: 0 });
        await expect(clone.pulumi("up", "--stack", "test", "--yes", "--skip-preview")).resolves.toMatchObject({
            exitCode: 0,
        });

        const entries = await readdir(states(), { recursive: true, withFileTypes: true });
        const modes = await Promise.all(
            entries.map(async (entry) => {
                const { mode } = await stat(join(entry.parentPath, entry.name));
                return `${entry.isDirectory() ? "folder" : "file"} ${(mode & 0o777).toString(8)}`;
            }),
        );
        expect(new Set(modes)).toEqual(new Set(["folder 700", "file 600"]));
        expect((await stat(states())).mode & 0o777).toBe(0o700);
        expect((await stat(join(clone.folder, ".pulumi-passphrase"))).mode & 0o777).toBe(0o600);
    });

    test("leave a stack's settings unchanged", async () => {
        await expect(readFile(join(clone.folder, "Pulumi.test.yaml"), "utf8")).resolves.toBe(settings);
    });

    test("print outputs as JSON that other programs can read", async () => {
        const { stdout } = await clone.pulumi("stack", "output", "--stack", "test", "--json");

        expect(JSON.parse(stdout)).toEqual({ word: expect.stringMatching(/^[a-zA-Z\d]{8}$/) });
    });

    test("list a creation that was interrupted until an up has finished it", async () => {
        interface Saved {
            checkpoint: { latest: { resources: { urn: string; type: string }[]; pending_operations?: object[] } };
        }
        const saved = JSON.parse(await readFile(stateFile(), "utf8")) as Saved;
        const word = saved.checkpoint.latest.resources.find(({ urn }) => urn.endsWith("::word"));
        saved.checkpoint.latest.pending_operations = [{ type: "creating", resource: word }];
        await writeFile(stateFile(), JSON.stringify(saved));
        const up = () => clone.pulumi("up", "--stack", "test", "--yes", "--skip-preview");

        const first = await up();
        const second = await up();

        expect(first.stdout).toContain("1 pending operations");
        expect(second).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining("pending operation") });
        const state = await readState("test", states());
        expect(state?.checkpoint.latest?.resources.map(({ type }) => type)).toContain(
            "random:index/randomString:RandomString",
        );
    });

    test("need the Docker plugin only for a stack with containers, by its settings or its state", async () => {
        const program = join(clone.folder, "containers.ts");
        await writeFile(
            program,
            `import { usesContainers } from "./toolchain/dockerPlugin.ts"; console.log(await usesContainers("test"));`,
        );
        const answers = async (name: string) => ({ [name]: (await clone.run([program])).stdout });
        const settingsFile = join(clone.folder, "Pulumi.test.yaml");
        const state = await readFile(stateFile(), "utf8");

        const external = await answers("external");
        await writeFile(settingsFile, `${settings}  openedx-mit-integration:applicationFrom: compose\n`);
        const compose = await answers("compose");
        await writeFile(settingsFile, settings);
        await writeFile(
            stateFile(),
            state.replaceAll("random:index/randomString:RandomString", "docker:index/network:Network"),
        );
        const once = await answers("once");
        await writeFile(stateFile(), state);

        expect({ ...external, ...compose, ...once }).toEqual({ external: "false", compose: "true", once: "true" });
    });

    test("warn before Pulumi prints secrets", async () => {
        const { stderr } = await clone.pulumi("stack", "ls", "--logtostderr", "-v=9");

        expect(stderr).toContain("Caution: with --logtostderr, -v=9 Pulumi prints secrets in plain text.");
    });
});
