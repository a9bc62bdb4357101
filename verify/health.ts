import type { StackConfig } from "../config/stackConfig.ts";
import { TIMEOUT_SECONDS } from "../dynamic-providers/openedx/django-admin/http.ts";
import { causes } from "./causes.ts";
import { findingsOf, runChecks } from "./check.ts";
import { readOnlyChecks } from "./checks.ts";
import { type StackOutputs, targetOf } from "./target.ts";

/** How long a server has for an answer here, in seconds: nobody waits for an output. */
const PATIENCE = "10";

/**
 * Whether the integration works, as far as a few requests tell that sign in nowhere: both servers answer, know the ids,
 * secrets and the token, and the LMS sends a visitor to the application. The same state gives the same text, without
 * times or secrets, so that an output has it.
 *
 * @param stack - for the command that tells more.
 * @returns `ok`, or what is wrong. It never rejects.
 */
export async function health(config: StackConfig, outputs: StackOutputs, stack: string): Promise<string> {
    process.env[TIMEOUT_SECONDS] ??= PATIENCE;
    const more = `npm run verify -- --stack ${stack} tells what to do`;
    try {
        const quick = readOnlyChecks(targetOf(config, outputs)).filter(({ isQuick }) => isQuick);
        const found = findingsOf(await runChecks(quick)).map(({ cause }) => causes[cause].title);
        return found.length === 0 ? "ok" : `${[...new Set(found)].join("; ")}. ${more}`;
    } catch {
        // An output must not fail the run. The command shows the error.
        return `not known. ${more}`;
    }
}
