import { effectiveValues, valuesOutside } from "../../dynamic-providers/files/dotEnvBlock.ts";
import { readDotEnv } from "../../dynamic-providers/files/dotEnvFaults.ts";
import { type Check, found, type Outcome, passed } from "../check.ts";
import type { Target } from "../target.ts";

/** Checks that `.env` contains the stack's block, unchanged, and that the application's other URLs match. */
export function environment({ envFile, environment: wanted, profile }: Target): Check[] {
    return [
        {
            name: "env-file",
            title: "The application's .env has the stack's values",
            run: () => Promise.resolve(environmentOutcome(envFile, effectiveValues(readDotEnv(envFile)), wanted)),
        },
        {
            name: "env-devstack",
            title: "The application's .env names no other Open edX",
            needs: ["env-file"],
            run() {
                const text = readDotEnv(envFile);
                const values = { ...valuesOutside(text), ...effectiveValues(text) };
                const left = Object.keys(profile.devstackVariables).filter((key) => isDevstack(values[key]));
                return Promise.resolve(
                    left.length === 0 ? passed() : found("env-other-set-up", `${envFile}: ${left.join(", ")}`),
                );
            },
        },
    ];
}

function isDevstack(value: string | undefined): boolean {
    return value === undefined || /\/\/(\w+\.)?edx\.odl\.local:1800\d/.test(value);
}

/** What differs, by name only: some values are secret. */
export function environmentOutcome(
    envFile: string,
    actual: Readonly<Record<string, string>>,
    wanted: Readonly<Record<string, string>>,
): Outcome {
    if (Object.keys(actual).length === 0) {
        return found("env-block-missing", envFile);
    }
    const different = Object.keys(wanted).filter((key) => actual[key] !== wanted[key]);
    return different.length === 0 ? passed() : found("env-differs", `${envFile}: ${different.join(", ")}`);
}
