import { describe, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { allOf, Fault } from "../../preflight/faults.ts";

/** A check that takes a moment. */
async function later<Value>(answer: () => Value): Promise<Value> {
    await new Promise((resolve) => setTimeout(resolve, 10));
    return answer();
}

const fails = (error: Error) => () => {
    throw error;
};

describe("checks of this machine", () => {
    test("return what each of them found, in their order, and nothing for those that are omitted", async () => {
        await expect(allOf([later(() => "22"), undefined, Promise.resolve(3)])).resolves.toStrictEqual([
            "22",
            undefined,
            3,
        ]);
    });

    test("report every fault at once, with what to do, as an error of the user's", async () => {
        const checks = allOf([
            Promise.reject(new Fault("docker can't be run", "start Docker")),
            later(() => "22"),
            later(fails(new Fault("port 8000 is used by another program", "end that"))),
        ]);

        const error = await checks.catch((reason: unknown) => reason);
        expect(pulumi.RunError.isInstance(error)).toBe(true);
        expect((error as Error).message).toBe(
            `
Found 2 problems on this machine; nothing was changed.

  docker can't be run
    start Docker

  port 8000 is used by another program
    end that
`.trim(),
        );
    });

    test("report a single fault as one", async () => {
        await expect(allOf([Promise.reject(new Fault("a", "b"))])).rejects.toThrow(
            "Found a problem on this machine; nothing was changed.\n\n  a\n    b",
        );
    });

    test("pass on an unexpected error, instead of calling it a fault of the machine", async () => {
        const mistake = new TypeError("not a function");

        await expect(allOf([Promise.reject(new Fault("a", "b")), later(fails(mistake))])).rejects.toBe(mistake);
    });
});
