import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { z } from "zod";
import { DELETE_UNREACHABLE, defineProvider, sameMembers, UNKNOWN } from "../../dynamic-providers/crud.ts";
import { PartlyCreatedError, ProviderError, RefusedError, UnreachableError } from "../../dynamic-providers/errors.ts";
import { connectionSchema, type Connection } from "../../dynamic-providers/openedx/connection.ts";
import { nonEmpty, resourceType, type InputsOf } from "../../dynamic-providers/resourceType.ts";

const thing = resourceType({
    name: "test:Thing",
    description: "Something",
    inputs: {
        connection: connectionSchema,
        key: nonEmpty().meta({ replaces: true }),
        list: z.array(z.string()),
        note: z.string().default("by default").meta({ local: true }),
    },
});
type Inputs = InputsOf<typeof thing>;

const connection: Connection = { kind: "django", baseUrl: "http://app.local", username: "admin", password: "hush" };
const inputs: Inputs = { connection, key: "k", list: ["a", "b"], note: "n" };

/** On a server that the stack itself runs. */
const ofStack: Inputs = { ...inputs, connection: { ...connection, managedByStack: true } };
/** On a server that the stack only starts, and that exists without the stack. */
const startedByStack: Inputs = { ...inputs, connection: { ...connection, startedByStack: true } };

const gone = new UnreachableError("GET http://app.local/: no answer (ECONNREFUSED).", false);
const refused = new RefusedError('http://app.local refused the sign-in of "admin": Wrong password.');
const late = new UnreachableError("GET http://app.local/: no answer (ETIMEDOUT).", true);

/** A resource with an optional input that isn't stored on the server. */
const optional = resourceType({
    name: "test:Optional",
    description: "Something with a note",
    inputs: { key: z.string().meta({ replaces: true }), note: z.string().exactOptional().meta({ local: true }) },
});
const operations = {
    create: (outs: { key: string; note?: string }) => Promise.resolve({ id: "1", outs }),
    read: (_id: string, props: { key: string; note?: string }) => Promise.resolve(props),
    update: (_id: string, _olds: object, news: { key: string; note?: string }) => Promise.resolve(news),
    delete: () => Promise.resolve(),
};

function providerThatCounts(
    deletion: () => Promise<void> = () => Promise.resolve(),
    reading: (props: Inputs) => Promise<Inputs | undefined> = (props) =>
        Promise.resolve(props.key === "gone" ? undefined : props),
    isOutdated: (props: Inputs) => Promise<boolean> = () => Promise.resolve(false),
) {
    const calls: string[] = [];
    const provider = defineProvider<Inputs, Inputs>(thing, {
        equal: { list: sameMembers },
        create: (news) => Promise.resolve({ id: "1", outs: news }),
        read: (_id, props) => reading(props),
        update: (_id, _olds, news) => {
            calls.push("update");
            return Promise.resolve(news);
        },
        delete: deletion,
        isOutdated,
    });
    return { provider, calls };
}

describe("a state with a property's former name", () => {
    const renamed = resourceType({
        name: "test:Renamed",
        description: "Something whose properties have other names now",
        inputs: { connection: connectionSchema, label: z.string().meta({ formerly: "title" }) },
        outputs: { createdHere: z.boolean().meta({ formerly: "isMadeHere" }) },
    });
    type Props = InputsOf<typeof renamed> & { createdHere: boolean };
    const present: Props = {
        connection: { ...connection, managedByStack: true },
        label: "a",
        createdHere: true,
    };
    const former = {
        connection: { ...connection, isOfStack: true },
        title: "a",
        isMadeHere: true,
        __provider: "text",
    } as unknown as Props;
    const { createdHere: _createdHere, ...inputs } = present;

    function recorded() {
        const seen: unknown[] = [];
        const see = <Result>(props: unknown, result: Result) => {
            seen.push(props);
            return Promise.resolve(result);
        };
        const provider = defineProvider<InputsOf<typeof renamed>, Props>(renamed, {
            create: (news) => Promise.resolve({ id: "1", outs: { ...news, createdHere: true } }),
            read: (_id, props) => see(props, props),
            update: (_id, olds, news) => see(olds, { ...news, createdHere: olds.createdHere }),
            delete: (_id, props) => see(props, undefined),
        });
        return { provider, seen };
    }

    test("plans no change, in either direction", async () => {
        const { provider } = recorded();
        await expect(provider.diff("1", former, inputs as Props)).resolves.toEqual({ changes: false, replaces: [] });
        await expect(provider.diff("1", inputs as Props, former)).resolves.toEqual({ changes: false, replaces: [] });
    });

    test("reaches every operation under the present name", async () => {
        const { provider, seen } = recorded();
        await provider.read("1", former);
        await provider.update("1", former, { ...inputs, label: "b" });
        await provider.delete("1", former);
        expect(seen).toEqual([present, present, present]);
    });

    test("is saved under the present name by refresh and update", async () => {
        const { provider } = recorded();
        await expect(provider.read("1", former)).resolves.toEqual({ id: "1", props: present, inputs });
        await expect(provider.update("1", former, { ...inputs, label: "b" })).resolves.toEqual({
            outs: { ...present, label: "b" },
        });
    });
});

describe("check", () => {
    const { provider } = providerThatCounts();

    test("fills in defaults for what is left out", async () => {
        const { note: _note, ...given } = inputs;
        await expect(provider.check({}, given as Inputs)).resolves.toEqual({
            inputs: { ...given, note: "by default" },
            failures: [],
        });
    });

    test("reports every fault with its field", async () => {
        const { failures } = await provider.check({}, {
            ...inputs,
            connection: { ...connection, baseUrl: "app" },
            key: "",
            color: "red",
        } as Inputs);
        expect(failures.map(({ property }) => property)).toEqual(["connection.baseUrl", "key", ""]);
        expect(failures.map(({ reason }) => reason).join()).toContain("color");
    });

    test("never repeats a password", async () => {
        const { failures } = await provider.check({}, {
            ...inputs,
            connection: { ...connection, kind: "hush", password: "" },
        } as unknown as Inputs);
        expect(failures).toHaveLength(2);
        expect(JSON.stringify(failures)).not.toContain("hush");
    });

    test("does not check values that a preview does not know until they are known", async () => {
        const { failures } = await provider.check({}, {
            ...inputs,
            key: UNKNOWN,
            list: UNKNOWN,
            connection: { ...connection, baseUrl: UNKNOWN },
        } as unknown as Inputs);
        expect(failures).toEqual([]);
    });
});

describe("diff", () => {
    const { provider } = providerThatCounts();
    const diff = (news: Partial<Inputs>) => provider.diff("1", inputs, { ...inputs, ...news });

    test("sees no change in equal inputs, whatever their key order", async () => {
        const { kind, ...rest } = connection;
        await expect(diff({ connection: { ...rest, kind } })).resolves.toEqual({ changes: false, replaces: [] });
    });

    test("compares lists as the server does", async () => {
        await expect(diff({ list: ["b", "a", "b"] })).resolves.toMatchObject({ changes: false });
        await expect(diff({ list: ["b"] })).resolves.toEqual({ changes: true, replaces: [] });
    });

    test("replaces if the natural key changes", async () => {
        await expect(diff({ key: "other" })).resolves.toEqual({ changes: true, replaces: ["key"] });
    });

    test("replaces if the server changes, but not if only its spelling does", async () => {
        await expect(diff({ connection: { ...connection, baseUrl: "http://other.local" } })).resolves.toEqual({
            changes: true,
            replaces: ["connection"],
        });
        await expect(diff({ connection: { ...connection, baseUrl: "http://app.local/" } })).resolves.toEqual({
            changes: true,
            replaces: [],
        });
    });

    describe("asks a server at another address whether it has the object", () => {
        const isThereAnswering = (answer: () => Promise<boolean>) =>
            defineProvider<Inputs, Inputs>(thing, {
                create: (news) => Promise.resolve({ id: "1", outs: news }),
                read: (_id, props) => Promise.resolve(props),
                update: (_id, _olds, news) => Promise.resolve(news),
                delete: () => Promise.resolve(),
                isThere: answer,
            });
        const moved = (more: Partial<Connection> = {}): Inputs => ({
            ...inputs,
            connection: { ...connection, baseUrl: "http://other.local", ...more },
        });
        const diffOf = (answer: () => Promise<boolean>, news: Inputs) =>
            isThereAnswering(answer).diff("1", inputs, news);

        test.each([true, false])("and replaces it only if it does not: %s", async (has) => {
            const replaces = has ? [] : ["connection"];
            await expect(diffOf(() => Promise.resolve(has), moved())).resolves.toEqual({ changes: true, replaces });
        });

        test.each([gone, refused, late])("and guesses nothing if it can't be asked: %s", async (error) => {
            await expect(diffOf(() => Promise.reject(error), moved())).rejects.toThrow(error.message);
        });

        test.each([gone, refused])("which does not if the stack has yet to start it: %s", async (error) => {
            const answer = diffOf(() => Promise.reject(error), moved({ startedByStack: true }));
            await expect(answer).resolves.toEqual({ changes: true, replaces: ["connection"] });
        });

        test("unless nobody can sign in there before up", async () => {
            const answer = diffOf(() => Promise.reject(new Error("asked")), moved({ password: UNKNOWN }));
            await expect(answer).resolves.toEqual({ changes: true, replaces: ["connection"] });
        });
    });

    test("updates in place if only the credentials change", async () => {
        await expect(diff({ connection: { ...connection, password: "new" } })).resolves.toEqual({
            changes: true,
            replaces: [],
        });
    });

    test("treats a value that a preview does not know as a change", async () => {
        await expect(diff({ list: UNKNOWN as unknown as string[] })).resolves.toMatchObject({ changes: true });
    });

    test("detects that something outside is outdated even if no input changed, and replaces nothing for it", async () => {
        const outdated = jest.fn<(props: Inputs) => Promise<boolean>>(() => Promise.resolve(true));
        const { provider } = providerThatCounts(undefined, undefined, outdated);

        await expect(provider.diff("1", { ...inputs, __provider: "text" } as Inputs, inputs)).resolves.toEqual({
            changes: true,
            replaces: [],
        });
        expect(outdated).toHaveBeenCalledWith(inputs);
    });

    test.each([
        { startedByStack: true },
        { startedByStack: true, managedByStack: true },
        { configured: { stack: "dev", usernameKey: "lmsUsername", passwordKey: "lmsPassword" } },
    ])("sees no change in inputs that earlier versions did not have: %j", async (flags) => {
        const now: Inputs = { ...inputs, connection: { ...connection, ...flags } };
        const { startedByStack: _startedByStack, configured: _configured, ...before } = now.connection;
        const olds = { ...inputs, connection: before };

        await expect(provider.diff("1", olds, now)).resolves.toEqual({ changes: false, replaces: [] });
        await expect(provider.diff("1", now, olds)).resolves.toEqual({ changes: false, replaces: [] });
        await expect(
            provider.diff("1", olds, { ...now, connection: { ...now.connection, password: "new" } }),
        ).resolves.toMatchObject({ changes: true });
    });

    test("gives the same result with its sides swapped, as on refresh", async () => {
        const other = { ...inputs, list: ["c"], key: "other" };
        await expect(provider.diff("1", other, inputs)).resolves.toEqual(await provider.diff("1", inputs, other));
    });
});

describe("update", () => {
    test("stores an input that exists only in the state without a request", async () => {
        const { provider, calls } = providerThatCounts();
        const news = { ...inputs, note: "new", connection: { ...connection, password: "new" } };
        await expect(provider.update("1", inputs, news)).resolves.toEqual({ outs: news });
        expect(calls).toEqual([]);
    });

    test.each([
        ["nothing changed", {}],
        ["only this side knows what changed", { note: "new" }],
    ])("updates what is outdated if %s", async (_what, news) => {
        const { provider, calls } = providerThatCounts(undefined, undefined, () => Promise.resolve(true));
        await provider.update("1", inputs, { ...inputs, ...news });
        expect(calls).toEqual(["update"]);
    });

    test("does not restore an input that the program no longer has", async () => {
        const provider = defineProvider<{ key: string; note?: string }, { key: string; note?: string }>(
            optional,
            operations,
        );
        const updated = await provider.update("1", { key: "k", note: "n" }, { key: "k" });
        expect(updated).toEqual({ outs: { key: "k" } });
        await expect(provider.diff("1", updated.outs, { key: "k" })).resolves.toMatchObject({ changes: false });
    });

    test("asks the server for everything else", async () => {
        const { provider, calls } = providerThatCounts();
        await provider.update("1", inputs, { ...inputs, list: [] });
        expect(calls).toEqual(["update"]);
    });
});

describe("create", () => {
    test("saves a partially created object with the provider, which refresh and destroy need", async () => {
        const provider = defineProvider<{ key: string; note?: string }, { key: string; note?: string }>(optional, {
            ...operations,
            create: () => Promise.reject(new PartlyCreatedError("1", { key: "k" }, "out of order")),
        });
        const created = provider.create({ key: "k", __provider: "text" } as { key: string });
        await expect(created).rejects.toMatchObject({
            id: "1",
            properties: { key: "k", __provider: "text" },
            reasons: ["out of order"],
        });
    });
});

describe("read", () => {
    const { provider } = providerThatCounts();

    test("returns the inputs too, so that the next up repairs what drifted", async () => {
        const props = { ...inputs, extra: 1, __provider: "text" };
        await expect(provider.read("1", props)).resolves.toEqual({ id: "1", props: { ...inputs, extra: 1 }, inputs });
    });

    test("returns no id for what is gone", async () => {
        await expect(provider.read("1", { ...inputs, key: "gone" })).resolves.toEqual({ id: "" });
    });

    describe("on a server that does not respond, or refuses the stack's superuser", () => {
        const read = (error: Error, props: Inputs) =>
            providerThatCounts(undefined, () => Promise.reject(error)).provider.read("1", props);

        afterEach(() => {
            jest.restoreAllMocks();
        });

        test.each([gone, late, refused])("is an error: %s", async (error) => {
            await expect(read(error, inputs)).rejects.toBe(error);
        });

        test.each([gone, late, refused].flatMap((error) => [ofStack, startedByStack].map((of) => ({ error, of }))))(
            "leaves it in the state, with a warning, if the stack runs or starts the server: $error, $of.connection",
            async ({ error, of }) => {
                const warn = jest.spyOn(console, "warn").mockReturnValue();
                const props = { ...of, extra: 1, __provider: "text" };

                await expect(read(error, props)).resolves.toEqual({ id: "1", props: { ...of, extra: 1 }, inputs: of });

                expect(warn).toHaveBeenCalledWith(`${error.message} Leaving its resources in the state as they are.`);
            },
        );

        test("is still an error if the server responds with one", async () => {
            await expect(read(new ProviderError("not allowed"), ofStack)).rejects.toThrow("not allowed");
        });
    });
});

describe("delete", () => {
    const remove = (error: Error, props = inputs) =>
        providerThatCounts(() => Promise.reject(error)).provider.delete("1", props);

    afterEach(() => {
        Reflect.deleteProperty(process.env, DELETE_UNREACHABLE);
        jest.restoreAllMocks();
    });

    test("of an object on a server that is gone says how to continue without the server", async () => {
        await expect(remove(gone)).rejects.toThrow(
            "no answer (ECONNREFUSED). If it is gone for good: OPENEDX_DELETE_UNREACHABLE=true pulumi destroy",
        );
    });

    test("continues without a server that is gone, with a warning, if the user asked for it", async () => {
        process.env[DELETE_UNREACHABLE] = "true";
        const warn = jest.spyOn(console, "warn").mockReturnValue();

        await expect(remove(gone)).resolves.toBeUndefined();

        expect(warn).toHaveBeenCalledWith(`${gone.message} Treating its resources as deleted.`);
    });

    test("keeps everything in the state if the server responds late or refuses", async () => {
        process.env[DELETE_UNREACHABLE] = "true";

        await expect(remove(late)).rejects.toThrow("ETIMEDOUT");
        await expect(remove(refused)).rejects.toThrow("Wrong password");
        await expect(remove(new ProviderError("not allowed"))).rejects.toThrow("not allowed");
    });

    test.each([gone, refused])(
        "continues without a server that the stack itself runs, with a warning: %s",
        async (error) => {
            const warn = jest.spyOn(console, "warn").mockReturnValue();

            await expect(remove(error, ofStack)).resolves.toBeUndefined();

            expect(warn).toHaveBeenCalledWith(`${error.message} Treating its resources as deleted.`);
        },
    );

    test("keeps everything in the state if a server of the stack responds late or with an error", async () => {
        await expect(remove(new ProviderError("not allowed"), ofStack)).rejects.toThrow("not allowed");
        await expect(remove(late, ofStack)).rejects.toThrow(
            /ETIMEDOUT.* If it never recovers, stop its containers and destroy again\./,
        );
    });
});
