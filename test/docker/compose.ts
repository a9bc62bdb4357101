import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { cache, step } from "./steps.ts";

const module = join(import.meta.dirname, "compose");

/** Docker's configuration folder for the tests, with the plug-in in it. The user's own is not looked at. */
export const dockerConfig = join(cache, "config");

/**
 * Makes `docker compose` work: with the plug-in that the system has, else with one that is built here.
 *
 * @throws Error where there is no `docker`; where it has to be built and there is no Go, or no way to its modules.
 */
export async function installCompose(env: Readonly<Record<string, string>>): Promise<void> {
    const plugin = join(dockerConfig, "cli-plugins", "docker-compose");
    const stamp = join(cache, "compose.stamp");
    const [mod, sum] = await Promise.all(["go.mod", "go.sum"].map((file) => readFile(join(module, file), "utf8")));
    const wanted = createHash("sha256").update(`${mod}${sum}`).digest("hex");
    const built = await readFile(stamp, "utf8").catch(() => undefined);
    if ((built === wanted && existsSync(plugin)) || (built === undefined && (await composeWorks(env)))) {
        return;
    }
    await step("Docker Compose, built with Go", async () => {
        await mkdir(dirname(plugin), { recursive: true });
        const version = /compose\/v2 (v\S+)/.exec(mod ?? "")?.[1] ?? "";
        const flags = `-s -w -X github.com/docker/compose/v2/internal.Version=${version}`;
        const options = ["-mod=readonly", "-trimpath", "-ldflags", flags, "-o", plugin];
        await execa("go", ["build", ...options, "github.com/docker/compose/v2/cmd"], { cwd: module });
    });
    await writeFile(stamp, wanted);
}

async function composeWorks(env: Readonly<Record<string, string>>): Promise<boolean> {
    return (await execa("docker", ["compose", "version"], { env, reject: false })).exitCode === 0;
}
