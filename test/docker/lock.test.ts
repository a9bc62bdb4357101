import { expect, test } from "@jest/globals";
import { takeLock } from "./lock.ts";

test("only one process at a time has a daemon; the others wait their turn", async () => {
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
