import { availableParallelism } from "node:os";

/** @type {import("jest").Config} */
export default {
    testMatch: ["<rootDir>/test/**/*.test.ts"],
    testEnvironment: "node",
    testSequencer: "<rootDir>/test/support/sequencer.js",
    globalSetup: "<rootDir>/test/support/globalSetup.ts",
    setupFiles: ["<rootDir>/test/support/stackTraces.js"],
    // Tests also wait for servers and the engine, so one file more than there are processors runs at a time.
    maxWorkers: availableParallelism() + 1,
    // Real servers and the real engine take their time; each waits on conditions.
    testTimeout: 120_000,
    extensionsToTreatAsEsm: [".ts"],
    transform: { "\\.ts$": "<rootDir>/test/support/stripTypes.js" },
    moduleNameMapper: {
        "^(@npmcli/arborist|@opentelemetry/.*|\\.\\./\\.\\./typescript-shim|\\./automation)$":
            "<rootDir>/test/support/onUse.cjs",
        // The build that the providers load: each build warms up on its own.
        "^cheerio$": "<rootDir>/node_modules/cheerio/dist/commonjs/index.js",
    },
    // A global is slow to look up in Jest's context, and the HTML parser does so for each character. CommonJS modules only.
    sandboxInjectedGlobals: ["String"],
    modulePathIgnorePatterns: ["<rootDir>/.toolchain", "<rootDir>/.sandbox"],
};
