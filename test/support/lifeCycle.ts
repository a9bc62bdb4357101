import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { CompleteProvider } from "../../dynamic-providers/crud.ts";
import { ManagedResource } from "./engine.ts";

/** How a resource treats an input. */
export interface InputLife<Value> {
    /** A value other than the program's, or a function that returns one, called after {@link Life.args}. */
    readonly to: Value | (() => Value);
    /** What `up` does when the program sets that value. */
    readonly does: "update" | "replace" | "same";
    /** Changes it out of band on the object with the given id. Omit for inputs that exist only in the state. */
    readonly byHand?: (id: string) => Promise<unknown>;
    /** What `up` does after that and a refresh. Default: same as {@link does}; `create`: the object counts as gone. */
    readonly repair?: "create" | "update" | "replace";
}

/** What {@link Life.look} returns for a resource that creates nothing. */
export const nothing = "It makes nothing.";

/** The life cycle of a resource type. */
export interface Life<Inputs extends object, Outputs extends Inputs> {
    readonly provider: CompleteProvider<Inputs, Outputs>;
    /**
     * The program's arguments, without optional ones, so that tests can add and remove those. Called once, when the
     * test file's servers are up.
     */
    readonly args: () => Partial<Inputs> | Promise<Partial<Inputs>>;
    /** Every input except the connection. */
    readonly inputs: { readonly [Key in Exclude<keyof Inputs, "connection">]-?: InputLife<Inputs[Key]> };
    /** Deletes the object with the given id out of band. Omit for a resource without an object. */
    readonly loseByHand?: (id: string) => Promise<unknown>;
    /**
     * The object as an outsider sees it, without the parts that are unique to each object; `undefined` if it is gone.
     * For a resource that creates nothing, it returns {@link nothing}, even after `destroy`.
     */
    readonly look: (id: string) => Promise<unknown>;
    /** What {@link look} returns after `destroy`. Default: `undefined`. */
    readonly destroyed?: unknown;
}

const steps = { create: ["create"], update: ["update"], replace: ["delete", "create"], same: ["same"] } as const;

/**
 * Tests a resource type in the engine's order, from the first `up` to `destroy`: unchanged, each input changed in the
 * program and out of band, removed from the program, replaced, lost. One object goes through all of it; each test
 * leaves it intact.
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
        /** The object is as the first `up` created it, and there is nothing left to do. */
        const expectWhole = async () => {
            await expect(resource.refresh()).resolves.toBe(false);
            await expect(resource.up()).resolves.toEqual(["same"]);
            await expect(look(resource.id)).resolves.toEqual(whole);
        };

        test("there is nothing to do after the first up", expectWhole);

        test.each(namesOf(() => true))("a new %s is applied, and then the former one, or none, again", async (name) => {
            const { to: other, does } = inputs[name] as InputLife<unknown>;
            const to = typeof other === "function" ? (other as () => unknown)() : other;
            await expect(resource.plan(change(name, to))).resolves.toBe(does);
            await expect(resource.up(change(name, to))).resolves.toEqual(steps[does]);
            await expect(resource.refresh()).resolves.toBe(false);
            await expect(resource.up()).resolves.toEqual(["same"]);
            await expect(resource.up(change(name, given[name]))).resolves.toEqual(steps[does]);
            await expectWhole();
        });

        const changedByHand = namesOf(({ byHand }) => byHand !== undefined);
        if (changedByHand.length > 0) {
            test.each(changedByHand)("%s that was changed outside Pulumi is detected and repaired", async (name) => {
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
            test("an object that was removed outside Pulumi is detected and recreated", async () => {
                await loseByHand(resource.id);
                await expect(resource.refresh()).resolves.toBe(true);
                await expect(resource.up()).resolves.toEqual(["create"]);
                await expectWhole();
            });

            test("destroy accepts an object that was removed outside Pulumi", async () => {
                await loseByHand(resource.id);
                await resource.destroy();
                await expect(resource.up()).resolves.toEqual(["create"]);
                await expectWhole();
            });
        }

        test("destroy removes it, and the next up recreates it", async () => {
            const { id } = resource;
            await resource.destroy();
            await expect(look(id)).resolves.toEqual(destroyed);
            await expect(resource.up()).resolves.toEqual(["create"]);
            await expectWhole();
        });
    });
}
