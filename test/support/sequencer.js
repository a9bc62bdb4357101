import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import Sequencer from "@jest/test-sequencer";

/**
 * What is known of a test file before it runs.
 * @typedef {{ seconds: number, usesDocker: boolean }} Expected
 */

/** What a file takes that has not run here yet, in seconds. */
const usual = new Map([
    ["docker", 150],
    ["e2e", 90],
    ["faults", 90],
]);
const usualElsewhere = 10;

/**
 * Jest's order (what failed first, then what takes long), but such that a worker seldom waits: only one file at a time has
 * the Docker daemon, so the next of those comes where the former has ended.
 *
 * @template {Expected} File
 * @param {readonly File[]} files
 * @param {number} workers
 * @returns {File[]}
 */
export function arrange(files, workers) {
    const waiting = [...files].sort((one, other) => other.seconds - one.seconds);
    const free = Array.from({ length: workers }, () => 0);
    let dockerFree = 0;
    const arranged = [];
    while (waiting.length > 0) {
        const now = Math.min(...free);
        const fitting = waiting.findIndex(({ usesDocker }) => usesDocker === dockerFree <= now);
        const [next] = /** @type {[File]} */ (waiting.splice(Math.max(fitting, 0), 1));
        const end = (next.usesDocker ? Math.max(now, dockerFree) : now) + next.seconds;
        free[free.indexOf(now)] = end;
        dockerFree = next.usesDocker ? end : dockerFree;
        arranged.push(next);
    }
    return arranged;
}

/** TypeScript takes the module for another kind than Node.js does. */
const JestSequencer = /** @type {typeof Sequencer.default} */ (/** @type {unknown} */ (Sequencer));

export default class extends JestSequencer {
    /** @param {ConstructorParameters<typeof JestSequencer>[0]} options */
    constructor(options) {
        super(options);
        this.workers = options.globalConfig.maxWorkers;
    }

    /**
     * @override
     * @param {import("@jest/test-result").Test[]} tests
     */
    async sort(tests) {
        const sorted = await super.sort([...tests]);
        const expected = sorted.map((test) => {
            const usesDocker = /describeDocker|describeDevelopment/.test(readFileSync(test.path, "utf8"));
            const [, folder = ""] = relative(test.context.config.rootDir, test.path).split(sep);
            const guess = usual.get(usesDocker ? "docker" : folder) ?? usualElsewhere;
            return { test, usesDocker, seconds: test.duration === undefined ? guess : test.duration / 1000 };
        });
        return arrange(expected, this.workers).map(({ test }) => test);
    }
}
