import { expect, test } from "@jest/globals";
import { arrange, durations } from "./sequencer.js";

const docker = (seconds: number) => ({ seconds, usesDocker: true });
const other = (seconds: number) => ({ seconds, usesDocker: false });

test("the next test file with Docker starts when the previous one ends, all others by their duration", () => {
    const files = [docker(30), docker(20), docker(10), other(40), other(15), other(5), other(1)];
    expect(arrange(files, 2)).toEqual([docker(30), other(40), docker(20), other(15), docker(10), other(5), other(1)]);
});

test("with nothing else left to do, a worker waits for the daemon", () => {
    expect(arrange([docker(10), docker(20)], 2)).toEqual([docker(20), docker(10)]);
});

test("a test file's duration is without its wait for the daemon", () => {
    const first = { start: 0, end: 30, usesDocker: true };
    const waits = { start: 10, end: 50, usesDocker: true };
    const later = { start: 60, end: 65, usesDocker: true };
    const without = { start: 10, end: 40, usesDocker: false };
    expect(durations([waits, without, later, first])).toEqual(
        new Map([
            [first, 30],
            [without, 30],
            [waits, 20],
            [later, 5],
        ]),
    );
});
