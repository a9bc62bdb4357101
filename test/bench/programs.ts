/** The programs to compare the sandbox's stack with. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Connection } from "../../dynamic-providers/openedx/connection.ts";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { type Cost, costOf } from "./measure.ts";

/** A stack with its own program and its own state. */
export interface BenchStack {
    /** Runs Pulumi on it and measures the run. */
    readonly run: (command: "up" | "preview" | "refresh" | "destroy", ...options: readonly string[]) => Promise<Cost>;
    readonly remove: () => Promise<void>;
}

/** Project settings as in Pulumi's own template for Node.js. */
const plain = { name: "bench", runtime: { name: "nodejs", options: { typescript: false } } };

/** Adds this project's quick-start settings. */
const quick = {
    ...plain,
    runtime: {
        name: "nodejs",
        options: { typescript: false, nodeargs: "--require @openedx-mit/dynamic-providers/quickStart" },
    },
    plugins: {
        providers: [{ name: "pulumi-nodejs", path: "node_modules/@openedx-mit/dynamic-providers/plugin" }],
    },
};

/**
 * Creates a stack for a program.
 *
 * @param program - its source, a CommonJS module.
 * @param start - how its processes start: like anybody's, or like this project's.
 */
export async function stackOf(program: string, start: "plain" | "quick" = "plain"): Promise<BenchStack> {
    const folder = await mkdtemp(join(tmpdir(), "bench-"));
    await writeFile(join(folder, "Pulumi.yaml"), JSON.stringify(start === "quick" ? quick : plain));
    await writeFile(join(folder, "package.json"), "{}");
    await writeFile(join(folder, "index.js"), program);
    await symlink(join(project, "node_modules"), join(folder, "node_modules"));
    await mkdir(join(folder, "state"));
    const environment = {
        ...(await pulumiEnvironment()),
        PULUMI_BACKEND_URL: `file://${join(folder, "state")}?metadata=skip`,
    };
    await execa("pulumi", ["stack", "init", "test"], { cwd: folder, env: environment });
    return {
        run: (command, ...options) => costOf(pulumiCall(command, options), { folder, environment }),
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}

/** The Pulumi command line for a command on the stack `test`. */
export function pulumiCall(command: string, options: readonly string[] = []): string[] {
    const answers = command === "preview" ? [] : ["--yes", "--skip-preview"];
    return ["pulumi", command, "--stack", "test", "--non-interactive", ...answers, ...options];
}

/** A program with that many resources that no provider serves. */
export function emptyProgram(resources: number): string {
    return `
        const { ComponentResource } = require("@pulumi/pulumi");
        for (let n = 0; n < ${resources}; n++) {
            new ComponentResource("bench:index:Empty", "empty" + n);
        }`;
}

/** A program with that many resources of each kind; their dynamic provider does nothing. */
export function idleProgram(counts: {
    readonly components: number;
    readonly random: number;
    readonly dynamic: number;
}) {
    return `
        const { ComponentResource, dynamic } = require("@pulumi/pulumi");
        const { RandomString } = require("@pulumi/random");
        for (let n = 0; n < ${counts.components}; n++) {
            new ComponentResource("bench:index:Empty", "empty" + n);
        }
        for (let n = 0; n < ${counts.random}; n++) {
            new RandomString("random" + n, { length: 8 });
        }
        const idle = { create: async () => ({ id: "idle", outs: {} }) };
        for (let n = 0; n < ${counts.dynamic}; n++) {
            new dynamic.Resource(idle, "dynamic" + n, {});
        }`;
}

/** A program with that many OAuth applications on a server. */
export function applicationsProgram(count: number, connection: Connection): string {
    return `
        module.exports = import("@openedx-mit/dynamic-providers/openedx/oauthApplication").then(({ OAuthApplication }) => {
            for (let n = 0; n < ${count}; n++) {
                new OAuthApplication("application" + n, {
                    connection: ${JSON.stringify(connection)},
                    clientId: "bench-client-" + n,
                    clientSecret: "bench-secret-" + n,
                    name: "bench-" + n,
                    redirectUris: ["http://bench.odl.local/" + n],
                });
            }
        });`;
}
