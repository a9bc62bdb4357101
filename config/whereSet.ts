type WhereSet<Values> = { [Key in keyof Values]?: Exclude<Values[Key], undefined> };

/** Those of the values that are set. */
export function whereSet<Values extends object>(values: Values): WhereSet<Values> {
    return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as WhereSet<Values>;
}
