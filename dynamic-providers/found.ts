/** What a program finds on the machine when it starts, with which a resource is compared. */
export interface Found {
    /** What is there: an id or address, or `""` where there is nothing. */
    readonly found: string;
    /** When something else was there than before, and the resource had to see to it. Default: kept up by `check`. */
    readonly since: string;
}

/**
 * The default of {@link Found.since}: now, where nothing is there or something else than in the last run. What the first
 * run makes is found by the second, which is nothing new.
 */
export function sinceWhen({ found }: Partial<Found>, olds: Partial<Found>): Pick<Found, "since"> {
    const isAsBefore = found !== "" && (olds.found === "" || olds.found === found);
    return { since: isAsBefore && olds.since !== undefined ? olds.since : new Date().toISOString() };
}

/** {@link Found.since} tells whether there is something to do; what was found does not by itself. */
export const ignoringFound = { found: () => true };
