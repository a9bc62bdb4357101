import { appendFile, copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { parse, stringify } from "yaml";
import { describeDocker } from "../docker/docker.ts";
import { type DockerEnvironment, preparationTimeout, prepareDocker } from "../docker/environment.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

const DATA = "/var/lib/postgresql";
const VOLUME = "mitxpro_db_var_lib_postgresql";

describeDocker("the database of xPro, whose Compose file gives it no named volume,", () => {
    let docker: DockerEnvironment;
    let servers: TestServers<"lms">;
    let checkout: string;
    let stack: TestStack;
    const cleanUp = cleanUpIn(afterAll);

    beforeAll(async () => {
        docker = await prepareDocker();
        cleanUp(() => docker.release());
        Object.assign(process.env, docker.env);
        servers = await startServers(["lms"]);
        cleanUp(() => servers.stop());
        checkout = await docker.checkout("mitxpro");
        const envFile = join(checkout, ".env");
        const { baseUrl: lmsUrl, email: lmsUsername, password: lmsPassword } = servers.lms;
        const lms = { lmsUrl, lmsUsername, lmsPassword, lmsGateway: "127.0.0.1" };
        const application = { application: "xpro", applicationFrom: "compose", platform: "linux", envFile };
        stack = await makeStack({ ...lms, ...application });
        cleanUp(() => stack.remove());
    }, preparationTimeout);

    const compose = (...args: string[]) => execa("docker", ["compose", ...args], { cwd: checkout });
    const inDatabase = (command: string) => docker.docker("exec", "mitxpro-db-1", "sh", "-c", command);
    const rows = () => inDatabase(`cat ${DATA}/rows`);
    const container = () => docker.docker("inspect", "--format", "{{.Id}}", "mitxpro-db-1");
    const override = async (db: object) => {
        const file = join(checkout, "docker-compose.override.yml");
        const { services, ...rest } = parse(await readFile(file, "utf8")) as { services: object };
        await writeFile(file, stringify({ ...rest, services: { ...services, db } }));
    };
    const volumeOfDatabase = async () => {
        const mounts = JSON.parse(await docker.docker("inspect", "--format", "{{json .Mounts}}", "mitxpro-db-1")) as {
            Destination: string;
            Name: string;
        }[];
        return mounts.find(({ Destination }) => Destination === DATA)?.Name ?? "";
    };
    const isUpToDate = async () => {
        await expect(stack.preview()).resolves.toEqual({});
        const before = await container();
        await compose("up", "--detach");
        await expect(container()).resolves.toBe(before);
    };

    test("is kept when the project that was started by hand is taken over", async () => {
        await copyFile(join(checkout, ".env.example"), join(checkout, ".env"));
        await appendFile(join(checkout, ".env"), "OPENEDX_API_CLIENT_ID=an-id\nOPENEDX_API_CLIENT_SECRET=a-secret\n");
        await compose("up", "--detach");
        await inDatabase(`echo adopted >${DATA}/rows`);
        const before = await volumeOfDatabase();
        await writeFile(join(checkout, ".env"), "");

        await expect(stack.preview()).rejects.toThrow("pulumi config set adopt true");
        await stack.configure({ adopt: "true" });
        await stack.up();

        await expect(rows()).resolves.toBe("adopted");
        await expect(volumeOfDatabase()).resolves.toBe(before);
        expect(stack.transcript()).toContain(`the volume ${before} at ${DATA} is carried over`);
        await isUpToDate();
    });

    test("is kept when Compose makes its container anew, and that is put right", async () => {
        await compose("up", "--detach", "--force-recreate", "db");
        await inDatabase(`echo recreated >>${DATA}/rows`);
        await stack.upRefreshing();

        await expect(rows()).resolves.toBe("adopted\nrecreated");
        await isUpToDate();
    });

    test("is kept when its container is removed by hand", async () => {
        await docker.docker("rm", "--force", "--volumes", "mitxpro-db-1");
        await stack.upRefreshing();

        await expect(rows()).resolves.toBe("adopted\nrecreated");
    });

    test("is kept when all containers get another network", async () => {
        const before = await container();
        await stack.configure({ applicationGateway: "172.30.54.1" });
        const planned = await stack.preview();
        await stack.up();

        await expect(container()).resolves.not.toBe(before);
        await expect(rows()).resolves.toBe("adopted\nrecreated");
        // The network and six containers; the superuser and the OAuth application, as the database's container is another.
        expect(planned["replace"]).toBe(9);
        await isUpToDate();
    });

    test("is kept when its environment changes, and its image", async () => {
        await override({ environment: { POSTGRES_INITDB_ARGS: "--data-checksums" } });
        await stack.up();
        await expect(rows()).resolves.toBe("adopted\nrecreated");

        const former = await docker.docker("image", "inspect", "--format", "{{.Id}}", "postgres:18.3");
        const id = await docker.docker("create", "postgres:18.3");
        await docker.docker("commit", "--change", "LABEL changed=yes", id, "postgres:18.3");
        await docker.docker("rm", id);
        await stack.upRefreshing();

        await expect(docker.docker("inspect", "--format", "{{.Image}}", "mitxpro-db-1")).resolves.not.toBe(former);
        await expect(rows()).resolves.toBe("adopted\nrecreated");
        await isUpToDate();
    });

    test("is left by destroy, which says how to remove it, and taken again by the next up", async () => {
        const volume = await volumeOfDatabase();
        await stack.destroy();

        await expect(docker.docker("ps", "--all", "--quiet")).resolves.toBe("");
        expect(stack.transcript()).toMatch(new RegExp(`docker volume rm .*${volume}`));
        await stack.up();
        await expect(rows()).resolves.toBe("adopted\nrecreated");
    });

    test("stops an up whose container would not have it", async () => {
        const before = await container();
        await override({ volumes: ["./config:/var/lib/postgresql"] });
        await expect(stack.up()).rejects.toThrow(/container of db has data .*config set keepVolumes false/s);

        await expect(container()).resolves.toBe(before);
        await expect(rows()).resolves.toBe("adopted\nrecreated");
        await override({});
    });

    test("goes with destroy as soon as keepVolumes is false, without an up in between", async () => {
        await stack.configure({ keepVolumes: "false" });
        await stack.destroy();

        await expect(docker.docker("volume", "ls", "--quiet", "--filter", "name=mitxpro")).resolves.toBe("");
    });

    test("is in a volume with a name and labels where the stack made it, and outlives destroy as well", async () => {
        await stack.configure({ keepVolumes: "true" });
        await stack.up();
        await inDatabase(`echo made >${DATA}/rows`);
        await expect(volumeOfDatabase()).resolves.toBe(VOLUME);
        await compose("up", "--detach", "--force-recreate", "db");
        await stack.upRefreshing();
        await expect(rows()).resolves.toBe("made");
        await stack.destroy();
        await stack.up();

        await expect(rows()).resolves.toBe("made");
        await stack.destroy();
    });
});
