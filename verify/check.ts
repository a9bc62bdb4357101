import { ProviderError, UnreachableError } from "../dynamic-providers/errors.ts";
import { type CauseId, causes } from "./causes.ts";
import { diagnose } from "./diagnose.ts";

/** Something that is not as it should be. */
export interface Finding {
    readonly cause: CauseId;
    /** What was seen: address, status, the server's words. It holds no secret. */
    readonly evidence: string;
}

/** What a check saw. Without findings it passed, or was skipped. */
export interface Outcome {
    readonly findings: readonly Finding[];
    /** What is worth telling, for instance how long a token is valid, or why the check could not look. */
    readonly note?: string;
    /** What was asked on the way and what came, address by address, where that is more than one. It holds no secret. */
    readonly trail?: readonly string[];
    /** Whether it could not look. Then nothing is known, good or bad. */
    readonly isSkipped?: boolean;
}

/** One thing to look at. */
export interface Check {
    /** Its name, by which others refer to it. */
    readonly name: string;
    /** What is true when it passes. */
    readonly title: string;
    /** The checks without which this one says nothing new. Those that are not in the same run don't count. */
    readonly needs?: readonly string[];
    /** The checks that run before this one, whatever they find. Those that are not in the same run don't count. */
    readonly after?: readonly string[];
    /** What it means that a server gives no answer, where its words tell nothing else. */
    readonly unreachable?: CauseId;
    /** Whether it belongs to the quick part, which signs in nowhere. */
    readonly isQuick?: boolean;
    /** @throws ProviderError where the server's answer is not understood: it is diagnosed by its words. */
    run(): Promise<Outcome>;
}

/** A check that has run, or was left out as one that it needs failed. */
export interface Result extends Omit<Outcome, "isSkipped"> {
    readonly name: string;
    readonly title: string;
    readonly state: "passed" | "warning" | "failed" | "follows" | "skipped";
    /** The failed check that this one follows from; with the state `follows` only. */
    readonly follows?: string;
    readonly seconds: number;
}

/** A check that passed. */
export function passed(note?: string): Outcome {
    return { findings: [], ...(note !== undefined && { note }) };
}

/** A check that could not look, and why. */
export function skipped(note: string): Outcome {
    return { findings: [], note, isSkipped: true };
}

/** A check that found one thing. */
export function found(cause: CauseId, evidence: string): Outcome {
    return { findings: [{ cause, evidence }] };
}

/**
 * Runs checks side by side, each as soon as those that it needs have passed.
 *
 * @param checks - those that a check needs, or comes after, stand before it.
 * @param tell - called with each result as it comes.
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
    const { isSkipped = false, ...outcome } = await check.run().catch((error: unknown): Outcome => {
        if (error instanceof ProviderError) {
            const silence = error instanceof UnreachableError ? check.unreachable : undefined;
            return found(diagnose(error.message) ?? silence ?? "unexpected-answer", error.message);
        }
        throw error;
    });
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

/** Whether the integration works, as far as the checks tell: what they warn of leaves it working. */
export function isHealthy(results: readonly Result[]): boolean {
    return !results.some(isBroken);
}

function isBroken({ state }: Result): boolean {
    return state === "failed" || state === "follows";
}

/** All that was found, in the order of the checks; what is only warned of comes last. */
export function findingsOf(results: readonly Result[]): Finding[] {
    const isWarning = ({ cause }: Finding) => causes[cause].isWarning === true;
    const all = results.flatMap(({ findings }) => findings);
    return [...all.filter((finding) => !isWarning(finding)), ...all.filter(isWarning)];
}
