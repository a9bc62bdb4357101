import { isDeepStrictEqual } from "node:util";

/**
 * Names the secret inputs whose values on the server differ from the state's. Pulumi's own diff hides them, including their
 * names.
 *
 * @param inputs - the names to compare; a record is compared entry by entry.
 * @returns for instance `clientSecret`, or `OPENEDX_API_KEY` for an entry of a record. Never a value.
 */
export function driftedSecrets(stored: object, truth: object, inputs: readonly string[]): string[] {
    return inputs.flatMap((input) => {
        const [former, now] = [valueOf(stored, input), valueOf(truth, input)];
        if (!isRecord(former) || !isRecord(now)) {
            return isDeepStrictEqual(former, now) ? [] : [input];
        }
        const entries = new Set([...Object.keys(former), ...Object.keys(now)]);
        return [...entries].filter((entry) => !isDeepStrictEqual(valueOf(former, entry), valueOf(now, entry)));
    });
}

function valueOf(object: object, key: string): unknown {
    return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function isRecord(value: unknown): value is object {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
