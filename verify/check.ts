import { ProviderError, UnreachableError } from "../dynamic-providers/errors.ts";
import { type CauseId, causes } from "./causes.ts";
import { diagnose } from "./diagnose.ts";

/** A problem that a check found. */
export interface Finding {
    readonly cause: CauseId;
    /** What was seen: URL, status, the server's message. Contains no secrets. */
    readonly evidence: string;
}

/** The outcome of a check. Without findings, it passed or was skipped. */
export interface Outcome {
    readonly findings: readonly Finding[];
    /** Extra information, such as how long a token is still valid or why the check was skipped. */
    readonly note?: string;
    /** The requests along the way and their responses, URL by URL, if there is more than one. Contains no secrets. */
    readonly trail?: readonly string[];
    /** Whether the check could not run. Then nothing is known, good or bad. */
    readonly isSkipped?: boolean;
}

/** A single check. */
export interface Check {
    /** The name that other checks refer to. */
    readonly name: string;
    /** The statement that holds if the check passes. */
    readonly title: string;
    /** The checks without which this one adds nothing. Names that are not in the same run are ignored. */
    readonly needs?: readonly string[];
    /** The checks to run before this one, whatever their result. Names that are not in the same run are ignored. */
    readonly after?: readonly string[];
    /** The cause to report if a server does not respond and the error says nothing more specific. */
    readonly unreachable?: CauseId;
    /** Whether it is one of the quick checks, which sign in nowhere. */
    readonly isQuick?: boolean;
    /** @throws ProviderError for a response that it can't interpret; the caller diagnoses it by its message. */
    run(): Promise<Outcome>;
}

/** A check that ran, or that was left out because one it needs failed. */
export interface Result extends Omit<Outcome, "isSkipped"> {
    readonly name: string;
    readonly title: string;
    readonly state: "passed" | "warning" | "failed" | "follows" | "skipped";
    /** The failed check that this one follows from; only with state `follows`. */
    readonly follows?: string;
    readonly seconds: number;
}

/** The outcome of a check that passed. */
export function passed(note?: string): Outcome {
    return { findings: [], ...(note !== undefined && { note }) };
}

/** The outcome of a check that could not run, with the reason. */
export function skipped(note: string): Outcome {
    return { findings: [], note, isSkipped: true };
}

/** The outcome of a check with one finding. */
export function found(cause: CauseId, evidence: string): Outcome {
    return { findings: [{ cause, evidence }] };
}

/**
 * The outcome of a check that threw, diagnosed by the error's message.
 *
 * @param shown - makes evidence of the message. Default: as it is.
 * @throws the error if it is not a ProviderError.
 */
export function notUnderstood(
    { unreachable }: Pick<Check, "unreachable">,
    error: unknown,
    shown = (message: string) => message,
): Outcome {
    if (!(error instanceof ProviderError)) {
        throw error;
    }
    const silence = error instanceof UnreachableError ? unreachable : undefined;
    return found(diagnose(error.message) ?? silence ?? "unexpected-answer", shown(error.message));
}

/**
 * Runs the checks concurrently, each as soon as the ones it needs have passed.
 *
 * @param checks - in dependency order: a check comes after those in its `needs` and `after`.
 * @param tell - called with each result as it arrives.
 * @returns the results in the order of the checks.
 */
export async function runChecks(checks: readonly Check[], tell?: (result: Result) => void): Promise<Result[]> {
    const running = new Map<string, Promise<Result>>();
    for (const check of checks) {
        const those = (names: readonly string[] = []) => names.flatMap((name) => running.get(name) ?? []);
        running.set(
            check.name,
            Promise.all([Promise.all(those(check.needs)), ...those(check.after)])
                .then(([needed]) => runCheck(check, needed))
                .then((result) => {
                    tell?.(result);
                    return result;
                }),
        );
    }
    return Promise.all(running.values());
}

async function runCheck(check: Check, needed: readonly Result[]): Promise<Result> {
    const { name, title } = check;
    const cause = needed.find(isBroken);
    if (cause !== undefined) {
        return { name, title, state: "follows", follows: cause.follows ?? cause.name, findings: [], seconds: 0 };
    }
    const start = performance.now();
    const { isSkipped = false, ...outcome } = await check.run().catch((error: unknown) => notUnderstood(check, error));
    return {
        name,
        title,
        ...outcome,
        state: isSkipped ? "skipped" : stateOf(outcome),
        seconds: (performance.now() - start) / 1000,
    };
}

function stateOf({ findings }: Pick<Outcome, "findings">): Result["state"] {
    const isProblem = findings.some(({ cause }) => !causes[cause].isWarning);
    return findings.length === 0 ? "passed" : isProblem ? "failed" : "warning";
}

/** Whether the integration works according to the checks. Warnings don't break it. */
export function isHealthy(results: readonly Result[]): boolean {
    return !results.some(isBroken);
}

/** The results in one sentence. */
export function verdict(results: readonly Result[]): string {
    const counted = (state: Result["state"], words: string) => {
        const { length } = results.filter((result) => result.state === state);
        return length === 0 ? "" : `, ${length} ${words}`;
    };
    const details = [
        counted("failed", "failed"),
        counted("follows", "not run because of that"),
        counted("warning", "with a warning"),
        counted("skipped", "skipped"),
    ];
    return `The integration ${isHealthy(results) ? "works" : "is broken"}: ${results.length} checks${details.join("")}.`;
}

function isBroken({ state }: Result): boolean {
    return state === "failed" || state === "follows";
}

/** All findings in the order of the checks, with warnings last. */
export function findingsOf(results: readonly Result[]): Finding[] {
    const isWarning = ({ cause }: Finding) => causes[cause].isWarning === true;
    const all = results.flatMap(({ findings }) => findings);
    return [...all.filter((finding) => !isWarning(finding)), ...all.filter(isWarning)];
}
