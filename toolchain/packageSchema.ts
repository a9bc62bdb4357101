import { z } from "zod";
import type { ResourceType } from "../dynamic-providers/resourceType.ts";

/** JSON Schema for a single property, with our metadata. */
export interface PropertySchema {
    readonly type?: string | readonly string[];
    /** The name of an object type that several properties share. */
    readonly title?: string;
    readonly description?: string;
    readonly default?: unknown;
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
    readonly items?: PropertySchema;
    readonly properties?: Readonly<Record<string, PropertySchema>>;
    readonly required?: readonly string[];
    /** Also `false`, if there are `properties`. */
    readonly additionalProperties?: PropertySchema;
    readonly anyOf?: readonly PropertySchema[];
    readonly secret?: true;
    readonly replaces?: true;
}

/** The properties of a definition's inputs or outputs, and the required ones. */
export function propertiesOf(schema: z.ZodType): {
    readonly properties: Readonly<Record<string, PropertySchema>>;
    readonly required: readonly string[];
} {
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: "input" }) as PropertySchema;
    return { properties, required };
}

/**
 * The Pulumi package schema for resources: what a provider plugin would serve to programs in other languages.
 *
 * @param name - the package's name, e.g. `openedx-mit`.
 * @param version - its version.
 * @param resources - the definitions.
 * @see {@link https://www.pulumi.com/docs/iac/guides/building-extending/packages/schema/}
 */
export function packageSchema(name: string, version: string, resources: readonly ResourceType[]): object {
    const types: Record<string, object> = {};
    const token = (type: string) => `${name}:${type}`;

    /** A property's type; each object gets its own type, named after its place. */
    const typeOf = (schema: PropertySchema, place: string): object => {
        const alternatives = schema.anyOf?.filter(({ type }) => type !== "null");
        if (alternatives !== undefined) {
            const [only, ...others] = alternatives;
            return only && others.length === 0
                ? typeOf(only, place)
                : { oneOf: alternatives.map((each) => typeOf(each, place)) };
        }
        if (schema.properties !== undefined) {
            const type = token(schema.title ?? place);
            types[type] = {
                type: "object",
                ...propertySpecs(schema.properties, schema.required, schema.title ?? place),
            };
            return { $ref: `#/types/${type}` };
        }
        const type = [schema.type].flat().find((each) => each !== "null");
        switch (type) {
            case "array":
                return { type: "array", items: typeOf(schema.items ?? {}, place) };
            case "object":
                return { type: "object", additionalProperties: typeOf(schema.additionalProperties ?? {}, place) };
            case undefined:
                return { $ref: "pulumi.json#/Any" };
            default:
                return { type };
        }
    };
    const propertySpecs = (
        properties: Readonly<Record<string, PropertySchema>>,
        required: readonly string[] = [],
        place: string,
    ) => ({
        properties: Object.fromEntries(
            Object.entries(properties).map(([key, schema]) => [
                key,
                {
                    ...typeOf(schema, `${place}${key[0]?.toUpperCase()}${key.slice(1)}`),
                    ...(schema.description !== undefined && { description: schema.description }),
                    ...(isPlain(schema.default) && { default: schema.default }),
                    ...(schema.secret && { secret: true }),
                    ...(schema.replaces && { willReplaceOnChanges: true }),
                },
            ]),
        ),
        required: [...required],
    });

    return {
        name,
        version,
        resources: Object.fromEntries(
            resources.map((resource) => {
                const inputs = propertiesOf(resource.inputs);
                const outputs = propertiesOf(resource.outputs);
                const input = propertySpecs(inputs.properties, inputs.required, resource.name);
                const output = propertySpecs(outputs.properties, outputs.required, resource.name);
                return [
                    token(resource.name),
                    {
                        description: resource.description,
                        inputProperties: input.properties,
                        requiredInputs: input.required,
                        properties: { ...input.properties, ...output.properties },
                        required: [...input.required, ...output.required],
                    },
                ];
            }),
        ),
        types,
    };
}

/** Pulumi's schema only supports defaults for primitive values. */
function isPlain(value: unknown): boolean {
    return ["string", "number", "boolean"].includes(typeof value);
}
