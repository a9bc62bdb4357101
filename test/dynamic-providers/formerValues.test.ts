import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
    forgetFormer,
    notedFormer,
    noteFormer,
    NOTES_FOLDER,
    type ObjectKey,
} from "../../dynamic-providers/formerValues.ts";

describe("the values from before an adoption", () => {
    const key: ObjectKey = {
        connection: { kind: "django", baseUrl: "http://app.local", username: "admin", password: "hush" },
        path: "/admin/oauth2_provider/application/",
        mark: "our-client-id",
    };
    let folder: string;

    beforeEach(async () => {
        folder = join(await mkdtemp(join(tmpdir(), "notes-")), "adopted");
        process.env[NOTES_FOLDER] = folder;
    });
    afterEach(async () => {
        await rm(join(folder, ".."), { recursive: true });
        Reflect.deleteProperty(process.env, NOTES_FOLDER);
    });

    test("are saved for their owner only, and leave no trace in the file's name", async () => {
        await noteFormer(key, { clientSecret: "former-secret" });

        const [name = "", ...others] = await readdir(folder);
        expect(others).toEqual([]);
        expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
        expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
        expect((await stat(folder)).mode & 0o777).toBe(0o700);
    });

    test("are found with another spelling of the address and after a password change", async () => {
        await noteFormer(key, { clientSecret: "former-secret" });
        const connection = { ...key.connection, baseUrl: "http://app.local/", password: "new" };

        await expect(notedFormer({ ...key, connection })).resolves.toEqual({ clientSecret: "former-secret" });
    });

    test.each([
        { what: "server", other: { connection: { ...key.connection, baseUrl: "http://other.local" } } },
        { what: "object", other: { path: "/admin/auth/user/?username=ours" } },
        { what: "stack", other: { mark: "their-client-id" } },
    ])("are not mistaken for those of another $what", async ({ other }) => {
        await noteFormer(key, { clientSecret: "former-secret" });

        await expect(notedFormer({ ...key, ...other })).resolves.toBeUndefined();
    });

    test("are null if there was nothing, and unknown once they are forgotten", async () => {
        await noteFormer(key, null);
        await expect(notedFormer(key)).resolves.toBeNull();
        await forgetFormer(key);
        await expect(notedFormer(key)).resolves.toBeUndefined();
        await forgetFormer(key);
    });
});
