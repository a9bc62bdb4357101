import { expect, test } from "@jest/globals";
import { takeLock } from "./lock.ts";

test("a daemon is had by one at a time, and each waits for its turn", async () => {
    const host = `unix:///test-${process.pid}`;
    const events: string[] = [];
    const restoreFormerValues = await takeLock(host);
    const second = takeLock(host).then((giveBackSecond) => {
        events.push("taken");
        giveBackSecond();
    });
    const giveBackOther = await takeLock(`${host}-other`);
    giveBackOther();
    await new Promise((resolve) => setTimeout(resolve, 500));

    events.push("given back");
    restoreFormerValues();
    await second;

    expect(events).toEqual(["given back", "taken"]);
});
