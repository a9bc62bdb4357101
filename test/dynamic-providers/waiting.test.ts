import { afterEach, expect, jest, test } from "@jest/globals";
import { ProviderError, RefusedError, TooManySignInsError } from "../../dynamic-providers/errors.ts";
import { waitUntil } from "../../dynamic-providers/waiting.ts";

afterEach(() => {
    jest.useRealTimers();
    jest.restoreAllMocks();
});

test.each([new RefusedError("Wrong password."), new TooManySignInsError("Too many sign-ins.")])(
    "waiting ends immediately if another attempt does not help: %s",
    async (error) => {
        const check = jest.fn(() => Promise.reject(error));
        await expect(waitUntil(check, 60)).rejects.toBe(error);
        expect(check).toHaveBeenCalledTimes(1);
    },
);

test("waiting reports every half minute what is in the way, and throws that at the end", async () => {
    jest.useFakeTimers({ advanceTimers: true });
    const log = jest.spyOn(console, "log").mockReturnValue();
    const now = jest.spyOn(performance, "now").mockImplementation(() => Date.now());
    const reason = waitUntil(() => Promise.reject(new ProviderError("The LMS starts.")), 65).catch(
        (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(70_000);
    expect(String(await reason)).toMatch(/The LMS starts\./);
    expect(now).toHaveBeenCalled();
    expect(log.mock.calls).toEqual(Array(2).fill(["Waiting, for 65 s at most: The LMS starts."]));
});
