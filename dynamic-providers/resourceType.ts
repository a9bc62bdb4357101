import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

declare module "zod" {
    /** What `.meta()` says about a resource property, besides its `description`. */
    interface GlobalMeta {
        /** Encrypted in the state and hidden in every output. */
        secret?: true;
        /** Part of the natural key: a different value means a different object. */
        replaces?: true;
        /** Not on the server: an update only has to store the new value. */
        local?: true;
        /** Only `create` uses it: a change means nothing to an existing object. */
        onCreate?: true;
        /** The property's name in the state of earlier versions, see {@link withPresentNames}. */
        formerly?: string;
    }
}

/**
 * The single definition of a resource type. Its arguments, what the provider receives, checks, defaults, secrets, and its
 * page in the docs all come from here.
 */
export interface ResourceType<
    Inputs extends z.core.$ZodLooseShape = z.core.$ZodLooseShape,
    Outputs extends z.core.$ZodLooseShape = z.core.$ZodLooseShape,
> {
    /** The type's name, for instance `openedx:Site`. It is in the state, so it never changes. */
    readonly name: string;
    /** One sentence for the docs. */
    readonly description: string;
    /** For each input: what is allowed, its default (`.default()`), and what it means (`.meta()`). */
    readonly inputs: z.ZodObject<Inputs, z.core.$strict>;
    /** What the provider adds to the inputs. */
    readonly outputs: z.ZodObject<Outputs>;
}

/** Defines a resource type; see {@link ResourceType}. */
export function resourceType<
    Inputs extends z.core.$ZodLooseShape,
    Outputs extends z.core.$ZodLooseShape = Record<string, never>,
>(definition: {
    readonly name: string;
    readonly description: string;
    readonly inputs: Inputs;
    readonly outputs?: Outputs;
}): ResourceType<Inputs, Outputs> {
    const { name, description, inputs, outputs = {} as Outputs } = definition;
    return { name, description, inputs: z.strictObject(inputs), outputs: z.object(outputs) };
}

/** A resource's arguments in a program: optional inputs may be omitted, and each value may be a Pulumi input. */
export type ArgsOf<Type extends ResourceType> = Args<z.input<Type["inputs"]>>;

/** What a resource's provider receives after `check`. */
export type InputsOf<Type extends ResourceType> = Readonly<z.output<Type["inputs"]>>;

/** What a resource's provider returns and the state stores. */
export type OutputsOf<Type extends ResourceType> = string extends keyof Type["outputs"]["shape"]
    ? InputsOf<Type>
    : InputsOf<Type> & Readonly<z.output<Type["outputs"]>>;

/**
 * What a program passes in a preview, besides a resource's arguments: the stack and the resource's name. `check` takes it
 * out again, so neither plan nor state has it.
 */
export const PLAN = "__plan";

/** The value of {@link PLAN}. */
export interface Plan {
    readonly stack: string;
    readonly name: string;
}

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/** The properties of a shape that have a flag in their metadata, for instance `secret`. */
export function propertiesThat(
    flag: "secret" | "replaces" | "local" | "onCreate",
    { shape }: { readonly shape: Shape },
): string[] {
    return Object.keys(shape).filter((key) => metaOf(shape[key])?.[flag] === true);
}

/**
 * Properties under their present names: a state that an earlier version wrote has the former ones, until a refresh or an
 * update saves the resource again.
 */
export function withPresentNames<Props extends object>(props: Props, shape: Shape): Props {
    const present = new Map(Object.keys(shape).map((key) => [metaOf(shape[key])?.formerly ?? key, key]));
    return Object.fromEntries(
        Object.entries(props).map(([key, value]: [string, unknown]) => {
            const name = present.get(key) ?? key;
            const nested = shape[name] instanceof z.ZodReadonly ? shape[name].unwrap() : undefined;
            const isNested = nested instanceof z.ZodObject && typeof value === "object" && value !== null;
            return [name, isNested ? withPresentNames(value, nested.shape) : value];
        }),
    ) as Props;
}

/** The defaults, by property, of the properties that have one. */
export function defaultsOf({ shape }: { readonly shape: Shape }): object {
    return Object.fromEntries(
        Object.entries(shape).flatMap(([key, schema]) =>
            schema instanceof z.ZodDefault ? [[key, schema.parse(undefined)]] : [],
        ),
    );
}

/** A non-empty string. */
export function nonEmpty(): z.ZodString {
    return z.string().min(1, "must not be empty");
}

/** How many seconds a resource that only waits will wait. Changing it is no reason to wait again. */
export function patience(seconds: number, why: string): z.ZodDefault<z.ZodNumber> {
    return z
        .number()
        .min(0, "must not be negative")
        .default(seconds)
        .meta({ description: `How long to wait, in seconds: ${why}`, local: true });
}

function metaOf(schema: z.core.$ZodType | undefined): z.core.GlobalMeta | undefined {
    return schema && z.globalRegistry.get(schema);
}

type Args<Value> = { readonly [Key in keyof Value]: pulumi.Input<Nested<Value[Key]>> };

/** Values inside a list or an object may be Pulumi inputs, too. Written so that unions, including `boolean`, stay whole. */
type Nested<Value> = [Value] extends [readonly (infer Element)[] | undefined]
    ? readonly pulumi.Input<Element>[]
    : [Value] extends [Readonly<Record<string, unknown>> | undefined]
      ? Args<Value>
      : Value;
