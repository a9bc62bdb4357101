import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { UNKNOWN } from "../../../dynamic-providers/crud.ts";
import { provider } from "../../../dynamic-providers/files/envFile.provider.ts";
import { readAssignments } from "../../../dynamic-providers/files/dotEnvSyntax.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

const owner = "project/stack";
const values = { OPENEDX_IP: "172.18.0.1", OPENEDX_SOCIAL_LOGIN_PATH: "/auth/login/ol-oauth2/?auth_entry=login" };
let folder: string;
let path: string;
/** The warnings shown to the user. */
let warn: jest.SpiedFunction<typeof console.warn>;

beforeEach(async () => {
    warn = jest.spyOn(console, "warn").mockReturnValue();
    folder = await mkdtemp(join(tmpdir(), "env-file-"));
    path = join(folder, ".env");
});
afterEach(async () => {
    warn.mockRestore();
    await rm(folder, { recursive: true });
});

const text = () => readFile(path, "utf8");
const mode = async () => (await stat(path)).mode & 0o777;
/** The variables as a reader sees them: the last value of each name. */
const readEnv = (content: string) =>
    Object.fromEntries(
        readAssignments(content.replace(/^\xEF\xBB\xBF/, "")).assignments.map(({ key, value, text: written }) => [
            key,
            value ?? written,
        ]),
    );
const create = async (more: Record<string, string> = {}, adopt = false) => {
    const inputs = await checked(provider, { path, owner, values: { ...values, ...more }, ...(adopt && { adopt }) });
    return { inputs, ...(await provider.create(inputs)) };
};

describe("create", () => {
    test("creates the file with mode 0600 if there is none", async () => {
        await create();
        expect(await text()).toContain("OPENEDX_IP=172.18.0.1\n");
        expect(await mode()).toBe(0o600);
    });

    test("leaves every other byte unchanged, in any encoding and without a line break at the end", async () => {
        const own = Buffer.from("# caf\xe9\r\nDEBUG=1\r\n\r\n  LAST='x", "latin1");
        await writeFile(path, own);
        await create();
        const after = await readFile(path);
        expect(after.subarray(after.length - own.length)).toEqual(own);
    });

    test("takes over the block of an interrupted run", async () => {
        await create();
        const before = await text();
        await create();
        expect(await text()).toBe(before);
    });

    test("follows a symbolic link instead of replacing it", async () => {
        const target = join(folder, "shared.env");
        await writeFile(target, "A=1\n");
        await symlink(target, path);
        await create();
        expect(await readFile(target, "utf8")).toMatch(/OPENEDX_IP[\s\S]*A=1\n$/);
    });

    test.each([
        ["plain", "abcXYZ0189"],
        ["url", "http://mitxonline.odl.local:8013/a?b=c&d=%20"],
        ["hash", "a#b c"],
        ["dollar", "pa$$word$HOME"],
        ["double quote and backslash", 'say "hi" \\n'],
        ["empty", ""],
        ["umlaut", "Zürich"],
    ])("writes a value with %s so that it is read back as it is", async (_what, value) => {
        const { id, outs } = await create({ SAMPLE: value });
        const { props } = await provider.read(id, outs);
        expect(props?.values["SAMPLE"]).toBe(value);
    });
});

describe("check", () => {
    test("reports keys that are also set outside the block, with their lines", async () => {
        await create();
        await writeFile(path, `${await text()}# mine\n\nexport OPENEDX_IP=10.0.0.1\n`);
        const { failures } = await provider.check({}, { path, owner, values });
        const line = (await text()).split("\n").indexOf("export OPENEDX_IP=10.0.0.1") + 1;
        expect(failures).toEqual([
            {
                property: "path",
                reason: expect.stringContaining(`\n      line ${line}: OPENEDX_IP\n`) as unknown as string,
            },
        ]);
    });

    test("reports them while a preview does not know the values yet", async () => {
        await writeFile(path, "OPENEDX_IP=10.0.0.1\n");
        const { failures } = await provider.check({}, { path, owner, values: { OPENEDX_IP: UNKNOWN } });
        expect(failures).toMatchObject([{ property: "path", reason: expect.stringContaining("line 1: OPENEDX_IP") }]);
    });

    test("reports all of them at once, each line, and how the stack can take them over, but never a value", async () => {
        await writeFile(path, "OPENEDX_IP='10.0.0.1' A=2\n\nB=3\nOPENEDX_IP=hunter2\nOPENEDX_SOCIAL_LOGIN_PATH=${B}\n");
        const { failures } = await provider.check({}, { path, owner, values });
        expect(failures).toEqual([
            {
                property: "path",
                reason:
                    `${path} sets variables that this stack sets to something else:\n` +
                    "      line 1: OPENEDX_IP, beside another variable\n" +
                    "      line 4: OPENEDX_IP\n" +
                    "      line 5: OPENEDX_SOCIAL_LOGIN_PATH\n" +
                    "    put each variable on a line of its own, or delete it",
            },
        ]);
        await writeFile(path, "OPENEDX_IP=hunter2\n");
        const { failures: alone } = await provider.check({}, { path, owner, values });
        expect(alone).toMatchObject([{ reason: expect.stringContaining("pulumi config set adopt true") }]);
    });

    test("accepts a line with the stack's own value, or with none", async () => {
        await writeFile(
            path,
            `export OPENEDX_IP="172.18.0.1" # mine\nOPENEDX_SOCIAL_LOGIN_PATH=\nOPENEDX_SOCIAL_LOGIN_PATH\nOPENEDX_IP = \n`,
        );
        await expect(provider.check({}, { path, owner, values })).resolves.toMatchObject({ failures: [] });
    });

    test("accepts what the block already has, while a preview does not know the value yet", async () => {
        await create();
        await writeFile(path, `${await text()}OPENEDX_IP=172.18.0.1\n`);
        const unknown = { ...values, OPENEDX_IP: UNKNOWN };
        await expect(provider.check({}, { path, owner, values: unknown })).resolves.toMatchObject({ failures: [] });
    });

    test("accepts any line if the stack takes over what exists", async () => {
        await writeFile(path, "OPENEDX_IP=10.0.0.1\n");
        await expect(provider.check({}, { path, owner, values, adopt: true })).resolves.toMatchObject({ failures: [] });
    });

    test("accepts an additional Compose profile that the stack retains", async () => {
        await writeFile(path, "COMPOSE_PROFILES=notebook\n");
        const check = (profiles: string) => provider.check({}, { path, owner, values: { COMPOSE_PROFILES: profiles } });
        await expect(check("notebook,keycloak,apisix")).resolves.toMatchObject({ failures: [] });
        await expect(check("keycloak,apisix")).resolves.toMatchObject({ failures: [{ property: "path" }] });
    });

    test("recognizes the block of this stack by the name that it had in the last run", async () => {
        const { inputs } = await create();
        const renamed = { ...inputs, owner: "project/renamed" };
        await expect(provider.check(inputs, renamed)).resolves.toMatchObject({ failures: [] });
    });

    test("reports a folder in place of the file", async () => {
        const { failures } = await provider.check({}, { path: folder, owner, values });
        expect(failures).toMatchObject([{ property: "path" }]);
    });

    test("does not mistake a comment or a longer name for the key", async () => {
        await writeFile(path, "# OPENEDX_IP=1\nMY_OPENEDX_IP=2\nOPENEDX_IP_2=3\n");
        await expect(provider.check({}, { path, owner, values })).resolves.toMatchObject({ failures: [] });
    });

    test("refuses the block of another stack", async () => {
        await create();
        const { failures } = await provider.check({}, { path, owner: "project/other", values });
        expect(failures).toMatchObject([
            { property: "path", reason: expect.stringContaining(owner) as unknown as string },
        ]);
    });

    test("reports a missing folder, an invalid name and a value that can't be written, without the value", async () => {
        const { failures } = await provider.check(
            {},
            { path: join(folder, "no", ".env"), owner, values: { "A-B": "x", C: "two\nlines" } },
        );
        expect(failures.map(({ property }) => property)).toEqual(["values.A-B", "values.C", "path"]);
        expect(JSON.stringify(failures)).not.toContain("two");
    });
});

describe("lines outside the block that set its variables", () => {
    /** In every form that Compose supports. */
    const taken = [
        "OPENEDX_IP=10.0.0.1",
        "  export OPENEDX_IP = '10.0.0.2'  # mine",
        'OPENEDX_IP: "10.0.0.3\n  and more"',
        "OPENEDX_IP=",
        "OPENEDX_IP",
    ];
    const before = "\uFEFFDEBUG=1\r\n" + taken.map((line) => `${line}\r\n# between\r\n`).join("") + "LAST=${DEBUG}";

    test("are commented out if the stack takes over what exists, and restored byte for byte", async () => {
        await writeFile(path, before);
        const { id, outs } = await create({}, true);
        expect(readEnv(await readFile(path, "latin1"))).toStrictEqual({ ...values, DEBUG: "1", LAST: "${DEBUG}" });
        await provider.delete(id, outs);
        expect(await text()).toBe(before);
    });

    test("are restored byte for byte after a run that was killed before it saved what it had done", async () => {
        await writeFile(path, before);
        await create({}, true);
        const { id, outs } = await create({}, true);
        await provider.delete(id, outs);
        expect(await text()).toBe(before);
    });

    test("are restored when their variable leaves the block", async () => {
        await writeFile(path, "EDX_IP=10.0.0.1\nOPENEDX_IP=10.0.0.2\n");
        const more = { ...values, EDX_IP: "172.18.0.1" };
        const file = await ManagedResource.up(provider, { path, owner, values: more, adopt: true });
        expect(await text()).not.toMatch(/^EDX_IP=10/m);
        await expect(file.up({ values })).resolves.toEqual(["update"]);
        expect(await text()).toMatch(/^EDX_IP=10\.0\.0\.1\n# taken over by Pulumi: OPENEDX_IP=10\.0\.0\.2\n/m);
    });

    test("stay commented out when the stack no longer takes over what exists", async () => {
        await writeFile(path, "OPENEDX_IP=10.0.0.1\n");
        const file = await ManagedResource.up(provider, { path, owner, values, adopt: true });
        const more = { ...values, EDX_IP: "172.18.0.1" };
        await expect(file.up({ values: more, adopt: undefined })).resolves.toEqual(["update"]);
        expect(readEnv(await readFile(path, "latin1"))).toStrictEqual(more);
    });

    test("are restored by a stack whose block was removed manually", async () => {
        await writeFile(path, "OPENEDX_IP=10.0.0.1\n");
        const { id, outs } = await create({}, true);
        await writeFile(path, (await text()).replace(/^# BEGIN[^]*# END .*\n/, ""));
        await provider.delete(id, outs);
        expect(await text()).toBe("OPENEDX_IP=10.0.0.1\n");
    });

    test("without a value are always commented out, because they would override the block", async () => {
        await writeFile(path, "OPENEDX_IP=\nOPENEDX_SOCIAL_LOGIN_PATH\n");
        await create();
        expect(readEnv(await readFile(path, "latin1"))).toStrictEqual(values);
    });

    test("with the block's own value stay unchanged", async () => {
        await writeFile(path, "OPENEDX_IP=172.18.0.1\n");
        await create();
        expect(await text()).toMatch(/\nOPENEDX_IP=172\.18\.0\.1\n$/);
    });

    test("are drift if they were added after the block, which the next up repairs", async () => {
        const file = await ManagedResource.up(provider, { path, owner, values, adopt: true });
        await writeFile(path, `${await text()}OPENEDX_IP=10.0.0.1\n`);
        await expect(file.refresh()).resolves.toBe(true);
        expect(file.outputs.values["OPENEDX_IP"]).toBe("10.0.0.1");
        await expect(file.up()).resolves.toEqual(["update"]);
        await expect(file.refresh()).resolves.toBe(false);
    });
});

test("a line without a value that was added after the block makes an update due, even if no input changed", async () => {
    const file = await ManagedResource.up(provider, { path, owner, values });
    await expect(file.plan()).resolves.toBe("same");
    await writeFile(path, `${await text()}OPENEDX_IP=\n`);
    await expect(file.plan()).resolves.toBe("update");
    await expect(file.up()).resolves.toEqual(["update"]);
    expect(readEnv(await readFile(path, "latin1"))).toStrictEqual(values);
    await expect(file.plan()).resolves.toBe("same");
});

test("the block of another stack that replaced this one's is neither read, changed nor removed", async () => {
    const { id, inputs, outs } = await create();
    const theirs = (await text()).replaceAll(owner, "project/other");
    await writeFile(path, theirs);

    await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
    await expect(provider.create(inputs)).rejects.toThrow(`${path} is managed by another stack, project/other`);
    await expect(provider.update(id, outs, { ...inputs, values: { OPENEDX_IP: "10.0.0.1" } })).rejects.toThrow(
        "managed by another stack, project/other",
    );
    await provider.delete(id, outs);
    expect(await text()).toBe(theirs);
});

describe("a stack that was renamed", () => {
    test("keeps its block, under the new name", async () => {
        await writeFile(path, "DEBUG=1\n");
        const file = await ManagedResource.up(provider, { path, owner, values });
        await expect(file.up({ owner: "project/renamed" })).resolves.toEqual(["update"]);
        expect(await text()).toMatch(/^# BEGIN project\/renamed /);
        await file.destroy();
        expect(await text()).toBe("DEBUG=1\n");
    });
});

describe("read, update and delete", () => {
    test("delete says what an application will lack when it is started again", async () => {
        await writeFile(path, "DEBUG=1\nOPENEDX_IP=10.0.0.1\n");
        const { id, outs } = await create({ OPENEDX_API_CLIENT_ID: "id" }, true);
        await provider.delete(id, outs);
        expect(warn).toHaveBeenCalledTimes(1);
        expect(warn).toHaveBeenCalledWith(
            expect.stringContaining(`${path} no longer sets OPENEDX_SOCIAL_LOGIN_PATH, OPENEDX_API_CLIENT_ID.`),
        );
        // Restored lines aren't missing, and a second delete has nothing to report.
        await provider.delete(id, outs);
        expect(warn).toHaveBeenCalledTimes(1);
    });

    test("a file that a killed run created is removed, too", async () => {
        await create();
        const { id, outs } = await create();
        await provider.delete(id, outs);
        await expect(stat(path)).rejects.toThrow("ENOENT");
    });

    test("an edit inside the block is drift that the next up repairs; one outside is not", async () => {
        await writeFile(path, "DEBUG=1\n");
        const file = await ManagedResource.up(provider, { path, owner, values });
        await writeFile(path, (await text()).replace("172.18.0.1", "10.9.9.9").replace("DEBUG=1", "DEBUG=2"));
        await expect(file.up({}, { refresh: true })).resolves.toEqual(["update"]);
        expect(await text()).toMatch(/OPENEDX_IP=172\.18\.0\.1\n[\s\S]*DEBUG=2\n$/);
    });

    test("a block that was removed counts as gone", async () => {
        const { id, outs } = await create();
        await writeFile(path, "DEBUG=1\n");
        await expect(provider.read(id, outs)).resolves.toEqual({ id: "" });
        await provider.delete(id, outs);
        expect(await text()).toBe("DEBUG=1\n");
    });

    test("delete leaves the file as it was, with its permissions", async () => {
        await writeFile(path, "DEBUG=1\nNO_END=1");
        await chmod(path, 0o640);
        const { id, outs } = await create();
        await provider.delete(id, outs);
        expect(await text()).toBe("DEBUG=1\nNO_END=1");
        expect(await mode()).toBe(0o640);
    });

    test("delete leaves a file that existed and was empty", async () => {
        await writeFile(path, "");
        const { id, outs } = await create();
        await provider.delete(id, outs);
        expect(await text()).toBe("");
    });

    test("delete removes a file that the stack created, unless something was added to it", async () => {
        const { id, outs } = await create();
        await provider.delete(id, outs);
        await expect(stat(path)).rejects.toThrow("ENOENT");
        const again = await create();
        await writeFile(path, `${await text()}MINE=1\n`);
        await provider.delete(id, again.outs);
        expect(await text()).toBe("MINE=1\n");
    });
});

let home: string;
const cleanUp = cleanUpIn(afterAll);
const before = "DEBUG=1\n";

describeLife("local:EnvFile", {
    provider,
    args: async () => {
        home = await mkdtemp(join(tmpdir(), "env-file-"));
        cleanUp(() => rm(home, { recursive: true }));
        await writeFile(join(home, ".env"), before);
        return { path: join(home, ".env"), owner, values };
    },
    inputs: {
        path: { to: () => join(home, "other.env"), does: "replace" },
        owner: { to: "project/renamed", does: "update" },
        values: {
            to: { OPENEDX_IP: "172.18.0.2" },
            does: "update",
            byHand: async (id) => writeFile(id, (await readFile(id, "utf8")).replace("172.18.0.1", "10.9.9.9")),
        },
        adopt: { to: true, does: "update" },
    },
    loseByHand: (id) => writeFile(id, before),
    look: (id) => readFile(id, "utf8").catch(() => undefined),
    destroyed: before,
});
