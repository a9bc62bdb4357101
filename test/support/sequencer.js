import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import Sequencer from "@jest/test-sequencer";

/**
 * What the sequencer knows about a test file before it runs.
 * @typedef {{ seconds: number, usesDocker: boolean }} Expected
 */

/**
 * The expected duration of a file that has not run here yet, in seconds on two cores. Those that use Docker are all here:
 * where one takes longer than expected, a worker waits for it.
 */
const usual = new Map([
    ["test/docker/composeKeys.test.ts", 70],
    ["test/docker/detectGateway.test.ts", 5],
    ["test/docker/environment.test.ts", 155],
    ["test/docker/machine.test.ts", 10],
    ["test/e2e/developmentData.test.ts", 200],
    ["test/e2e/developmentMitxonline.test.ts", 210],
    ["test/e2e/developmentMitxonlineApisix.test.ts", 100],
    ["test/e2e/developmentRebuild.test.ts", 270],
    ["test/e2e/developmentXpro.test.ts", 235],
    ["test/e2e/takeOver.test.ts", 35],
    ["test/e2e/interruption.test.ts", 190],
    ["test/faults/faults.test.ts", 85],
    ["test/toolchain/check.test.ts", 75],
    ["test/tutor/tutorPlugin.test.ts", 80],
    ["test/verify/faults.test.ts", 65],
    ["test/verify/signIn.test.ts", 110],
]);
/**
 * Sorts files by duration, longest first, but keeps workers from waiting: only one file at a time has the Docker daemon,
 * so the next one that uses it starts when the previous one ends.
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

/**
 * How long files took, without their wait for the daemon: until the file that had it before ended.
 *
 * @template {{ start: number, end: number, usesDocker: boolean }} File
 * @param {readonly File[]} files
 * @returns {Map<File, number>}
 */
export function durations(files) {
    /** @type {Map<File, number>} */
    const found = new Map();
    let dockerFree = 0;
    for (const file of [...files].sort((one, other) => one.end - other.end)) {
        found.set(file, file.end - (file.usesDocker ? Math.max(file.start, dockerFree) : file.start));
        dockerFree = file.usesDocker ? file.end : dockerFree;
    }
    return found;
}

/** @param {string} path */
const usesDocker = (path) => /describeDocker|describeDevelopment/.test(readFileSync(path, "utf8"));

/** The class: TypeScript and Node.js disagree on the module's format, and so on its default export. */
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
            const file = relative(test.context.config.rootDir, test.path).replaceAll(sep, "/");
            const guess = usual.get(file) ?? (file.startsWith("test/e2e/") ? 50 : 10);
            const seconds = test.duration === undefined ? guess : test.duration / 1000;
            return { test, usesDocker: usesDocker(test.path), seconds };
        });
        return arrange(expected, this.workers).map(({ test }) => test);
    }

    /**
     * @override
     * @param {import("@jest/test-result").Test[]} tests
     * @param {import("@jest/test-result").AggregatedResult} results
     */
    cacheResults(tests, results) {
        const files = results.testResults.map((result) => {
            const { start, end } = result.perfStats;
            return { result, start, end, usesDocker: usesDocker(result.testFilePath) };
        });
        const testResults = [...durations(files)].map(([{ result }, runtime]) => ({
            ...result,
            perfStats: { ...result.perfStats, runtime },
        }));
        super.cacheResults(tests, { ...results, testResults });
    }
}
