import { describe, expect, test } from "@jest/globals";
import {
    declaredPaths,
    findVolumes,
    holdVolumes,
    lostVolumes,
    makeOwnVolumes,
    noteVolumes,
    projectVolumes,
    releaseVolumes,
    volumeFor,
} from "../../../dynamic-providers/docker/anonymousVolumes.ts";
import { noVolumes } from "../../support/composeProject.ts";
import { commandsOfEachTest } from "../../support/fakeCommands.ts";

const anonymous = "1".repeat(64);
const other = "2".repeat(64);
const inProject = "--filter label=com.docker.compose.project=mitxpro";
const services = `ps --all --quiet --no-trunc ${inProject} --filter label=com.docker.compose.oneoff=False`;
const data = "/var/lib/postgresql";
const note = "mitxpro_db_var_lib_postgresql.note";

const commands = commandsOfEachTest();

const printing = (answer: unknown) => `echo '${JSON.stringify(answer)}'`;
/** A container of `db`, with volumes by mount path. `binds` are those with names in its configuration. */
const database = (volumes: Record<string, string>, binds: string[] | null = null) => ({
    Id: "c0ffee".padEnd(64, "0"),
    Image: "sha256:decaf",
    Config: { Labels: { "com.docker.compose.service": "db" } },
    HostConfig: { Binds: binds, Mounts: null },
    Mounts: [
        ...Object.entries(volumes).map(([Destination, Name]) => ({ Type: "volume", Name, Destination })),
        { Type: "bind", Destination: "/src" },
    ],
});
const noteOf = (volume: string) => ({
    Name: note,

    Labels: {
        "com.docker.compose.service": "db",
        "openedx-mit-integration.path": data,
        "openedx-mit-integration.volume": volume,
    },
});
const changes = async () =>
    (await commands.calls("docker")).filter((call) => /^(rm|create|volume (create|rm)) /.test(call));

describe("a project's data on a machine", () => {
    test("consists of its containers' volumes, and the noted anonymous ones that still exist", async () => {
        await commands.make("docker", {
            [services]: "echo c0ffee",
            "container inspect c0ffee": printing([database({ [data]: anonymous, "/media/": "mitxpro_media" })]),
            [`volume ls --quiet ${inProject}`]: `printf 'mitxpro_media\\n${note}\\n'`,
            "volume ls --quiet": `printf 'mitxpro_media\\n${note}\\n${anonymous}\\n${other}\\n'`,
            [`volume inspect mitxpro_media ${note}`]: printing([
                { Name: "mitxpro_media", Labels: null },
                noteOf(other),
            ]),
        });

        await expect(findVolumes("mitxpro")).resolves.toStrictEqual({
            mounted: { db: { [data]: anonymous, "/media": "mitxpro_media" } },
            noted: { db: { [data]: other } },
        });
        expect(await changes()).toStrictEqual([]);
    });

    test("does not include a noted volume that was removed", async () => {
        await commands.make("docker", {
            [services]: "true",
            [`volume ls --quiet ${inProject}`]: `echo ${note}`,
            "volume ls --quiet": `echo ${note}`,
            "volume inspect": printing([noteOf(other)]),
        });

        await expect(findVolumes("mitxpro")).resolves.toMatchObject({ mounted: {}, noted: {} });
    });

    test("is empty on a new machine", async () => {
        await commands.make("docker", { ps: "true", "volume ls": "true" });

        await expect(findVolumes("mitxpro")).resolves.toStrictEqual(noVolumes);
    });
});

describe("a place without a named volume", () => {
    test("gets its current volume, else the last one that it had, else one of the stack's own", () => {
        const mounted = { db: { [data]: anonymous } };
        const noted = { db: { [data]: other } };

        expect(volumeFor({ ...noVolumes, mounted, noted }, "mitxpro", "db", data)).toBe(anonymous);
        expect(volumeFor({ ...noVolumes, noted }, "mitxpro", "db", data)).toBe(other);
        expect(volumeFor(noVolumes, "mitxpro", "db", data)).toBe("mitxpro_db_var_lib_postgresql");
    });

    test("is one that the image declares", async () => {
        await commands.make("docker", {
            "image inspect --format {{json .Config.Volumes}} sha256:1": printing({ "/data/": {}, "/logs": {} }),
            "image inspect --format {{json .Config.Volumes}} sha256:2": "echo null",
            "image inspect --format {{json .Config.Volumes}} sha256:3": "echo 'No such image: sha256:3' >&2; exit 1",
        });

        await expect(declaredPaths("sha256:1")).resolves.toStrictEqual(["/data", "/logs"]);
        await expect(declaredPaths("sha256:2")).resolves.toStrictEqual([]);
        await expect(declaredPaths("sha256:3")).resolves.toBeUndefined();
    });

    test("loses its data if the new container has nothing, or something else, in that place", () => {
        const own = "mitxpro_db_logs";
        const mounted = { db: { [data]: anonymous, "/logs": own, "/media": "mitxpro_media" } };
        const lost = (paths: Record<string, string>) =>
            lostVolumes({ ...noVolumes, mounted }, "mitxpro", "db", paths).map(({ volume }) => volume);

        expect(lost({ [data]: anonymous, "/logs": own })).toStrictEqual([]);
        expect(lost({ [data]: "mitxpro_db-data" })).toStrictEqual([anonymous, own]);
        // A named volume that the Compose file mounts elsewhere or nowhere still exists.
        expect(lost({})).not.toContain("mitxpro_media");
    });
});

test("the stack's own volumes are created with labels that identify them; others are not created", async () => {
    await commands.make("docker", { "volume create": "true" });
    const volumes = { [data]: "mitxpro_db_var_lib_postgresql", "/data": anonymous, "/media": "mitxpro_media" };
    await makeOwnVolumes("mitxpro", "db", "project/dev", volumes);

    await expect(changes()).resolves.toStrictEqual([
        "volume create --label com.docker.compose.project=mitxpro --label com.docker.compose.service=db " +
            `--label openedx-mit-integration.path=${data} --label openedx-mit-integration.owner=project/dev ` +
            "mitxpro_db_var_lib_postgresql",
    ]);
});

describe("a note", () => {
    const create =
        "volume create --label com.docker.compose.project=mitxpro --label com.docker.compose.service=db " +
        `--label openedx-mit-integration.path=${data} --label openedx-mit-integration.volume=${anonymous} ${note}`;
    const withNote = (...notes: object[]) =>
        commands.make("docker", {
            "container inspect c0ffee": printing([database({ [data]: anonymous, "/media": "mitxpro_media" })]),
            "volume ls": notes.length > 0 ? `echo ${note}` : "true",
            "volume inspect": printing(notes),
            "volume rm": "true",
            "volume create": "true",
        });

    test("is written for each anonymous volume of a container", async () => {
        await withNote();
        await noteVolumes("mitxpro", ["c0ffee"]);

        await expect(changes()).resolves.toStrictEqual([create]);
    });

    test("is left alone if it is up to date", async () => {
        await withNote(noteOf(anonymous));
        await noteVolumes("mitxpro", ["c0ffee"]);

        await expect(changes()).resolves.toStrictEqual([]);
    });

    test("of another volume is replaced, and that volume is named, because it is retained", async () => {
        await withNote(noteOf(other));
        await noteVolumes("mitxpro", ["c0ffee"]);

        await expect(changes()).resolves.toStrictEqual([`volume rm ${note}`, create]);
        expect(console.warn).toHaveBeenCalledWith(expect.stringContaining(`docker volume rm ${other}`));
    });
});

describe("volumes without a name in a container that an earlier version created", () => {
    const owned = `${services} --filter label=openedx-mit-integration.owner`;
    const holder = "mitxpro-volumes-c0ffee000000";
    const withContainer = (container: object, holders = "true") =>
        commands.make("docker", {
            [owned]: "echo c0ffee",
            "container inspect": printing([container]),
            [`ps --all --quiet --no-trunc ${inProject} --filter name=${holder}`]: holders,
            "volume ls": "true",
            "volume create": "true",
            create: "true",
        });

    test("are held by another container, because Docker would remove them with the old one, and noted", async () => {
        await withContainer(database({ [data]: anonymous }));
        await holdVolumes("mitxpro");

        await expect(changes()).resolves.toStrictEqual([
            expect.stringMatching(`^volume create .* ${note}$`) as unknown,
            `create --name ${holder} --network none --volumes-from ${"c0ffee".padEnd(64, "0")} ` +
                "--label com.docker.compose.project=mitxpro --label com.docker.compose.oneoff=True " +
                "--label openedx-mit-integration.holder=db sha256:decaf true",
        ]);
    });

    test.each([
        ["that are held already", database({ [data]: anonymous }), "echo decaf"],
        ["in a container that has them by name", database({ [data]: anonymous }, [`${anonymous}:${data}:rw`]), "true"],
    ])("are left alone: %s", async (_what, container, holders) => {
        await withContainer(container, holders);
        await holdVolumes("mitxpro");

        await expect(changes()).resolves.toStrictEqual([]);
    });

    test("are released when the new container of their service has them, or all at the end", async () => {
        await commands.make("docker", { ps: "echo decaf", "rm --force decaf": "true" });
        await releaseVolumes("mitxpro", "db");
        await releaseVolumes("mitxpro");

        const held = (what: string) =>
            `ps --all --quiet --no-trunc ${inProject} --filter label=openedx-mit-integration.holder${what}`;
        await expect(commands.calls("docker")).resolves.toStrictEqual([
            ...[held("=db"), "rm --force decaf"],
            ...[held(""), "rm --force decaf"],
        ]);
    });
});

test("a project's volumes are those with its label, and the anonymous ones that are noted", async () => {
    await commands.make("docker", {
        [services]: "true",
        [`volume ls --quiet ${inProject}`]: `echo ${note}`,
        "volume ls --quiet": `printf '${note}\\n${anonymous}\\n'`,
        [`volume inspect ${note}`]: printing([noteOf(anonymous)]),
        [`volume inspect ${anonymous}`]: printing([{ Name: anonymous, Labels: null }]),
    });

    await expect(projectVolumes("mitxpro")).resolves.toStrictEqual([note, anonymous]);
});
