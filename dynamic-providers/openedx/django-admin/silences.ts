import type { UnreachableError } from "../../errors.ts";

/** How long each server has been silent in this run, by its origin. A server that responds is removed. */
export const silences = new Map<string, Silence>();

/** A server that does not respond. */
interface Silence {
    readonly milliseconds: number;
    /** When the last request to it timed out. */
    readonly end: number;
    readonly error: UnreachableError;
}

/** Allows silent servers to be contacted again: something is waiting for them. */
export function forgetSilences(): void {
    silences.clear();
}
