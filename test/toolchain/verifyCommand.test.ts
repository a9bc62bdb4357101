import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";

let folder: string;

/** A folder with a project of its own, in which the stack `new` has never been deployed, and `absent` doesn't exist. */
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "verify-"));
    await mkdir(join(folder, "state"));
    const settings = { name: "openedx-mit-integration", runtime: "nodejs", backend: { url: `file://${folder}/state` } };
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify(settings));
    await execa("pulumi", ["stack", "init", "new"], { cwd: folder, env: await pulumiEnvironment() });
    for (const stack of ["new", "absent"]) await writeFile(join(folder, `Pulumi.${stack}.yaml`), "config: {}\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each([
    ["dev", /^Unexpected argument 'dev'\. Options come after "--": npm run verify -- --stack dev\. /],
    ["--stack", /^Option '-s, --stack <value>' argument missing\. Options come after/],
    ["--fix", /^Unknown option '--fix'\. Options come after/],
    ["--keep --no-sign-in", /^--keep is for the sign-in, and --no-sign-in leaves that out\./],
    ["--browser --no-sign-in", /^--browser is for the sign-in/],
    ["--report missing/report.html", /^--report can't write \S+\/missing\/report\.html: its folder doesn't exist/],
    ["--report state", /^--report needs a file, and \S+\/state is a folder/],
    ["--stack typo", /^There is no stack typo: Pulumi\.typo\.yaml doesn't exist\./],
    [
        "--stack absent",
        /^Pulumi can't read the stack absent\. .*: npm run pulumi -- up --stack absent\nerror: no stack named/,
    ],
    ["--stack new", /^Nothing is deployed in the stack new\. Deploy it first: npm run pulumi -- up --stack new$/],
])("npm run verify -- %s says what is wrong with that, and ends with 2", async (args, message) => {
    const command = [join(project, "toolchain", "verifyCommand.ts"), ...args.split(" ")];
    const { exitCode, stdout, stderr } = await execa("node", command, {
        cwd: folder,
        reject: false,
        env: {
            NODE_OPTIONS: "--disable-warning=ExperimentalWarning",
            NODE_COMPILE_CACHE: join(project, ".toolchain", "compile-cache"),
        },
    });

    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toMatch(message);
});
