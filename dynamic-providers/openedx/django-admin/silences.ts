import type { UnreachableError } from "../../errors.ts";

/** For how long a server has been silent in this run, by its origin. One that answers is taken off. */
export const silences = new Map<string, Silence>();

/** A server that does not answer. */
interface Silence {
    readonly milliseconds: number;
    /** When the last request to it ran out of time. */
    readonly end: number;
    readonly error: UnreachableError;
}

/** Lets silent servers be asked again: they are being waited for. */
export function forgetSilences(): void {
    silences.clear();
}
