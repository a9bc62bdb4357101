import js from "@eslint/js";
import jest from "eslint-plugin-jest";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
    globalIgnores([".toolchain/", ".sandbox/", ".pulumi/"]),
    js.configs.recommended,
    tseslint.configs.strictTypeChecked,
    tseslint.configs.stylisticTypeChecked,
    {
        languageOptions: { parserOptions: { projectService: true } },
        linterOptions: { reportUnusedDisableDirectives: "error" },
        rules: {
            // The compiler knows better which globals there are.
            "no-undef": "off",
            // A key that is taken out of an object by destructuring has no use.
            "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true }],
            // Numbers in messages are plain: ports, ids, counts.
            "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
        },
    },
    {
        // Standard output belongs to the program that the setup starts.
        files: ["toolchain/setup.mjs"],
        rules: { "no-console": ["error", { allow: ["error"] }] },
    },
    {
        files: ["test/**/*.test.ts", "test/e2e/*.ts"],
        ...jest.configs["flat/recommended"],
        rules: {
            ...jest.configs["flat/recommended"].rules,
            // The profiles share one description of a stack's life.
            "jest/no-export": "off",
            "jest/expect-expect": ["error", { assertFunctionNames: ["expect", "expect*"] }],
        },
    },
);
