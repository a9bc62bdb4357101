import { chmod, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import writeFileAtomic from "write-file-atomic";
import { defineProvider, UNKNOWN } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import { effectiveValues, parseDotEnv, valuesOutside, withBlock, withoutBlock } from "./dotEnvBlock.ts";
import { dotEnvFault, readDotEnv } from "./dotEnvFaults.ts";
import { readText } from "./files.ts";
import { envFile, type EnvFileInputs as Inputs, type EnvFileOutputs as Outputs } from "./envFile.ts";

/** The operations of `EnvFile`, on the local file system. */
export const provider = defineProvider<Inputs, Outputs>(envFile, {
    faults: fileFaults,
    title: ({ path }) => path,

    /** Whether a line after the block overrides it. */
    async isOutdated({ path, owner }) {
        const text = parseDotEnv((await readText(resolve(path), "latin1")) ?? "");
        return text.owner === owner && !isDeepStrictEqual(effectiveValues(text), text.values);
    },

    async create(inputs) {
        const text = await readText(resolve(inputs.path), "latin1");
        const createdHere = text === undefined || (text !== "" && withoutBlock(parseDotEnv(text)) === "");
        const formerMode = createdHere ? null : (await stat(resolve(inputs.path))).mode & 0o777;
        await write(inputs, text);
        return { id: inputs.path, outs: { ...inputs, formerMode } };
    },

    async read(_id, props) {
        const text = parseDotEnv((await readText(resolve(props.path), "latin1")) ?? "");
        return text.owner === props.owner ? { ...props, values: effectiveValues(text) } : undefined;
    },

    async update(_id, { formerMode, owner }, news) {
        await write(news, await readText(resolve(news.path), "latin1"), owner);
        return { ...news, formerMode };
    },

    async delete(_id, { path, owner, values, formerMode }) {
        const text = await readText(resolve(path), "latin1");
        const parsed = parseDotEnv(text ?? "");
        if (text === undefined || (parsed.owner ?? owner) !== owner) {
            return;
        }
        const rest = withoutBlock(parsed);
        if (rest === text) {
            return;
        }
        if (rest === "" && formerMode === null) {
            await rm(resolve(path));
            return;
        }
        await replaceFile(path, rest);
        await chmod(resolve(path), formerMode ?? 0o600);
        const left = valuesOutside(parsed);
        const lacking = Object.keys(values).filter((key) => (left[key] ?? "") === "");
        if (lacking.length > 0) {
            console.warn(
                `${path} no longer sets ${lacking.join(", ")}. ` +
                    "A running application uses the former values until it restarts; before that, set what it needs.",
            );
        }
    },
});

/** Why the block can't be written, reported before anything changes; problems with the file itself, under `path`. */
function fileFaults(
    { path, owner, values, adopt = false }: Partial<Inputs>,
    olds: Partial<Inputs>,
): dynamic.CheckFailure[] {
    if (path === undefined || path === UNKNOWN || typeof values !== "object") {
        return [];
    }
    const lines = Object.entries(values).map(([key, value]) => [key, value === UNKNOWN ? undefined : value] as const);
    const fault = dotEnvFault(path, Object.fromEntries(lines), adopt);
    if (fault !== undefined) {
        return [{ property: "path", reason: `${fault.what}\n    ${fault.remedy}` }];
    }
    const other = readDotEnv(path).owner;
    return other === undefined || [owner, olds.owner].includes(other)
        ? []
        : [{ property: "path", reason: managedBy(path, other) }];
}

/** @param formerOwner - the stack's name in the last run. */
async function write({ path, owner, values }: Inputs, text = "", formerOwner = owner): Promise<void> {
    const parsed = parseDotEnv(text);
    if (parsed.owner !== undefined && ![owner, formerOwner].includes(parsed.owner)) {
        throw new ProviderError(managedBy(path, parsed.owner));
    }
    await replaceFile(path, withBlock(parsed, owner, values));
}

function managedBy(path: string, other: string): string {
    return `${path} is managed by another stack, ${other}: destroy that one first, or delete its block`;
}

/** Replaces the file atomically: a reader sees the old text or the new. It holds secrets, so only its owner may read it. */
function replaceFile(path: string, text: string): Promise<void> {
    return writeFileAtomic(resolve(path), text, { encoding: "latin1", mode: 0o600 });
}
