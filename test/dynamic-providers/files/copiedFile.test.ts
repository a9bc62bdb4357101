import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/files/copiedFile.provider.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

let folder: string;
let source: string;
let target: string;
beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "copied-file-"));
    source = join(folder, "tls.key.default");
    target = join(folder, "tls.key");
    await writeFile(source, "key of the template\n", { mode: 0o600 });
});
afterEach(() => rm(folder, { recursive: true }));

const create = async () => {
    const inputs = await checked(provider, { source, target });
    return { inputs, ...(await provider.create(inputs)) };
};
const text = () => readFile(target, "utf8");

test("a copy is created if there is none, readable for the container's user", async () => {
    const { id, inputs, outs } = await create();

    expect(id).toBe(target);
    expect(outs).toStrictEqual({ ...inputs, createdHere: true });
    await expect(text()).resolves.toBe("key of the template\n");
    expect((await stat(target)).mode & 0o777).toBe(0o644);
});

test("a copy keeps every byte", async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    await writeFile(source, bytes);
    await create();

    await expect(readFile(target)).resolves.toStrictEqual(bytes);
});

test("a file that existed before is used as is, and retained", async () => {
    await writeFile(target, "my own\n");
    const { id, outs } = await create();
    expect(outs).toMatchObject({ createdHere: false });
    await expect(text()).resolves.toBe("my own\n");

    await provider.delete(id, outs);
    await expect(text()).resolves.toBe("my own\n");
});

test("a file that existed before is retained, even if it equals the template", async () => {
    await writeFile(target, "key of the template\n");
    const { id, outs } = await create();
    await provider.delete(id, outs);

    expect(existsSync(target)).toBe(true);
});

test("a missing template is an error only if it is needed", async () => {
    await rm(source);
    await expect(create()).rejects.toThrow(`${source} does not exist, so it can't be copied. Create ${target}`);

    await writeFile(target, "my own\n");
    await expect(create()).resolves.toMatchObject({ outs: { createdHere: false } });
});

test("a copy that was deleted manually counts as gone on refresh; one that was edited is the developer's", async () => {
    const { id, outs } = await create();
    await writeFile(target, "edited\n");
    await expect(provider.read(id, outs)).resolves.toMatchObject({ id });

    await rm(target);
    await expect(provider.read(id, outs)).resolves.toStrictEqual({ id: "" });
});

test("another target or template means another copy", async () => {
    const { id, inputs, outs } = await create();

    await expect(provider.diff(id, outs, { ...inputs, target: "other" })).resolves.toMatchObject({
        replaces: ["target"],
    });
    await expect(provider.diff(id, outs, { ...inputs, source: "other" })).resolves.toMatchObject({
        replaces: ["source"],
    });
    await expect(provider.diff(id, outs, inputs)).resolves.toStrictEqual({ changes: false, replaces: [] });
});

test("delete removes a copy that the stack created, but not if it was edited since", async () => {
    const { id, outs } = await create();
    await provider.delete(id, outs);
    expect(existsSync(target)).toBe(false);

    const again = await create();
    await writeFile(target, "edited\n");
    await provider.delete(id, again.outs);
    await expect(text()).resolves.toBe("edited\n");
});

test("delete accepts a missing copy, a missing template, or both", async () => {
    const { id, outs } = await create();
    await rm(source);
    await provider.delete(id, outs);
    // It can't be distinguished from an edited one.
    expect(existsSync(target)).toBe(true);

    await rm(target);
    await expect(provider.delete(id, outs)).resolves.toBeUndefined();
});

let home: string;
const cleanUp = cleanUpIn(afterAll);

describeLife("local:CopiedFile", {
    provider,
    args: async () => {
        home = await mkdtemp(join(tmpdir(), "copied-file-"));
        cleanUp(() => rm(home, { recursive: true }));
        await writeFile(join(home, "template"), "the template\n");
        await writeFile(join(home, "other-template"), "another template\n");
        return { source: join(home, "template"), target: join(home, "copy") };
    },
    inputs: {
        source: { to: () => join(home, "other-template"), does: "replace" },
        target: { to: () => join(home, "other-copy"), does: "replace" },
    },
    loseByHand: (id) => rm(id),
    look: (id) => readFile(id, "utf8").catch(() => undefined),
});
