import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { CompleteProvider } from "../../dynamic-providers/crud.ts";
import { ManagedResource } from "./engine.ts";

/** What an input is to a resource. */
export interface InputLife<Value> {
    /** Another value than the program's, or what gives one once {@link Life.args} was called. */
    readonly to: Value | (() => Value);
    /** What `up` does when the program asks for that value. */
    readonly does: "update" | "replace" | "same";
    /** Changes it by hand where the object is, given the object's id. Left out for what only the state has. */
    readonly byHand?: (id: string) => Promise<unknown>;
    /** What `up` does after that and a refresh. Default: as {@link does}; `create`: the object counts as gone. */
    readonly repair?: "create" | "update" | "replace";
}

/** What somebody else sees of a resource that makes nothing. */
export const nothing = "It makes nothing.";

/** What a type of resource goes through. */
export interface Life<Inputs extends object, Outputs extends Inputs> {
    readonly provider: CompleteProvider<Inputs, Outputs>;
    /**
     * What the program asks for, without what it need not give, so that tests give that and take it out again; called
     * once, when the test file's servers are there.
     */
    readonly args: () => Partial<Inputs> | Promise<Partial<Inputs>>;
    /** Every input but the connection. */
    readonly inputs: { readonly [Key in Exclude<keyof Inputs, "connection">]-?: InputLife<Inputs[Key]> };
    /** Takes the object away by hand, given its id. Left out for a resource that is none. */
    readonly loseByHand?: (id: string) => Promise<unknown>;
    /**
     * The object as somebody else sees it, without what every object has its own of; `undefined` where there is none. A
     * resource that makes nothing gives {@link nothing}, also as what is there after `destroy`.
     */
    readonly look: (id: string) => Promise<unknown>;
    /** What {@link look} gives after `destroy`. Default: `undefined`. */
    readonly destroyed?: unknown;
}

const steps = { create: ["create"], update: ["update"], replace: ["delete", "create"], same: ["same"] } as const;

/**
 * Tests a type of resource in the engine's own order, from its first `up` to `destroy`: unchanged, each input changed in
 * the program and by hand, taken out of the program, replaced, lost. One object goes through all of it; each test ends
 * with the object whole.
 *
 * @param type - as in `dynamic-providers/registry.ts`.
 */
export function describeLife<Inputs extends object, Outputs extends Inputs>(
    type: string,
    { provider, args, inputs, loseByHand, look, destroyed }: Life<Inputs, Outputs>,
): void {
    describe(`${type} in the engine's order`, () => {
        let resource: ManagedResource<Inputs, Outputs>;
        let whole: unknown;
        let given: Partial<Inputs>;
        beforeAll(async () => {
            given = await args();
            resource = await ManagedResource.up(provider, given);
            whole = await look(resource.id);
        });
        afterAll(() => resource.destroy());
        beforeEach(() => {
            jest.spyOn(console, "warn").mockReturnValue();
        });
        afterEach(() => {
            jest.restoreAllMocks();
        });

        const change = (name: string, to: unknown) => ({ [name]: to }) as Partial<Inputs>;
        const namesOf = (has: (life: InputLife<unknown>) => boolean) =>
            (Object.keys(inputs) as (keyof typeof inputs & string)[]).filter((name) => has(inputs[name]));
        /** The object is as the first `up` made it, and nothing is left to do. */
        const expectWhole = async () => {
            await expect(resource.refresh()).resolves.toBe(false);
            await expect(resource.up()).resolves.toEqual(["same"]);
            await expect(look(resource.id)).resolves.toEqual(whole);
        };

        test("there is nothing to do after the first up", expectWhole);

        test.each(namesOf(() => true))(
            "another %s is carried out, and the former one, or none, again",
            async (name) => {
                const { to: other, does } = inputs[name] as InputLife<unknown>;
                const to = typeof other === "function" ? (other as () => unknown)() : other;
                await expect(resource.plan(change(name, to))).resolves.toBe(does);
                await expect(resource.up(change(name, to))).resolves.toEqual(steps[does]);
                await expect(resource.refresh()).resolves.toBe(false);
                await expect(resource.up()).resolves.toEqual(["same"]);
                await expect(resource.up(change(name, given[name]))).resolves.toEqual(steps[does]);
                await expectWhole();
            },
        );

        const changedByHand = namesOf(({ byHand }) => byHand !== undefined);
        if (changedByHand.length > 0) {
            test.each(changedByHand)("%s that was changed by hand is seen, and repaired", async (name) => {
                const { byHand, does, repair = does } = inputs[name];
                await byHand?.(resource.id);
                await expect(look(resource.id)).resolves.not.toEqual(whole);
                await expect(resource.refresh()).resolves.toBe(true);
                await expect(resource.plan()).resolves.toBe(repair);
                await expect(resource.up()).resolves.toEqual(steps[repair]);
                await expectWhole();
            });
        }

        test("up --replace leaves it in place", async () => {
            await expect(resource.up({}, { replace: true })).resolves.toEqual(["delete", "create"]);
            await expectWhole();
        });

        if (loseByHand !== undefined) {
            test("what was taken away by hand is seen, and made anew", async () => {
                await loseByHand(resource.id);
                await expect(resource.refresh()).resolves.toBe(true);
                await expect(resource.up()).resolves.toEqual(["create"]);
                await expectWhole();
            });

            test("destroy is content with what was taken away by hand", async () => {
                await loseByHand(resource.id);
                await resource.destroy();
                await expect(resource.up()).resolves.toEqual(["create"]);
                await expectWhole();
            });
        }

        test("destroy takes it away, and the next up makes it again", async () => {
            const { id } = resource;
            await resource.destroy();
            await expect(look(id)).resolves.toEqual(destroyed);
            await expect(resource.up()).resolves.toEqual(["create"]);
            await expectWhole();
        });
    });
}
