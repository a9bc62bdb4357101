import { readFile } from "node:fs/promises";
import { ProviderError } from "../errors.ts";

/**
 * The text of a file, or `undefined` if it does not exist.
 *
 * @param encoding - `latin1` maps every byte to one character.
 * @throws ProviderError if the file can't be read.
 */
export async function readText(file: string, encoding: "utf8" | "latin1" = "utf8"): Promise<string | undefined> {
    try {
        return await readFile(file, encoding);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") {
            return undefined;
        }
        throw new ProviderError(`${file} can't be read: ${(error as Error).message}`);
    }
}
