/** @type {import("jest").Config} */
export default {
    testMatch: ["<rootDir>/test/**/*.test.ts"],
    testEnvironment: "node",
    extensionsToTreatAsEsm: [".ts"],
    transform: {
        "^.+\\.ts$": [
            "@swc/jest",
            { jsc: { parser: { syntax: "typescript" }, target: "es2023" }, module: { type: "es6" } },
        ],
    },
    modulePathIgnorePatterns: ["<rootDir>/.toolchain", "<rootDir>/.sandbox"],
};
