import * as pulumi from "@pulumi/pulumi";

/** The values for the placeholders in a project's strings. */
export type PlaceholderValues = Readonly<Record<string, pulumi.Output<string>>>;

/** A value with its placeholders filled in. */
export function fill<Value>(value: Value, values: PlaceholderValues): Value {
    return filled(value, values) as Value;
}

/** Replaces a string's placeholders with values; `written` formats each value to fit the string. */
export function replaceAll(
    text: string,
    values: Readonly<Record<string, string>>,
    written: (value: string) => string = (value) => value,
): string {
    return Object.entries(values).reduce(
        // A function, because `$` is special in a replacement string.
        (replaced, [placeholder, value]) => replaced.replaceAll(placeholder, () => written(value)),
        text,
    );
}

function filled(value: unknown, values: PlaceholderValues): unknown {
    if (typeof value === "string") {
        const inside = Object.entries(values).filter(([placeholder]) => value.includes(placeholder));
        return inside.length === 0
            ? value
            : pulumi.all(Object.fromEntries(inside)).apply((replacements) => replaceAll(value, replacements));
    }
    if (typeof value !== "object" || value === null || pulumi.Output.isInstance(value)) {
        return value;
    }
    return Array.isArray(value)
        ? value.map((item) => filled(item, values))
        : Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, filled(inside, values)]));
}
