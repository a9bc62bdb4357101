/**
 * What the stand-in plugins share. The engine can't download the published ones everywhere; these implement the part of
 * their schemas that a program in this project may use, on the provider server of `@pulumi/pulumi`.
 */
import { info } from "@pulumi/pulumi/log/index.js";
import type { CheckFailure, CreateResult, Provider, ReadResult } from "@pulumi/pulumi/provider/provider.js";
import { main } from "@pulumi/pulumi/provider/server.js";
import { DependencyResource } from "@pulumi/pulumi/resource.js";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";
import { resetOptions } from "@pulumi/pulumi/runtime/settings.js";
import { isDeepStrictEqual } from "node:util";

export type Values = Record<string, unknown>;

/** A type in a Pulumi schema; without `type` and `$ref`, any value. */
export interface PropertyType {
    type?: "string" | "boolean" | "integer" | "array" | "object";
    $ref?: string;
    items?: PropertyType;
    additionalProperties?: PropertyType;
    secret?: true;
    replaceOnChanges?: true;
}

/** The part of a Pulumi schema that describes a resource type. */
export interface ResourceSchema {
    properties: Record<string, PropertyType>;
    required: string[];
    inputProperties: Record<string, PropertyType>;
    requiredInputs?: string[];
}

/** A resource type. Its functions take and return values with wrapped secrets; see {@link plain}. */
export interface ResourceType {
    schema: ResourceSchema;
    /** What is wrong with plain inputs even though they all match the schema's types. */
    faults?: (inputs: Values) => CheckFailure[];
    /** The inputs as stored in the state, with defaults. */
    complete?: (inputs: Values) => Values;
    create: (inputs: Values, urn: string) => Promise<CreateResult>;
    /** Returns the new outputs. Without this function, every change replaces the resource. */
    update?: (olds: Values, news: Values, urn: string) => Promise<Values>;
    delete?: (outputs: Values, urn: string) => Promise<void>;
    /** Imports something that already exists, by id. */
    adopt?: (id: string) => Promise<ReadResult>;
}

/** A plugin: name, version, and resource types by token. */
export interface Plugin {
    name: string;
    version: string;
    types?: Record<string, { type: "string"; enum: { value: string }[] }>;
    resources: Record<string, ResourceType>;
}

const PARENT_CHECK_MILLISECONDS = 1000;

const cancellation = new AbortController();

/** Aborts as soon as the engine wants running operations to end. */
export const canceled = cancellation.signal;

/** Serves a plugin to the engine whose address is in this process's arguments. */
export async function serve(plugin: Plugin): Promise<void> {
    const args = process.argv.slice(2);
    const engine = args.findLast((arg) => !arg.startsWith("-")) ?? "";
    resetOptions("", "", 0, engine, "", false, "");
    endWithParent();
    await main(provider(plugin), args);
}

/** A killed engine can't tell its plugins to stop, so this one watches its parent, then exits along with its commands. */
function endWithParent(): void {
    const parent = process.ppid;
    setInterval(() => {
        if (process.ppid !== parent) {
            cancellation.abort();
            process.exit(1);
        }
    }, PARENT_CHECK_MILLISECONDS).unref();
}

/** Marks an output as secret. */
export function secret(value: unknown): Values {
    return { [specialSigKey]: specialSecretSig, value };
}

/** A value with all secret markers removed, at any depth. */
export function plain(value: unknown): unknown {
    if (Array.isArray(value)) {
        return value.map(plain);
    }
    if (!isObject(value)) {
        return value;
    }
    if (value[specialSigKey] === specialSecretSig) {
        return plain(value["value"]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, plain(element)]));
}

/** Shows a line of output next to a resource while its operation runs. */
export async function log(urn: string, line: string): Promise<void> {
    await info(line, new DependencyResource(urn), undefined, true);
}

function provider({ name, version, types = {}, resources }: Plugin): Provider {
    const typeOf = (urn: string) => {
        const token = urn.split("::")[2]?.split("$").at(-1) ?? "";
        const type = resources[token];
        if (!type) {
            throw new Error(`The stand-in for the plugin "${name}" does not know the resource type ${token}.`);
        }
        return type;
    };
    return {
        version,
        schema: JSON.stringify({
            name,
            version,
            // The module of "random:index/randomString:RandomString" is "index".
            meta: { moduleFormat: "(.*)(?:/[^/]*)" },
            types,
            resources: Object.fromEntries(Object.entries(resources).map(([token, { schema }]) => [token, schema])),
        }),
        check: async (urn, _olds, news: Values) => {
            const { schema, faults } = typeOf(urn);
            const inputs = plain(news) as Values;
            const failures = Object.keys(inputs).flatMap((property) => {
                const reason = typeFault(inputs[property], schema.inputProperties[property], types);
                return reason === undefined ? [] : [{ property, reason }];
            });
            for (const property of schema.requiredInputs ?? []) {
                if (!(property in inputs)) {
                    failures.push({ property, reason: "is required" });
                }
            }
            if (failures.length === 0 && !Object.values(inputs).includes(unknownValue)) {
                failures.push(...(faults?.(inputs) ?? []));
            }
            return Promise.resolve({ inputs: news, failures });
        },
        diff: async (_id, urn, olds: Values, news: Values) => {
            const { schema, complete, update } = typeOf(urn);
            const state = complete?.(news) ?? news;
            const changed = Object.keys(schema.inputProperties).filter(
                (property) => !isDeepStrictEqual(plain(olds[property]), plain(state[property])),
            );
            return Promise.resolve({
                changes: changed.length > 0,
                replaces: changed.filter((property) => !update || schema.properties[property]?.replaceOnChanges),
            });
        },
        create: (urn, inputs: Values) => {
            const { complete, create } = typeOf(urn);
            return create(complete?.(inputs) ?? inputs, urn);
        },
        read: async (id, urn, props: Values = {}) =>
            Object.keys(props).length === 0 ? ((await typeOf(urn).adopt?.(id)) ?? { id, props }) : { id, props },
        update: async (_id, urn, olds: Values, news: Values) => ({
            outs: await typeOf(urn).update?.(olds, news, urn),
        }),
        delete: async (_id, urn, props: Values) => {
            await typeOf(urn).delete?.(props, urn);
        },
        cancel: () => {
            cancellation.abort();
            return Promise.resolve();
        },
    };
}

function typeFault(
    value: unknown,
    type: PropertyType | undefined,
    types: NonNullable<Plugin["types"]>,
): string | undefined {
    if (!type) {
        return "is not an input of this resource type";
    }
    if (value === unknownValue) {
        return undefined;
    }
    const choice = types[type.$ref?.replace("#/types/", "") ?? ""]?.enum.map((element) => element.value);
    if (choice) {
        return choice.some((element) => element === value) ? undefined : `has to be one of ${choice.join(", ")}`;
    }
    const fits = (elements: unknown[], elementType: PropertyType | undefined) =>
        elements.every((element) => typeFault(element, elementType, types) === undefined);
    switch (type.type) {
        case undefined:
            return undefined;
        case "integer":
            return Number.isInteger(value) ? undefined : "has to be an integer";
        case "array":
            return Array.isArray(value) && fits(value, type.items) ? undefined : `has to be an array${of(type.items)}`;
        case "object":
            return isObject(value) && fits(Object.values(value), type.additionalProperties)
                ? undefined
                : `has to be an object${of(type.additionalProperties)}`;
        default:
            return typeof value === type.type ? undefined : `has to be a ${type.type}`;
    }
}

function of(elementType: PropertyType | undefined): string {
    return elementType?.type ? ` of ${elementType.type}s` : "";
}

function isObject(value: unknown): value is Values {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
