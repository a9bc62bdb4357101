import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { conflicts, type DotEnv, parseDotEnv } from "./dotEnvBlock.ts";
import { pulumiCommand } from "../pulumiCommand.ts";

/** Why the block can't be written, and what to do. */
export interface DotEnvFault {
    readonly what: string;
    readonly remedy: string;
}

const NAME_FILE = pulumiCommand("config set envFile PATH/.env");

/** The fault that the application's checkout is missing. */
export function missingCheckout(folder: string): DotEnvFault {
    return {
        what: `${folder}, the application's checkout, does not exist`,
        remedy: `clone it there, or set the path of its .env: ${NAME_FILE}`,
    };
}

/** The existing `.env` file; empty if there is none. */
export function readDotEnv(path: string): DotEnv {
    const file = resolve(path);
    return parseDotEnv(existsSync(file) && statSync(file).isFile() ? readFileSync(file, "latin1") : "");
}

/**
 * Why the block can't be written, if it can't. Looks only at the file, so it can be called before anything is created.
 *
 * @param values - the variables of the new block; `undefined` for values not known yet.
 * @param adopt - whether to comment out lines that set them to something else.
 */
export function dotEnvFault(
    path: string,
    values: Readonly<Record<string, string | undefined>>,
    adopt: boolean,
): DotEnvFault | undefined {
    const file = resolve(path);
    if (!existsSync(dirname(file))) {
        return missingCheckout(dirname(file));
    }
    if (existsSync(file) && !statSync(file).isFile()) {
        return { what: `${file} is a folder`, remedy: `set the path of the .env file in it: ${NAME_FILE}` };
    }
    const conflicting = conflicts(readDotEnv(file), values).filter(({ isShared }) => isShared || !adopt);
    if (conflicting.length === 0) {
        return undefined;
    }
    const lines = conflicting.map(
        ({ key, line, isShared }) => `\n      line ${line}: ${key}${isShared ? ", beside another variable" : ""}`,
    );
    return {
        what: `${file} sets variables that this stack sets to something else:${lines.join("")}`,
        remedy: conflicting.some(({ isShared }) => isShared)
            ? "put each variable on a line of its own, or delete it"
            : "let the stack comment out the lines until it is destroyed: " +
              `${pulumiCommand("config set adopt true")}; or delete them`,
    };
}
