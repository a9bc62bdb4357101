import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { compare } from "bcryptjs";
import { execa } from "execa";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";

/** What the program below does; it reads this from its environment. */
interface Settings {
    EPOCH?: "1" | "2";
    INVALID?: "command" | "string";
}

const names = ["random", "command"];

const program = `
const pulumi = require("@pulumi/pulumi");
const random = require("@pulumi/random");
const { local } = require("@pulumi/command");
const { EPOCH, FOLDER, INVALID } = process.env;

if (INVALID === "command") {
    new local.Command("invalid", { create: "true", assetPaths: ["*"], archivePaths: ["*"] });
} else if (INVALID === "string") {
    new random.RandomString("invalid", { length: 3, minLower: 2, minUpper: 2 });
} else {
    const keepers = { epoch: EPOCH };
    new random.RandomPassword("password", { length: 40, overrideSpecial: "-", minSpecial: 3, keepers });
    new random.RandomString("string", { length: 8, special: false, lower: false });
    const command = new local.Command("command", {
        create: 'echo "created in $PWD by $WHO with $TOKEN"; cat; echo warned >&2',
        update: 'echo "updated after $PULUMI_COMMAND_STDOUT / $PULUMI_COMMAND_STDERR"',
        delete: 'echo "deleted with $TOKEN" > deleted; cat >> deleted',
        dir: FOLDER,
        environment: { WHO: EPOCH, TOKEN: pulumi.secret("secret-token") },
        stdin: pulumi.secret("secret-stdin"),
    });
    const quiet = { create: "echo quiet-output; echo quiet-error >&2", interpreter: ["/bin/sh", "-e", "-c"] };
    new local.Command("quiet", { ...quiet, logging: "none", triggers: [EPOCH] });
    new local.Command("outputOnly", { create: "echo loud-output; echo hidden-error >&2", logging: "stdout" });
    if (EPOCH === "2") {
        new local.Command("failing", { create: "echo what-went-wrong >&2; exit 3", logging: "none" }, { dependsOn: command });
    }
}
`;

let folder: string;
let environment: Record<string, string>;

beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "plugins-"));
    const home = path.join(folder, "home");
    environment = {
        ...(await pulumiEnvironment()),
        PULUMI_HOME: home,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "a passphrase",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        FOLDER: folder,
    };
    // The project's own CLI, but always the stand-ins.
    await mkdir(home);
    await symlink(path.join(project, ".toolchain/pulumi/versions"), path.join(home, "versions"));
    await symlink(path.join(project, "node_modules"), path.join(folder, "node_modules"));
    for (const name of names) {
        const manifest = await readFile(path.join(project, "node_modules/@pulumi", name, "package.json"), "utf8");
        const { version } = JSON.parse(manifest) as { version: string };
        const plugin = path.join(home, "plugins", `resource-${name}-v${version}`);
        await mkdir(plugin, { recursive: true });
        await writeFile(
            path.join(plugin, `pulumi-resource-${name}`),
            `#!/bin/sh\nexec node --disable-warning=ExperimentalWarning --require '${project}/dynamic-providers/quickStart.js' '${project}/toolchain/plugins/${name}.ts' "$@"\n`,
            { mode: 0o755 },
        );
    }
    const runtime = { name: "nodejs", options: { typescript: false } };
    await writeFile(path.join(folder, "Pulumi.yaml"), JSON.stringify({ name: "plugins", runtime }));
    await writeFile(path.join(folder, "package.json"), "{}");
    await writeFile(path.join(folder, "index.js"), program);
    await pulumi({}, "stack", "init", "test");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it.each(names)("%s has the properties of the published plugin", async (name) => {
    const published = await readFile(path.join(import.meta.dirname, "schemas", `${name}.json`), "utf8");
    const { stdout } = await pulumi({}, "package", "get-schema", name);
    // The CLI omits this property.
    const parse = (schema: string) =>
        JSON.parse(schema, (key, value: unknown) => (key === "replaceOnChanges" ? undefined : value)) as Values;
    const { types = {}, resources } = parse(stdout);
    expect({ name, types, resources }).toEqual(parse(published));
});

it.each([
    ["command" as const, ["archivePaths", "assetPaths", "not supported by this stand-in"]],
    ["string" as const, ["length", "has to be at least 4"]],
])(
    "refuses invalid inputs of a %s",
    async (INVALID, messages) => {
        const { exitCode, stdout } = await pulumi({ INVALID }, "preview");
        expect(exitCode).not.toBe(0);
        for (const message of messages) {
            expect(stdout).toContain(message);
        }
    },
    60_000,
);

describe("two runs of the engine", () => {
    let runs: { created: Run; same: Run; changed: Run };

    beforeAll(async () => {
        const created = await up({ EPOCH: "1" });
        const { stdout, exitCode } = await pulumi({ EPOCH: "1" }, "preview", "--refresh", "--expect-no-changes");
        const changed = await up({ EPOCH: "2" });
        runs = { created, same: { ...created, stdout, exitCode }, changed };
        await pulumi({}, "destroy", "--yes", "--skip-preview");
    });

    it("succeed, and nothing drifts in between", () => {
        expect(runs.created.exitCode).toBe(0);
        expect(runs.same.stdout).toContain("unchanged");
        expect(runs.same.exitCode).toBe(0);
    });

    it("generate random text as requested", async () => {
        const { password, string } = runs.created.decrypted;
        const result = String(password?.["result"]);
        expect(result).toMatch(/^[A-Za-z0-9-]{40}$/);
        expect(result.split("-").length).toBeGreaterThan(3);
        await expect(compare(result, String(password?.["bcryptHash"]))).resolves.toBe(true);
        const shape = { lower: false, upper: true, number: true, numeric: true, minUpper: 0 };
        expect(string).toMatchObject({ ...shape, result: expect.stringMatching(/^[A-Z0-9]{8}$/) as unknown });
    });

    it("generate a new password when its keepers change, and keep the string", () => {
        const { created, changed } = runs;
        expect(changed.decrypted["password"]).toMatchObject({ keepers: { epoch: "2" } });
        expect(changed.decrypted["password"]?.["result"]).not.toBe(created.decrypted["password"]?.["result"]);
        expect(changed.state["string"]).toEqual(created.state["string"]);
    });

    it("keep secrets encrypted in the state", () => {
        const encrypted = expect.objectContaining({ ciphertext: expect.any(String) as unknown }) as unknown;
        expect(runs.created.state["password"]).toMatchObject({ result: encrypted, bcryptHash: encrypted });
        for (const { state } of [runs.created, runs.changed]) {
            const environment = { WHO: expect.any(String) as unknown, TOKEN: encrypted };
            expect(state["command"]).toMatchObject({ environment, stdin: encrypted });
        }
    });

    it("create, update and delete by commands", async () => {
        const output = `created in ${folder} by 1 with secret-token\nsecret-stdin`;
        expect(runs.created.state["command"]).toMatchObject({ stdout: output, stderr: "warned" });
        expect(runs.changed.state["command"]).toMatchObject({ stdout: `updated after ${output} / warned`, stderr: "" });
        await expect(readFile(path.join(folder, "deleted"), "utf8")).resolves.toBe(
            "deleted with secret-token\nsecret-stdin",
        );
    });

    it("replace a command when its triggers change", () => {
        expect(runs.changed.stdout).toMatch(/Command quiet replaced/);
        expect(runs.changed.state["quiet"]).toMatchObject({ stdout: "quiet-output", stderr: "quiet-error" });
    });

    it("show output as the resource's logging says", () => {
        expect(runs.created.stdout).toContain("created in");
        expect(runs.created.stdout).toContain("warned");
        expect(runs.created.stdout).toContain("loud-output");
        expect(runs.created.stdout).not.toContain("hidden-error");
        expect(runs.created.stdout + runs.changed.stdout).not.toContain("quiet-");
    });

    it("report a failing command with its exit code and errors", () => {
        expect(runs.changed.exitCode).not.toBe(0);
        expect(runs.changed.stdout).toContain("The command failed: exit code 3\n    what-went-wrong");
        expect(runs.changed.state).not.toHaveProperty("failing");
    });
});

type Values = Record<string, unknown>;

interface Run {
    exitCode: number | undefined;
    stdout: string;
    /** The stored outputs of each resource, by name. */
    state: Record<string, Values>;
    /** The same, decrypted. */
    decrypted: Record<string, Values>;
}

async function up(settings: Settings): Promise<Run> {
    const { exitCode, stdout } = await pulumi(settings, "up", "--yes", "--skip-preview");
    return { exitCode, stdout, state: await outputs(), decrypted: await outputs("--show-secrets") };
}

async function outputs(...options: string[]): Promise<Record<string, Values>> {
    const { stdout } = await pulumi({}, "stack", "export", ...options);
    const { deployment } = JSON.parse(stdout, (_key, value) => reveal(value)) as {
        deployment: { resources: { urn: string; delete?: boolean; outputs?: Values }[] };
    };
    // A replaced resource that is pending deletion has the same name as its replacement.
    const current = deployment.resources.filter((resource) => !resource.delete);
    return Object.fromEntries(
        current.map((resource) => [resource.urn.split("::").at(-1) ?? "", resource.outputs ?? {}]),
    );
}

function reveal(value: unknown): unknown {
    const isSecret = typeof value === "object" && value !== null && "plaintext" in value;
    return isSecret ? (JSON.parse(String(value.plaintext)) as unknown) : value;
}

async function pulumi(settings: Settings, ...args: string[]) {
    const options = { cwd: folder, env: { ...environment, ...settings }, reject: false } as const;
    return await execa("pulumi", ["--non-interactive", "--color=never", ...args], options);
}
