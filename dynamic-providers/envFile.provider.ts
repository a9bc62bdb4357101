import { chmod, rm, stat } from "node:fs/promises";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { defineProvider, UNKNOWN } from "./crud.ts";
import { ProviderError } from "./django-admin/errors.ts";
import { conflicts, isWritable, parseEnvText, withBlock } from "./envBlock.ts";
import { readText } from "./files.ts";
import type { EnvFileInputs as Inputs, EnvFileOutputs as Outputs } from "./envFile.ts";

const schema = z.strictObject({
    path: z.string().min(1, "must not be empty"),
    owner: z.string().regex(/^\S+$/, "must be a name without spaces"),
    values: z.record(
        z.string().regex(/^[A-Za-z_]\w*$/, "must be a variable's name: letters, digits and _"),
        z.string().refine(isWritable, "can't be written in a .env file: it has a line break, or a single quote"),
    ),
});

/** The operations of `EnvFile`, on the local file system. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    faults: fileFaults,
    replaceOn: ["path", "owner"],
    secret: { inputs: ["values"], title: ({ path }) => path },

    async create(inputs) {
        const text = await readText(resolve(inputs.path), "latin1");
        const formerMode = text === undefined ? null : (await stat(resolve(inputs.path))).mode & 0o777;
        await write(inputs, text);
        return { id: inputs.path, outs: { ...inputs, formerMode } };
    },

    async read(_id, props) {
        const { owner, values } = parseEnvText((await readText(resolve(props.path), "latin1")) ?? "");
        return owner === props.owner ? { ...props, values } : undefined;
    },

    async update(_id, { formerMode }, news) {
        await write(news, await readText(resolve(news.path), "latin1"));
        return { ...news, formerMode };
    },

    async delete(_id, { path, owner, formerMode }) {
        const parsed = parseEnvText((await readText(resolve(path), "latin1")) ?? "");
        if (parsed.owner !== owner) {
            return;
        }
        const rest = parsed.before + parsed.after;
        if (rest === "" && formerMode === null) {
            await rm(resolve(path));
            return;
        }
        await replaceFile(path, rest);
        await chmod(resolve(path), formerMode ?? 0o600);
    },
});

/** What speaks against writing, told before anything has changed. */
function fileFaults({ path, owner, values }: Partial<Inputs>): dynamic.CheckFailure[] {
    if (path === undefined || path === UNKNOWN || typeof values !== "object") {
        return [];
    }
    const file = resolve(path);
    if (!existsSync(dirname(file))) {
        return [{ property: "path", reason: `${dirname(file)} does not exist: is that the application's checkout?` }];
    }
    if (existsSync(file) && !statSync(file).isFile()) {
        return [{ property: "path", reason: `${file} is a folder: name the .env file in it` }];
    }
    const text = parseEnvText(existsSync(file) ? readFileSync(file, "latin1") : "");
    if (text.owner !== undefined && text.owner !== owner) {
        return [
            {
                property: "path",
                reason: `${path} is managed by another stack, ${text.owner}: destroy that one first, or delete its block`,
            },
        ];
    }
    return conflicts(text, Object.keys(values)).map(({ key, line }) => ({
        property: `values.${key}`,
        reason: `${path}, line ${line}, sets it outside the managed block too: delete that line, as this stack sets it`,
    }));
}

async function write({ path, owner, values }: Inputs, text = ""): Promise<void> {
    const parsed = parseEnvText(text);
    if (parsed.owner !== undefined && parsed.owner !== owner) {
        throw new ProviderError(`${path} is managed by another stack, ${parsed.owner}.`);
    }
    await replaceFile(path, withBlock(parsed, owner, values));
}

/** Replaces the file as a whole: a reader sees the old text or the new one. It holds secrets: for its owner only. */
function replaceFile(path: string, text: string): Promise<void> {
    return writeFileAtomic(resolve(path), text, { encoding: "latin1", mode: 0o600 });
}
