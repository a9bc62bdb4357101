import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { project } from "../../toolchain/pulumi.ts";

let folder: string;

beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "settings-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `npm run tutor-plugin` in a folder with the settings of a stack `new`, which has no state. */
async function tutorPlugin(settings: Readonly<Record<string, string>>, ...args: string[]) {
    const config = Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [`openedx-mit-integration:${key}`, value]),
    );
    await writeFile(join(folder, "Pulumi.new.yaml"), JSON.stringify({ config }));
    return execa("node", [join(project, "toolchain", "tutorPluginCommand.ts"), "--stack", "new", ...args], {
        cwd: folder,
        reject: false,
        env: { NODE_OPTIONS: "--disable-warning=ExperimentalWarning" },
    });
}

test("the Tutor plugin is available before the first up, with an incomplete configuration", async () => {
    const { stdout, stderr } = await tutorPlugin({ application: "xpro", applicationUrl: "http://xpro.test:8053" });

    expect(stderr).toBe("");
    expect(stdout).toContain("# Tutor plug-in of openedx-mit-integration/new ");
    expect(stdout).toContain("http://xpro.test:8053/logout");
    expect(stdout).toContain("ENABLE_MITXPRO_OAUTH = True");
});

test("it is written to a file that only its owner can read, even over one that everyone can", async () => {
    const file = join(folder, "mit-integration.py");
    await writeFile(file, "old", { mode: 0o644 });

    const { stdout } = await tutorPlugin({ redirectVisitors: "false" }, "--out", file);

    expect(stdout).toBe("");
    await expect(readFile(file, "utf8")).resolves.toContain("MITX_REDIRECT_ENABLED = False");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test("a required client secret that does not exist yet is reported as missing", async () => {
    const { exitCode, stdout, stderr } = await tutorPlugin({ clientSecretIn: "settings" });

    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain("the client secret does not exist yet");
    expect(stderr).toContain("npm run pulumi -- up --stack new");
});

test("mistakes in the settings are reported", async () => {
    const { exitCode, stderr } = await tutorPlugin({ application: "mitx" });

    expect(exitCode).toBe(1);
    expect(stderr).toBe(
        "Pulumi.new.yaml has errors:\n  application must be one of xpro, mitxonline, mitxonline-apisix",
    );
});
