import { createHash } from "node:crypto";
import { type ApplicationName, applicationNames } from "../../config/profiles.ts";
import { type Case, makeBench, type Result } from "./bench.ts";
import { commands } from "./commands.ts";
import { type Configurations, type Engine, realEngine } from "./engines.ts";
import { kinds } from "./kinds.ts";

/** The result of one case. */
export interface CaseResult extends Result {
    readonly application: ApplicationName;
    readonly command: string;
    readonly kind: string;
    /** The case in words. */
    readonly title: string;
}

/** Which cases to run. They run in a fixed order; the first ones cover as many kinds and commands as possible. */
export interface CaseOptions {
    /**
     * Whether to inject LMS faults into the runs of every profile. Default: of one only, alternating between the
     * profiles, because the LMS and what happens there are the same for all.
     */
    readonly all?: boolean;
    /** The k-th of n parts, such as `[1, 4]`. Default: all. */
    readonly part?: readonly [k: number, n: number];
    /** How many of those to run. Default: all. */
    readonly most?: number;
    /** After how many seconds to start no more cases. Default: never. */
    readonly seconds?: number;
    /** Titles. Default: all. */
    readonly kinds?: readonly string[];
    readonly commands?: readonly string[];
    /** The titles of cases. Default: all. */
    readonly titles?: readonly string[];
    /** The titles of cases to skip. Default: none. */
    readonly done?: ReadonlySet<string>;
    /** What runs the commands. Default: the model of the engine. */
    readonly engine?: (of: Configurations) => Promise<Engine>;
    readonly onResult?: (result: CaseResult) => void;
}

/** Runs the cases of one profile. */
export async function runCases(application: ApplicationName, options: CaseOptions = {}): Promise<CaseResult[]> {
    const { part: [k, n] = [1, 1], most, seconds = Number.POSITIVE_INFINITY } = options;
    const bench = await makeBench(application, options.engine);
    const results: CaseResult[] = [];
    try {
        const cases: Case[] = [];
        for (const command of commands.filter(({ title }) => options.commands?.includes(title) ?? true)) {
            for (const request of await bench.requestsOf(command)) {
                const usual = kinds.filter(({ title }) => options.kinds?.includes(title) ?? true);
                cases.push(...usual.map((kind) => ({ command, request, kind })));
            }
        }
        const fullTitle = (one: Case) => `${application}, ${titleOf(one)}`;
        const asked = cases.filter(
            (one) =>
                options.done?.has(fullTitle(one)) !== true &&
                (options.titles?.includes(fullTitle(one)) ?? true) &&
                (options.all === true || isFor(application, one)),
        );
        const chosen = mixed(asked)
            .filter((_case, index) => index % n === k - 1)
            .slice(0, most);
        const end = Date.now() + 1000 * seconds;
        for (const one of chosen) {
            if (Date.now() > end) {
                break;
            }
            const of = { application, command: one.command.title, kind: one.kind.title, title: fullTitle(one) };
            const result = { ...(await bench.try(one)), ...of };
            results.push(result);
            options.onResult?.(result);
        }
        return results;
    } finally {
        await bench.stop();
    }
}

/**
 * Runs cases on the real engine and on its model, which must end them alike.
 *
 * @param model - the model's results, if it has already run them.
 * @returns the results of the real engine; a case that the model ends differently, or does not have, is wrong.
 */
export async function runOnBothEngines(
    application: ApplicationName,
    { onResult, ...shared }: CaseOptions = {},
    model?: readonly CaseResult[],
): Promise<CaseResult[]> {
    model ??= await runCases(application, shared);
    const inModel = new Map(model.map((result) => [result.title, result]));
    const compare = (result: CaseResult): CaseResult => {
        const { verdict, details = [] } = inModel.get(result.title) ?? {};
        return verdict === result.verdict
            ? result
            : {
                  ...result,
                  verdict: "wrong",
                  details: [
                      `Pulumi: ${result.verdict}; the model of it: ${verdict ?? "no such request"}`,
                      ...result.details,
                      ...details.map((detail) => `in the model: ${detail}`),
                  ],
              };
    };
    const real = await runCases(application, {
        ...shared,
        engine: realEngine,
        onResult: (result) => onResult?.(compare(result)),
    });
    return real.map(compare);
}

/** Whether every run met its fault, and ended right or reported what is wrong. */
export function isClean(results: readonly CaseResult[]): boolean {
    return results.length > 0 && results.every(({ verdict }) => verdict !== "wrong" && verdict !== "not injected");
}

function titleOf({ command, request, kind }: Case): string {
    return `${command.title}: ${kind.title} at ${request.server} ${request.name}, ${request.occurrence}.`;
}

/** Whether a case belongs to a profile: each LMS case belongs to exactly one. */
function isFor(application: ApplicationName, one: Case): boolean {
    const turn = Number.parseInt(hashOf(one).slice(0, 8), 16) % applicationNames.length;
    return one.request.server !== "lms" || applicationNames[turn] === application;
}

function hashOf(one: Case): string {
    return createHash("sha256").update(titleOf(one)).digest("hex");
}

/** The cases in a pseudorandom order, one of each kind and command at a time. */
function mixed(cases: readonly Case[]): Case[] {
    const hashes = new Map(cases.map((one) => [one, hashOf(one)]));
    const byHash = (one: Case, other: Case) => ((hashes.get(one) ?? "") < (hashes.get(other) ?? "") ? -1 : 1);
    const groups = new Map<string, number>();
    return [...cases]
        .sort(byHash)
        .map((one) => {
            const group = `${one.command.title} ${one.kind.title}`;
            const rank = groups.get(group) ?? 0;
            groups.set(group, rank + 1);
            return { one, rank };
        })
        .sort((one, other) => one.rank - other.rank)
        .map(({ one }) => one);
}
