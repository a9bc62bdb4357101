import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cache, step } from "./steps.ts";

const module = join(import.meta.dirname, "cli-plugins");

/** The Docker CLI plugins: Compose, and buildx, which Tutor uses to build images. */
const plugins = {
    compose: {
        title: "Docker Compose",
        path: "github.com/docker/compose/v2",
        command: "cmd",
        version: "internal.Version",
    },
    buildx: {
        title: "Docker buildx",
        path: "github.com/docker/buildx",
        command: "cmd/buildx",
        version: "version.Version",
    },
};

/** Docker's configuration folder for the tests, which contains the plugins. The user's own folder isn't used. */
export const dockerConfig = join(cache, "config");

/**
 * Makes `docker compose` and `docker buildx` available: uses the installed plugins, or builds them.
 *
 * @throws Error if `docker` is missing, or if a plugin has to be built and Go or its modules aren't available.
 */
export async function installPlugins(env: Readonly<Record<string, string>>): Promise<void> {
    const [mod, sum] = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(module, file), "utf8")));
    const wanted = createHash("sha256").update(`${mod}${sum}`).digest("hex");
    // One after another, because they share most of their packages.
    for (const [name, { title, path, command, version }] of Object.entries(plugins)) {
        const file = join(dockerConfig, "cli-plugins", `docker-${name}`);
        const stamp = join(cache, `${name}.stamp`);
        const built = await readFile(stamp, "utf8").catch(() => undefined);
        if ((built === wanted && existsSync(file)) || (built === undefined && (await works(name, env)))) {
            continue;
        }
        await step(`${title}, built with Go`, async () => {
            await mkdir(dirname(file), { recursive: true });
            const [, number] = new RegExp(`${path} (v\\S+)`).exec(mod ?? "") ?? [];
            const flags = `-s -w -X ${path}/${version}=${number ?? ""}`;
            const options = ["-mod=readonly", "-trimpath", "-ldflags", flags, "-o", file];
            await execa("go", ["build", ...options, `${path}/${command}`], { cwd: module });
        });
        await writeFile(stamp, wanted);
    }
}

async function works(name: string, env: Readonly<Record<string, string>>): Promise<boolean> {
    return (await execa("docker", [name, "version"], { env, reject: false })).exitCode === 0;
}
