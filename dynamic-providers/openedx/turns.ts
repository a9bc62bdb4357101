/**
 * Two kinds of work that must not overlap: any number of one kind runs at a time, while the other kind waits.
 */
export class Turns<Kind extends string> {
    readonly #running = new Map<Promise<unknown>, Kind>();

    /** Does some work as soon as no work of another kind is running. */
    async take<Result>(kind: Kind, work: () => Promise<Result>): Promise<Result> {
        for (let others = this.#others(kind); others.length > 0; others = this.#others(kind)) {
            await Promise.allSettled(others);
        }
        const running = work().finally(() => this.#running.delete(running));
        this.#running.set(running, kind);
        return running;
    }

    #others(kind: Kind): Promise<unknown>[] {
        return [...this.#running].filter(([, its]) => its !== kind).map(([running]) => running);
    }
}
