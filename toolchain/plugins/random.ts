/** Stand-in for the `@pulumi/random` plugin: random passwords and strings. */
import manifest from "@pulumi/random/package.json" with { type: "json" };
import { randomInt } from "node:crypto";
import {
    type PropertyType,
    type ResourceSchema,
    type ResourceType,
    type Values,
    plain,
    secret,
    serve,
} from "./plugin.ts";

/** The properties that define a random string, all of them set. */
interface Shape {
    length: number;
    lower: boolean;
    upper: boolean;
    numeric: boolean;
    special: boolean;
    minLower: number;
    minUpper: number;
    minNumeric: number;
    minSpecial: number;
    overrideSpecial?: string;
}

/** The lowest: the state has the password beside its hash, and upstream's 10 would take as long as several requests. */
const BCRYPT_COST = 4;

const flag: PropertyType = { type: "boolean" };
const count: PropertyType = { type: "integer" };
const text: PropertyType = { type: "string" };

const inputProperties: ResourceSchema["inputProperties"] = {
    keepers: { type: "object", additionalProperties: text },
    length: count,
    lower: flag,
    minLower: count,
    minNumeric: count,
    minSpecial: count,
    minUpper: count,
    number: flag,
    numeric: flag,
    overrideSpecial: text,
    special: flag,
    upper: flag,
};

/** A random string type; the types differ in how they derive id and outputs from the string. */
function randomType(
    outputs: Record<string, PropertyType>,
    make: (result: string) => Promise<{ id: string; results: Values }>,
): ResourceType {
    const optional = ["keepers", "overrideSpecial"];
    const properties = { ...inputProperties, ...outputs };
    return {
        schema: {
            properties,
            required: Object.keys(properties)
                .filter((property) => !optional.includes(property))
                .sort(),
            inputProperties,
            requiredInputs: ["length"],
        },
        faults,
        complete,
        create: async (inputs) => {
            const { id, results } = await make(randomText(plain(inputs) as Shape));
            return { id, outs: { ...inputs, ...results } };
        },
        adopt: async (result) => {
            const { id, results } = await make(result);
            const inputs = complete({ length: result.length });
            return { id, props: { ...inputs, ...results }, inputs };
        },
    };
}

function complete(inputs: Values): Values {
    const numeric = inputs["numeric"] ?? inputs["number"] ?? true;
    const minimums = { minLower: 0, minNumeric: 0, minSpecial: 0, minUpper: 0 };
    return { lower: true, special: true, upper: true, ...minimums, ...inputs, number: numeric, numeric };
}

function faults(inputs: Values) {
    const { number, numeric } = inputs;
    if (number !== undefined && numeric !== undefined && number !== numeric) {
        return [{ property: "number", reason: "is the old name of numeric: give one of them" }];
    }
    const shape = complete(inputs) as unknown as Shape;
    const minimums = [shape.minLower, shape.minUpper, shape.minNumeric, shape.minSpecial];
    if (minimums.some((minimum) => minimum < 0)) {
        return [{ property: "length", reason: "goes with minimums that are not negative" }];
    }
    const least = Math.max(
        1,
        minimums.reduce((sum, minimum) => sum + minimum),
    );
    if (shape.length < least) {
        return [{ property: "length", reason: `has to be at least ${least}` }];
    }
    if (!(shape.lower || shape.upper || shape.numeric || shape.special)) {
        return [{ property: "special", reason: "or one of lower, numeric and upper has to be true" }];
    }
    return [];
}

/** The minimum number of characters of each kind, filled up with characters of all enabled kinds, in random order. */
function randomText(shape: Shape): string {
    const kinds = [
        { characters: "abcdefghijklmnopqrstuvwxyz", used: shape.lower, minimum: shape.minLower },
        { characters: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", used: shape.upper, minimum: shape.minUpper },
        { characters: "0123456789", used: shape.numeric, minimum: shape.minNumeric },
        {
            // An empty string counts as unset, as upstream.
            characters: shape.overrideSpecial || "!@#$%&*()-_=+[]{}<>:?", // eslint-disable-line @typescript-eslint/prefer-nullish-coalescing
            used: shape.special,
            minimum: shape.minSpecial,
        },
    ];
    const chosen = kinds.flatMap(({ characters, minimum }) => pick(characters, minimum));
    const all = kinds.map(({ characters, used }) => (used ? characters : "")).join("");
    return shuffled([...chosen, ...pick(all, shape.length - chosen.length)]).join("");
}

function pick(characters: string, count: number): string[] {
    return Array.from({ length: count }, () => characters.charAt(randomInt(characters.length)));
}

function shuffled(elements: string[]): string[] {
    const left = [...elements];
    return elements.flatMap(() => left.splice(randomInt(left.length), 1));
}

await serve({
    name: "random",
    version: manifest.version,
    resources: {
        "random:index/randomPassword:RandomPassword": randomType(
            { bcryptHash: { ...text, secret: true }, result: { ...text, secret: true } },
            async (result) => {
                // Takes a tenth of a second to load, so only loaded to create a password.
                const { hash } = await import("bcryptjs");
                const bcryptHash = await hash(result, BCRYPT_COST);
                return { id: "none", results: { bcryptHash: secret(bcryptHash), result: secret(result) } };
            },
        ),
        "random:index/randomString:RandomString": randomType({ result: text }, (result) =>
            Promise.resolve({ id: result, results: { result } }),
        ),
    },
});
