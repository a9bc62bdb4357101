import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { nameVolumes, type ServiceWithVolumes } from "../../components/serviceVolumes.ts";
import { noVolumes } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands } from "../support/fakeCommands.ts";

const anonymous = "1".repeat(64);
const database: ServiceWithVolumes = { project: "mitxpro", service: "db", existing: noVolumes, keepsVolumes: true };
/** Existing volumes: a container with an anonymous volume at `/data`. */
const running = { ...database, existing: { ...noVolumes, mounted: { db: { "/data": anonymous } } } };

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
    jest.spyOn(console, "warn").mockReturnValue();
    jest.spyOn(console, "log").mockReturnValue();
    await commands.make("docker", {
        "image inspect --format {{json .Config.Volumes}} database": `echo '{"/data":{}}'`,
        "image inspect --format {{json .Config.Volumes}} other": "echo null",
        "image inspect": "echo 'Error: No such image: gone' >&2; exit 1",
    });
});
afterEach(async () => {
    jest.restoreAllMocks();
    await commands.remove();
});

test("a volume that only the image declares, or that has no name in the Compose file, is the stack's own", async () => {
    const places = { volumes: [{ containerPath: "/src/node_modules/" }] };

    await expect(nameVolumes(database, places, "database")).resolves.toStrictEqual([
        { containerPath: "/data", volumeName: "mitxpro_db_data" },
        { containerPath: "/src/node_modules", volumeName: "mitxpro_db_src_node_modules" },
    ]);
});

test("it is the one of the existing container, no matter who created that", async () => {
    const carried = [{ containerPath: "/data", volumeName: anonymous }];

    await expect(nameVolumes(running, {}, "database")).resolves.toStrictEqual(carried);
    await expect(nameVolumes(running, {}, "gone")).resolves.toStrictEqual(carried);
});

test.each([
    ["a folder", { volumes: [{ containerPath: "/data/", hostPath: "/srv/data" }] }],
    ["a named volume", { volumes: [{ containerPath: "/data", volumeName: "mitxpro_data" }] }],
    ["a mount", { mounts: [{ type: "volume", target: "/data", source: "mitxpro_data" }] }],
    ["memory", { tmpfs: { "/data": "" } }],
])("there is none if the Compose file has %s in its place", async (_what, places) => {
    await expect(nameVolumes(database, places, "database")).resolves.toStrictEqual(
        "volumes" in places ? places.volumes : [],
    );
});

test.each([
    ["the image declares no volume there", {}, "other"],
    [
        "the Compose file has a folder there",
        { volumes: [{ containerPath: "/data", hostPath: "/srv/data" }] },
        "database",
    ],
    ["the Compose file has a volume there", { volumes: [{ containerPath: "/data", volumeName: "new" }] }, "database"],
    [
        "the Compose file has a mount there",
        { mounts: [{ type: "volume", target: "/data", source: "new" }] },
        "database",
    ],
    ["the Compose file has memory there", { tmpfs: { "/data": "" } }, "database"],
])("data of the existing container is not left behind unless that is requested: %s", async (_why, places, image) => {
    await expect(nameVolumes(running, places, image)).rejects.toThrow(
        `The container of db has data in the volume ${anonymous} at /data that a new container would not have`,
    );
    await expect(nameVolumes({ ...running, keepsVolumes: false }, places, image)).resolves.toBeDefined();
});

test("data in a volume that the Compose file names is not anonymous, and may go elsewhere", async () => {
    const mounted = { db: { "/media": "mitxpro_media" } };

    await expect(nameVolumes({ ...database, existing: { ...noVolumes, mounted } }, {}, "other")).resolves.toStrictEqual(
        [],
    );
});
