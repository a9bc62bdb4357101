import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { project } from "../../toolchain/pulumi.ts";

/** A clone of this project that hasn't been set up, except for what takes minutes. */
export interface Clone {
    readonly folder: string;
    /** Runs one of the project's programs as npm does: through the setup. */
    run(program: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
    /** `npm run pulumi -- ARGUMENT...`. */
    pulumi(...args: string[]): Promise<Ended>;
    remove(): Promise<void>;
}

/** The settings of a clone's stack `test`. */
export const settings = "# Ours.\nconfig:\n  # As it was.\n  openedx-mit-integration:application: xpro\n";

/** How a command ended. */
export interface Ended {
    readonly exitCode?: number | undefined;
    readonly stdout: string;
    readonly stderr: string;
}

/**
 * Creates a clone.
 *
 * @param program - replaces the project's own `index.ts`.
 */
export async function makeClone(program: string): Promise<Clone> {
    const folder = await mkdtemp(join(tmpdir(), "clone-"));
    const files = ["Pulumi.yaml", "package.json", "package-lock.json", "toolchain", "config", "dynamic-providers"];
    for (const file of [...files, "sandbox"]) {
        await cp(join(project, file), join(folder, file), { recursive: true });
    }
    await writeFile(join(folder, "index.ts"), program);
    await writeFile(join(folder, "Pulumi.test.yaml"), settings);
    // Its packages are installed, but the setup doesn't know that yet: it calls npm.
    await mkdir(join(folder, "node_modules"));
    for (const name of (await readdir(join(project, "node_modules"))).filter((entry) => entry !== ".set-up")) {
        await symlink(join(project, "node_modules", name), join(folder, "node_modules", name));
    }
    await mkdir(join(folder, ".toolchain", "pulumi", "plugins"), { recursive: true });
    for (const part of ["pulumi/versions", "venv"]) {
        await symlink(join(project, ".toolchain", part), join(folder, ".toolchain", part));
    }
    const tools = join(folder, "tools");
    await mkdir(tools);
    await writeFile(join(tools, "npm"), "#!/bin/sh\necho added 1 package\n", { mode: 0o755 });

    const run: Clone["run"] = (args, env = {}) =>
        execa("node", [join(folder, "toolchain", "setup.mjs"), ...args], {
            cwd: folder,
            env: { PATH: tools + delimiter + (process.env["PATH"] ?? ""), TEST_DOCKER_HOST: "", ...env },
            reject: false,
            stdin: "ignore",
        });
    return {
        folder,
        run,
        pulumi: (...args) => run(["toolchain/pulumiCommand.ts", ...args]),
        remove: () => rm(folder, { recursive: true, force: true }),
    };
}
