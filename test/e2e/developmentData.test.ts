import { appendFile, copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { describeDocker } from "../docker/docker.ts";
import { preparationTimeout, prepareDocker } from "../docker/environment.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers } from "../support/sandbox.ts";
import { makeStack } from "../support/stack.ts";

/** An application's database. A line in a file stands for a row. */
interface Database {
    readonly application: "xpro" | "mitxonline";
    /** The folder of its checkout, which is also the name of Compose's project. */
    readonly project: "mitxpro" | "mitxonline";
    readonly image: string;
    /** Where its image or Compose file declares a volume. */
    readonly data: string;
}

/** A stack that runs an application on a real daemon; the LMS is the sandbox's. */
async function runDatabase({ application, project, image, data }: Database, cleanUp: ReturnType<typeof cleanUpIn>) {
    const environment = await prepareDocker();
    cleanUp(() => environment.release());
    const { docker } = environment;
    Object.assign(process.env, environment.env);
    const servers = await startServers(["lms"]);
    cleanUp(() => servers.stop());
    let checkout = await environment.checkout(project);
    const { baseUrl: lmsUrl, email: lmsUsername, password: lmsPassword } = servers.lms;
    const stack = await makeStack({
        ...{ lmsUrl, lmsUsername, lmsPassword, lmsGateway: "127.0.0.1" },
        ...{ application, applicationFrom: "compose", platform: "linux", envFile: join(checkout, ".env") },
    });
    cleanUp(() => stack.remove());
    const container = `${project}-db-1`;
    const inspect = (format: string) => docker("inspect", "--format", format, container);
    const compose = (...args: string[]) => execa("docker", ["compose", ...args], { cwd: checkout });
    return {
        stack,
        docker,
        compose,
        checkout: () => checkout,
        container: () => inspect("{{.Id}}"),
        image: () => inspect("{{.Image}}"),
        volume: async () => {
            const mounts = JSON.parse(await inspect("{{json .Mounts}}")) as { Destination: string; Name: string }[];
            return mounts.find(({ Destination }) => Destination === data)?.Name ?? "";
        },
        volumes: () => docker("volume", "ls", "--quiet", "--filter", `name=${project}`),
        /** Adds a row. */
        write: (row: string) => docker("exec", container, "sh", "-c", `echo ${row} >>${data}/rows`),
        rows: async () => (await docker("exec", container, "cat", `${data}/rows`)).split("\n"),
        /** Starts the project manually, as a developer without this program does, with a row. */
        startByHand: async () => {
            const envFile = join(checkout, ".env");
            await copyFile(join(checkout, ".env.example"), envFile);
            await appendFile(envFile, "OPENEDX_API_CLIENT_ID=an-id\nOPENEDX_API_CLIENT_SECRET=a-secret\n");
            await compose("up", "--detach");
            await docker("exec", container, "sh", "-c", `echo adopted >${data}/rows`);
            await writeFile(envFile, "");
        },
        /** Changes the service in Compose's override file. */
        override: async (db: object) => {
            const file = join(checkout, "docker-compose.override.yml");
            const { services, ...rest } = parse(await readFile(file, "utf8")) as { services: object };
            await writeFile(file, stringify({ ...rest, services: { ...services, db } }));
        },
        /** Points the image's name at another image. */
        changeImage: async () => {
            const id = await docker("create", image);
            await docker("commit", "--change", "LABEL changed=yes", id, image);
            await docker("rm", id);
        },
        /** Renames the checkout's folder. */
        move: async () => {
            const place = join(dirname(checkout), "moved");
            await rename(checkout, place);
            checkout = place;
            await stack.configure({ envFile: join(place, ".env") });
        },
        expectUpToDate: async () => {
            await expect(stack.preview()).resolves.toEqual({});
            const before = await inspect("{{.Id}}");
            await compose("up", "--detach");
            await expect(inspect("{{.Id}}")).resolves.toBe(before);
        },
    };
}

type RunningDatabase = Awaited<ReturnType<typeof runDatabase>>;

describeDocker("the database of xPro, whose Compose file gives it no named volume,", () => {
    const data = "/var/lib/postgresql";
    const cleanUp = cleanUpIn(afterAll);
    let db: RunningDatabase;
    beforeAll(async () => {
        db = await runDatabase({ application: "xpro", project: "mitxpro", image: "postgres:18.3", data }, cleanUp);
    }, preparationTimeout);

    test("is retained when the manually started project is taken over", async () => {
        await db.startByHand();
        const before = await db.volume();

        await expect(db.stack.preview()).rejects.toThrow("pulumi config set adopt true");
        await db.stack.configure({ adopt: "true" });
        await db.stack.up();

        await expect(db.rows()).resolves.toEqual(["adopted"]);
        await expect(db.volume()).resolves.toBe(before);
        expect(db.stack.transcript()).toContain(
            `the new container gets the data of the old one, in the volume ${before} at ${data}`,
        );
        await db.expectUpToDate();
    });

    test("is retained when Compose recreates its container, which up repairs", async () => {
        await db.compose("up", "--detach", "--force-recreate", "db");
        await db.write("recreated");
        await db.stack.upRefreshing();

        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
        await db.expectUpToDate();
    });

    test("is retained when its container is removed outside Pulumi", async () => {
        await db.docker("rm", "--force", "--volumes", "mitxpro-db-1");
        await db.stack.upRefreshing();

        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
    });

    test("stops an up that would leave it behind because the checkout has another name", async () => {
        await db.move();
        await expect(db.stack.preview()).rejects.toThrow("COMPOSE_PROJECT_NAME=mitxpro");

        await appendFile(join(db.checkout(), ".env"), "COMPOSE_PROJECT_NAME=mitxpro\n");
    });

    test("is retained when all containers get another network and place, and its own another environment and image", async () => {
        const [container, image] = await Promise.all([db.container(), db.image()]);
        await db.stack.configure({ applicationGateway: "172.30.54.1" });
        await db.override({ environment: { POSTGRES_INITDB_ARGS: "--data-checksums" } });
        const planned = await db.stack.preview();
        await db.changeImage();
        await db.stack.upRefreshing();

        // The network with everything on it, and six containers; the superuser and the OAuth application, because the
        // database's container is replaced; and everything that has the folder's name: the block in .env and two images
        // built there.
        expect(planned["replace"]).toBe(13);
        await expect(db.container()).resolves.not.toBe(container);
        await expect(db.image()).resolves.not.toBe(image);
        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
        await db.expectUpToDate();
    });

    test("is retained by destroy, which says how to remove it, and reused by the next up", async () => {
        const volume = await db.volume();
        await db.stack.destroy();

        await expect(db.docker("ps", "--all", "--quiet")).resolves.toBe("");
        expect(db.stack.transcript()).toMatch(new RegExp(`docker volume rm .*${volume}`));
        await db.stack.up();
        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
    });

    test("stops an up whose container would not have it", async () => {
        const before = await db.container();
        await db.override({ volumes: [`./config:${data}`] });
        await expect(db.stack.up()).rejects.toThrow(/container of db has data .*config set keepVolumes false/s);

        await expect(db.container()).resolves.toBe(before);
        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
        await db.override({});
    });

    test("is removed by destroy as soon as keepVolumes is false, without an up in between", async () => {
        await db.stack.configure({ keepVolumes: "false" });
        await db.stack.destroy();

        await expect(db.volumes()).resolves.toBe("");
    });

    test("is in a volume with a name and labels if the stack created it, and survives destroy as well", async () => {
        await db.stack.configure({ keepVolumes: "true" });
        await db.stack.up();
        await db.write("made");
        await expect(db.volume()).resolves.toBe("mitxpro_db_var_lib_postgresql");
        await db.stack.destroy();
        await db.stack.up();

        await expect(db.rows()).resolves.toEqual(["made"]);
        await db.stack.destroy();
    });
});

describeDocker("the database of MITx Online, which has a named volume,", () => {
    const cleanUp = cleanUpIn(afterAll);
    let db: RunningDatabase;
    beforeAll(async () => {
        const [image, data] = ["postgres:15.16", "/var/lib/postgresql/data"];
        db = await runDatabase({ application: "mitxonline", project: "mitxonline", image, data }, cleanUp);
    }, preparationTimeout);

    test("is retained when a manually started project is taken over", async () => {
        await db.startByHand();
        await db.stack.configure({ adopt: "true" });
        await db.stack.up();

        await expect(db.rows()).resolves.toEqual(["adopted"]);
        await expect(db.volume()).resolves.toBe("mitxonline_db-data");
    });

    test("is retained when Compose recreates its container and the next up gives it another network and image", async () => {
        await db.compose("up", "--detach", "--force-recreate", "db");
        await db.write("recreated");
        const [container, image] = await Promise.all([db.container(), db.image()]);
        await db.stack.configure({ applicationGateway: "172.30.14.1" });
        await db.changeImage();
        await db.stack.upRefreshing();

        await expect(db.container()).resolves.not.toBe(container);
        await expect(db.image()).resolves.not.toBe(image);
        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
        await db.expectUpToDate();
    });

    test("is retained by destroy, and reused by the next up", async () => {
        await db.stack.destroy();
        await expect(db.docker("ps", "--all", "--quiet")).resolves.toBe("");
        await db.stack.up();

        await expect(db.rows()).resolves.toEqual(["adopted", "recreated"]);
    });

    test("is removed by destroy as soon as keepVolumes is false", async () => {
        await db.stack.configure({ keepVolumes: "false" });
        await db.stack.destroy();

        await expect(db.volumes()).resolves.toBe("");
    });
});
