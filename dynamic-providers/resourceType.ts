import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

declare module "zod" {
    /** What `.meta()` says of a property of a resource, besides its `description`. */
    interface GlobalMeta {
        /** It is encrypted in the state and hidden in every output. */
        secret?: true;
        /** Another value means another object: it is part of the natural key. */
        replaces?: true;
        /** The server does not hold it: storing the new value is all of its update. */
        local?: true;
        /** `create` alone looks at it: a change means nothing to an object that exists. */
        onCreate?: true;
    }
}

/**
 * The one definition of a kind of resource. Its arguments, what the provider gets, checks, defaults, secrets, and its page in
 * the docs all come from here.
 */
export interface ResourceType<
    Inputs extends z.core.$ZodLooseShape = z.core.$ZodLooseShape,
    Outputs extends z.core.$ZodLooseShape = z.core.$ZodLooseShape,
> {
    /** The type's name, for instance `openedx:Site`. The state has it, so it stays. */
    readonly name: string;
    /** One sentence for the docs. */
    readonly description: string;
    /** By input: what is allowed, its default (`.default()`), and what it means (`.meta()`). */
    readonly inputs: z.ZodObject<Inputs, z.core.$strict>;
    /** What the provider adds to the inputs. */
    readonly outputs: z.ZodObject<Outputs>;
}

/** Defines a kind of resource; see {@link ResourceType}. */
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

/** The arguments of a resource in a program: what may be left out may, and each value may come later. */
export type ArgsOf<Type extends ResourceType> = Args<z.input<Type["inputs"]>>;

/** What a resource's provider gets after `check`. */
export type InputsOf<Type extends ResourceType> = Readonly<z.output<Type["inputs"]>>;

/** What a resource's provider gives, and the state has. */
export type OutputsOf<Type extends ResourceType> = string extends keyof Type["outputs"]["shape"]
    ? InputsOf<Type>
    : InputsOf<Type> & Readonly<z.output<Type["outputs"]>>;

/** The properties of a shape that say so in their metadata, for instance `secret`. */
export function propertiesThat(
    flag: "secret" | "replaces" | "local" | "onCreate",
    { shape }: { readonly shape: Readonly<Record<string, z.core.$ZodType>> },
): string[] {
    return Object.keys(shape).filter((key) => metaOf(shape[key])?.[flag] === true);
}

/** By property: the default of those that may be left out for one. */
export function defaultsOf({ shape }: { readonly shape: Readonly<Record<string, z.core.$ZodType>> }): object {
    return Object.fromEntries(
        Object.entries(shape).flatMap(([key, schema]) =>
            schema instanceof z.ZodDefault ? [[key, schema.parse(undefined)]] : [],
        ),
    );
}

/** A text that is not empty. */
export function nonEmpty(): z.ZodString {
    return z.string().min(1, "must not be empty");
}

/** For how many seconds a resource that makes nothing waits; another patience is no reason to wait again. */
export function patience(seconds: number, why: string): z.ZodDefault<z.ZodNumber> {
    return z
        .number()
        .min(0, "must not be negative")
        .default(seconds)
        .meta({ description: `For how long, in seconds: ${why}`, local: true });
}

function metaOf(schema: z.core.$ZodType | undefined): z.core.GlobalMeta | undefined {
    return schema && z.globalRegistry.get(schema);
}

type Args<Value> = { readonly [Key in keyof Value]: pulumi.Input<Nested<Value[Key]>> };

/** What is in a list or an object may come later, too. Written so that unions, `boolean` among them, stay whole. */
type Nested<Value> = [Value] extends [readonly (infer Element)[] | undefined]
    ? readonly pulumi.Input<Element>[]
    : [Value] extends [Readonly<Record<string, unknown>> | undefined]
      ? Args<Value>
      : Value;
