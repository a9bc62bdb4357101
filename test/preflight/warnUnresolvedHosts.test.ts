import { afterEach, expect, jest, test } from "@jest/globals";
import { warnUnresolvedHosts } from "../../preflight/warnUnresolvedHosts.ts";

// Without an engine, Pulumi's warnings go to the console.
const warn = jest.spyOn(console, "warn").mockReturnValue();
afterEach(() => {
    warn.mockClear();
});

test("names that a browser would not find are reported, once each, as a line for the hosts file", async () => {
    await warnUnresolvedHosts(["localhost", "one.invalid", "one.invalid", "two.invalid"]);

    expect(warn).toHaveBeenCalledTimes(1);
    expect(warn.mock.calls[0]?.[0]).toMatch(/this line in the hosts file:\n127\.0\.0\.1 one\.invalid two\.invalid$/);
});

test("nothing is reported if all names are known", async () => {
    await warnUnresolvedHosts(["localhost", "127.0.0.1"]);

    expect(warn).not.toHaveBeenCalled();
});
