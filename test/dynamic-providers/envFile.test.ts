import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { UNKNOWN } from "../../dynamic-providers/crud.ts";
import { provider } from "../../dynamic-providers/envFile.provider.ts";
import { checked } from "../support/providers.ts";

const owner = "project/stack";
const values = { OPENEDX_IP: "172.18.0.1", OPENEDX_SOCIAL_LOGIN_PATH: "/auth/login/ol-oauth2/?auth_entry=login" };
let folder: string;
let path: string;

beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "env-file-"));
    path = join(folder, ".env");
});
afterEach(() => rm(folder, { recursive: true }));

const text = () => readFile(path, "utf8");
const mode = async () => (await stat(path)).mode & 0o777;
const create = async (more: Record<string, string> = {}) => {
    const inputs = await checked(provider, { path, owner, values: { ...values, ...more } });
    return { inputs, ...(await provider.create(inputs)) };
};

describe("create", () => {
    test("makes the file with mode 0600 where there is none", async () => {
        await create();
        expect(await text()).toContain("OPENEDX_IP=172.18.0.1\n");
        expect(await mode()).toBe(0o600);
    });

    test("leaves every other byte as it is, in any encoding and without a line break at the end", async () => {
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
    test("reports keys that stand outside the block too, with their lines", async () => {
        await create();
        await writeFile(path, `${await text()}# mine\n\nexport OPENEDX_IP=10.0.0.1\n`);
        const { failures } = await provider.check({}, { path, owner, values });
        const line = (await text()).split("\n").indexOf("export OPENEDX_IP=10.0.0.1") + 1;
        expect(failures).toEqual([
            { property: "values.OPENEDX_IP", reason: expect.stringContaining(`line ${line},`) as unknown as string },
        ]);
    });

    test("reports them while a preview does not know the values yet", async () => {
        await writeFile(path, "OPENEDX_IP=10.0.0.1\n");
        const { failures } = await provider.check({}, { path, owner, values: { OPENEDX_IP: UNKNOWN } });
        expect(failures).toMatchObject([{ property: "values.OPENEDX_IP" }]);
    });

    test("names a folder in place of the file", async () => {
        const { failures } = await provider.check({}, { path: folder, owner, values });
        expect(failures).toMatchObject([{ property: "path" }]);
    });

    test("does not take a comment or a longer name for the key", async () => {
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

    test("names a folder that is missing, a bad name and a value that can't be written, without the value", async () => {
        const { failures } = await provider.check(
            {},
            { path: join(folder, "no", ".env"), owner, values: { "A-B": "x", C: "two\nlines" } },
        );
        expect(failures.map(({ property }) => property)).toEqual(["values.A-B", "values.C", "path"]);
        expect(JSON.stringify(failures)).not.toContain("two");
    });
});

describe("read, update and delete", () => {
    test("an edit inside the block is drift that update repairs; one outside is not", async () => {
        await writeFile(path, "DEBUG=1\n");
        const { id, inputs, outs } = await create();
        await writeFile(path, (await text()).replace("172.18.0.1", "10.9.9.9").replace("DEBUG=1", "DEBUG=2"));
        const { props } = await provider.read(id, outs);
        expect(props?.values["OPENEDX_IP"]).toBe("10.9.9.9");
        await provider.update(id, props ?? outs, inputs);
        expect(await text()).toMatch(/OPENEDX_IP=172\.18\.0\.1\n[\s\S]*DEBUG=2\n$/);
    });

    test("a block that was taken out is gone", async () => {
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

    test("delete removes a file that was made here, unless something was added to it", async () => {
        const { id, outs } = await create();
        await provider.delete(id, outs);
        await expect(stat(path)).rejects.toThrow("ENOENT");
        const again = await create();
        await writeFile(path, `${await text()}MINE=1\n`);
        await provider.delete(id, again.outs);
        expect(await text()).toBe("MINE=1\n");
    });
});
