/** @type {import("jest").Config} */
export default {
    testMatch: ["<rootDir>/test/**/*.test.ts"],
    testEnvironment: "node",
    extensionsToTreatAsEsm: [".ts"],
    transform: { "\\.ts$": "<rootDir>/test/support/stripTypes.js" },
    modulePathIgnorePatterns: ["<rootDir>/.toolchain", "<rootDir>/.sandbox"],
};
