import { chmod, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { askPulumi, project, projectName, pulumiEnvironment, stackOf } from "./pulumi.ts";

/** The part of a stack's state used here, as the engine saves it. */
const stateSchema = z.object({
    checkpoint: z.object({
        latest: z
            .object({
                resources: z
                    .array(z.object({ urn: z.string(), type: z.string(), id: z.string().optional() }))
                    .default([]),
                pending_operations: z
                    .array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) }))
                    .default([]),
            })
            .optional(),
    }),
});

/** A stack's state. */
export type State = z.infer<typeof stateSchema>;

/** The folder with the project's states. */
const states = join(project, ".pulumi");

/**
 * Reads the state of one of this project's stacks.
 *
 * @returns nothing if there is none.
 */
export async function readState(stack: string, folder = states): Promise<State | undefined> {
    const text = await readText(stateFile(stack, folder));
    return text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
}

/** A stack name may include organization and project. */
function stateFile(stack: string, folder = states): string {
    return join(folder, "stacks", projectName, `${basename(stack)}.json`);
}

/** Whether a state has interrupted creations, all of which have since succeeded. */
export function hasFinishedCreations({ checkpoint: { latest } }: State): boolean {
    const { resources = [], pending_operations: pending = [] } = latest ?? {};
    const made = new Set(resources.map(({ urn }) => urn));
    return pending.length > 0 && pending.every(({ type, resource }) => type === "creating" && made.has(resource.urn));
}

/**
 * The engine lists the creations of an interrupted run in every later one. An `up` of the whole stack completes them; this
 * then removes them from the state, the way Pulumi's own `state` commands do: export, then import under the stack's lock.
 * Does nothing while another run holds the lock.
 *
 * @param args - the arguments of the successful Pulumi run.
 */
export async function clearFinishedCreations(args: readonly string[]): Promise<void> {
    const isWhole = !args.some((arg) => /^(-t|--(target|exclude|preview-only|plan))/.test(arg));
    if (!isWhole || !["up", "update"].some((command) => args.includes(command))) {
        return;
    }
    const stack = await stackOf(args);
    const state = stack === undefined ? undefined : await readState(stack);
    if (stack === undefined || state === undefined || !hasFinishedCreations(state)) {
        return;
    }
    const before = await readText(stateFile(stack));
    const { failed, stdout: exported } = await askPulumi("stack", "export", "--stack", stack);
    if (!failed && (await readText(stateFile(stack))) === before) {
        // An import drops pending operations. It fails if another run has started.
        await execa("pulumi", ["stack", "import", "--stack", stack], {
            env: await pulumiEnvironment(),
            input: exported,
            reject: false,
        });
    }
}

/** Makes the states readable only by this user: folders get mode 0700, files 0600. The engine makes them world-readable. */
export async function protectState(folder = states): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        await chmodThere(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o700 : 0o600);
    }
}

/** Another run may have removed it. */
async function chmodThere(path: string, mode: number): Promise<void> {
    await chmod(path, mode).catch(ignoreMissing);
}

async function readText(path: string): Promise<string | undefined> {
    return readFile(path, "utf8").catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
        throw error;
    }
    return undefined;
}
