import { promisify } from "node:util";
import { describe, expect, test } from "@jest/globals";
import { lookup, serverWords } from "../../../dynamic-providers/django-admin/http.ts";

describe("lookup", () => {
    const resolve = promisify(lookup);

    test.each(["mitxonline.odl.local", "local.openedx.io", "studio.local.openedx.io", "xpro.odl.local"])(
        "sends %s to this machine, whether it resolves or not",
        async (name) => {
            await expect(resolve(name, { all: true })).resolves.toEqual([{ address: "127.0.0.1", family: 4 }]);
            await expect(resolve(name, { all: true })).resolves.toHaveLength(1);
        },
    );

    test("does not take any other name that does not resolve for this machine", async () => {
        await expect(resolve("local.openedx.io.invalid", {})).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    });
});

describe("serverWords", () => {
    test("is the text of an error page, without markup, scripts and title, and not too long", () => {
        const page = "<title>Error</title><script>alert(1)</script><h1>Bad\n  gateway</h1><p>Later</p>";
        expect(serverWords(page)).toBe("Bad gateway Later");
        expect(serverWords(`<p>${"long ".repeat(200)}</p>`).length).toBeLessThan(310);
        expect(serverWords("")).toBe("(empty answer)");
    });
});
