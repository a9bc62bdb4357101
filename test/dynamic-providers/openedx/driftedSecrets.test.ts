import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { z } from "zod";
import { defineProvider } from "../../../dynamic-providers/crud.ts";
import { resourceType, type InputsOf } from "../../../dynamic-providers/resourceType.ts";

const server = resourceType({
    name: "test:Server",
    description: "A server",
    inputs: {
        name: z.string(),
        password: z.string().meta({ secret: true }),
        lines: z.record(z.string(), z.string()).meta({ secret: true }),
    },
});
type Server = InputsOf<typeof server>;

describe("secrets that drifted, which Pulumi hides", () => {
    const known: Server = { name: "web", password: "hunter2", lines: { KEY: "one", OTHER: "two" } };
    let warn: jest.SpiedFunction<typeof console.warn>;

    beforeEach(() => {
        warn = jest.spyOn(console, "warn").mockImplementation(() => undefined);
    });
    afterEach(() => {
        warn.mockRestore();
    });

    const read = async (truth: Server | undefined) => {
        const provider = defineProvider<Server, Server>(server, {
            title: ({ name }) => `Server "${name}"`,
            create: () => Promise.reject(new Error("not called")),
            read: () => Promise.resolve(truth),
            update: () => Promise.reject(new Error("not called")),
            delete: () => Promise.reject(new Error("not called")),
        });
        await provider.read("web", known);
        return warn.mock.calls.flat().join("\n");
    };

    test("are named, one by one, without their values", async () => {
        const lines = { KEY: "three", NEW: "four" };
        await expect(read({ ...known, password: "letmein", lines })).resolves.toBe(
            'Server "web": changed since the last run (secret): password, KEY, OTHER, NEW',
        );
    });

    test("are not named if only other properties drifted, or the object is gone", async () => {
        await expect(read({ ...known, name: "other" })).resolves.toBe("");
        await expect(read(undefined)).resolves.toBe("");
    });
});
