import type { StackConfig } from "../config/stackConfig.ts";
import { TIMEOUT_SECONDS } from "../dynamic-providers/openedx/django-admin/http.ts";
import { causes } from "./causes.ts";
import { findingsOf, runChecks } from "./check.ts";
import { readOnlyChecks } from "./checks.ts";
import { type StackOutputs, targetOf } from "./target.ts";

/** Seconds a server gets to answer here: nobody waits for a stack output. */
const PATIENCE = "10";

/**
 * Whether the integration works, judged by a few requests that sign in nowhere: both servers answer and accept the ids,
 * secrets and the token, and the LMS redirects a visitor to the application. The same state always yields the same
 * text, without times or secrets, so it can be a stack output.
 *
 * @param stack - the stack named in the command that gives details.
 * @returns `ok`, or what is wrong. Never rejects.
 */
export async function health(config: StackConfig, outputs: StackOutputs, stack: string): Promise<string> {
    process.env[TIMEOUT_SECONDS] ??= PATIENCE;
    const more = `npm run verify -- --stack ${stack} tells what to do`;
    try {
        const quick = readOnlyChecks(targetOf(config, outputs)).filter(({ isQuick }) => isQuick);
        const found = findingsOf(await runChecks(quick)).map(({ cause }) => causes[cause].title);
        return found.length === 0 ? "ok" : `${[...new Set(found)].join("; ")}. ${more}`;
    } catch {
        // A stack output must not fail the run. The command shows the error.
        return `not known. ${more}`;
    }
}
