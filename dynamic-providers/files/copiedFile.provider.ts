import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { copiedFile, type CopiedFileInputs as Inputs, type CopiedFileOutputs as Outputs } from "./copiedFile.ts";
import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";

/** The operations of `CopiedFile`, on the local file system. */
export const provider = defineProvider<Inputs, Outputs>(copiedFile, {
    async create(inputs) {
        const target = resolve(inputs.target);
        const createdHere = !existsSync(target);
        if (createdHere) {
            if (!existsSync(resolve(inputs.source))) {
                throw new ProviderError(
                    `${inputs.source} does not exist, so it can't be copied. Create ${target} yourself`,
                );
            }
            // All of the file or none of it. The container reads it as another user, and the template is just as readable.
            await writeFileAtomic(target, await readFile(resolve(inputs.source)), { mode: 0o644 });
        }
        return { id: inputs.target, outs: { ...inputs, createdHere } };
    },

    read: (_id, props) => Promise.resolve(existsSync(resolve(props.target)) ? props : undefined),

    update: (_id, olds, news) => Promise.resolve({ ...olds, ...news }),

    async delete(_id, { source, target, createdHere }) {
        const [copy, original] = await Promise.all(
            [target, source].map((file) => readFile(resolve(file)).catch(() => undefined)),
        );
        if (createdHere && copy !== undefined && original?.equals(copy)) {
            await rm(resolve(target));
        }
    },
});
