import { beforeAll, describe, expect, it } from "@jest/globals";
import { execa } from "execa";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";

type Definitions = Record<string, object>;
type Schema = Record<(typeof parts)[number], Definitions>;

const parts = ["resources", "functions", "types"] as const;

const read = async (...file: string[]) => JSON.parse(await readFile(path.join(...file), "utf8")) as unknown;
const published = (await read(import.meta.dirname, "schemas", "docker.json")) as Schema;
const { version } = (await read(project, "node_modules/@pulumi/docker/package.json")) as { version: string };
const environment = await pulumiEnvironment();
const folder = path.join(environment["PULUMI_HOME"] ?? "", "plugins", `resource-docker-v${version}`);

// The published plugin needs no comparison with itself, and only some runs of the setup build one.
const describeWhereBuilt = existsSync(path.join(folder, "BUILT-HERE")) ? describe : describe.skip;

describeWhereBuilt("the plugin docker that the setup built", () => {
    let served: Schema & { name: string; version: string };

    beforeAll(async () => {
        const { stdout } = await execa("pulumi", ["package", "get-schema", `docker@${version}`], {
            cwd: tmpdir(),
            env: environment,
        });
        served = JSON.parse(stdout) as typeof served;
    });

    it("has the npm package's version", () => {
        expect(served).toMatchObject({ name: "docker", version });
    });

    it.each(parts.flatMap((part) => Object.keys(published[part]).map((name) => [part, name] as const)))(
        "offers of the published %s: %s",
        (part, name) => {
            expect(served[part][name]).toMatchObject(published[part][name] ?? {});
        },
    );
});
