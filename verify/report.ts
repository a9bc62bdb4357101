import { causes, stepOf } from "./causes.ts";
import { findingsOf, type Result, verdict } from "./check.ts";
import type { Target } from "./target.ts";

/** The participants in a sign-in, in drawing order. */
type Party = "browser" | "openEdx" | "application";

/** A step of the sign-in, and the checks that show whether it works. */
interface Leg {
    readonly from: Party;
    readonly to: Party;
    readonly what: string;
    readonly checks: readonly string[];
    /** Whether to draw it only if a sign-in was tried. */
    readonly isTried?: boolean;
}

/** How a learner signs in to Open edX by way of the application, then what a trial sign-in does in addition. */
const legs: readonly Leg[] = [
    {
        from: "browser",
        to: "openEdx",
        what: "wants to sign in",
        checks: ["lms", "backend", "provider"],
    },
    {
        from: "openEdx",
        to: "application",
        what: "asks for the endpoints",
        checks: ["application-host", "lms-reaches-application", "discovery", "sign-in"],
    },
    { from: "browser", to: "application", what: "signs in there", checks: ["application", "sign-in-page", "sign-up"] },
    {
        from: "application",
        to: "browser",
        what: "back with a code",
        checks: ["application-client", "application-client-allows"],
    },
    {
        from: "openEdx",
        to: "application",
        what: "code for a token",
        checks: ["provider-secret", "application-client-secret"],
    },
    {
        from: "openEdx",
        to: "browser",
        what: "back with a code",
        checks: ["lms-client", "lms-client-allows"],
    },
    {
        from: "application",
        to: "openEdx",
        what: "code for a token",
        checks: ["env-file", "env-running", "lms-gateway", "application-reaches-lms", "lms-client-secret"],
    },
    {
        from: "application",
        to: "openEdx",
        what: "calls the API",
        checks: ["worker", "worker-rights", "token"],
    },
    {
        from: "application",
        to: "openEdx",
        what: "makes the user's account",
        checks: ["account", "account-row", "api-tokens"],
        isTried: true,
    },
    {
        from: "openEdx",
        to: "browser",
        what: "shows the dashboard",
        checks: ["dashboard", "lms-user", "lms-link"],
        isTried: true,
    },
    { from: "browser", to: "openEdx", what: "signs in anew", checks: ["sign-in-again"], isTried: true },
    { from: "browser", to: "openEdx", what: "signs out", checks: ["sign-out-lms"], isTried: true },
    { from: "browser", to: "application", what: "signs out there", checks: ["sign-out-application"], isTried: true },
];

/** The states as words and signs, so nothing depends on color. */
const states: Readonly<Record<Result["state"], { readonly sign: string; readonly word: string }>> = {
    passed: { sign: "✓", word: "ok" },
    warning: { sign: "!", word: "warning" },
    failed: { sign: "✗", word: "failed" },
    follows: { sign: "–", word: "not run" },
    skipped: { sign: "·", word: "skipped" },
};

const worstFirst: readonly Result["state"][] = ["failed", "follows", "warning", "passed", "skipped"];

/**
 * The results as a self-contained page: the table, the sign-in as a sequence diagram, and what to do. It contains no
 * secrets because results contain none.
 */
export function reportPage(stack: string, target: Target, results: readonly Result[], time: Date): string {
    const drawn = legs.filter(
        ({ isTried, checks }) => isTried !== true || results.some(({ name }) => checks.includes(name)),
    );
    return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Integration of ${escaped(stack)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid #ddd; }
td:first-child { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
.passed { color: #17692f; } .warning { color: #7a5200; } .failed { color: #b3161d; font-weight: bold; } .follows, .skipped { color: #5a5a5a; }
section.finding { border-left: .3rem solid #b3161d; padding-left: 1rem; margin: 1.5rem 0; }
section.finding.warned { border-color: #7a5200; }
code, .seen, li, small { overflow-wrap: anywhere; }
svg { width: 100%; height: auto; max-width: 34rem; }
svg text { font: 14px system-ui, sans-serif; fill: #1a1a1a; stroke: #fff; stroke-width: 4px; paint-order: stroke; }
svg .head { font-weight: bold; }
svg g.passed line { stroke: #17692f; } svg g.warning line { stroke: #7a5200; } svg g.failed line { stroke: #b3161d; stroke-dasharray: 6 4; } svg g.follows line, svg g.skipped line { stroke: #5a5a5a; stroke-dasharray: 2 4; }
</style>
</head>
<body>
<h1>${escaped(target.application.title)} and Open edX</h1>
<p>Stack <code>${escaped(stack)}</code>, ${escaped(time.toISOString().replace(/\.\d+Z$/, "Z"))}: ${escaped(verdict(results))}</p>
<h2>The sign-in</h2>
${diagram(target, drawn, results)}
${evidence(drawn, results)}${findings(results)}<h2>Everything that was looked at</h2>
<table>
<thead><tr><th>Result</th><th>What</th><th class="number">Time</th></tr></thead>
<tbody>
${results.map((result) => row(result, results)).join("\n")}
</tbody>
</table>
</body>
</html>
`;
}

function row(result: Result, results: readonly Result[]): string {
    const { sign, word } = states[result.state];
    const from = results.find(({ name }) => name === result.follows);
    const rest = from === undefined ? (result.note ?? "") : `needs: ${from.title}`;
    const time = result.state === "follows" ? "" : `${result.seconds.toFixed(2)} s`;
    return (
        `<tr><td class="${result.state}">${sign} ${word}</td><td>${escaped(result.title)}` +
        `${rest === "" ? "" : `<br><small>${escaped(rest)}</small>`}</td><td class="number">${time}</td></tr>`
    );
}

function findings(results: readonly Result[]): string {
    const all = findingsOf(results);
    const sections = all.map(({ cause, evidence }) => {
        const { title, why, isWarning = false } = causes[cause];
        return `<section class="finding${isWarning ? " warned" : ""}">
<h3>${isWarning ? "Warning: " : ""}${escaped(title)}</h3>
<p class="seen"><b>Seen:</b> ${escaped(evidence)}</p>
<p><b>Why:</b> ${marked(why)}</p>
<p><b>Next:</b> ${marked(stepOf(cause))}</p>
</section>
`;
    });
    return sections.length === 0 ? "" : `<h2>What to do</h2>\n${sections.join("")}`;
}

const ROW = 46;
const columns: Readonly<Record<Party, number>> = { browser: 60, openEdx: 230, application: 400 };

/** Three lifelines and an arrow for each leg: solid if it works, dashed if it fails, with a sign and a word for that. */
function diagram(target: Target, drawn: readonly Leg[], results: readonly Result[]): string {
    const names: Readonly<Record<Party, string>> = {
        browser: "Browser",
        openEdx: target.openEdx.title,
        application: target.application.title,
    };
    const height = 50 + drawn.length * ROW;
    const lines = Object.entries(columns).map(
        ([party, x]) =>
            `<text class="head" x="${x}" y="20" text-anchor="middle">${escaped(names[party as Party])}</text>` +
            `<line x1="${x}" y1="30" x2="${x}" y2="${height}" stroke="#999"/>`,
    );
    const arrows = drawn.map((leg, index) => arrow(leg, 70 + index * ROW, stateOf(leg, results)));
    return `<svg viewBox="0 0 460 ${height}" role="img" aria-label="The steps of a sign-in and whether each works">
${lines.join("\n")}
${arrows.join("\n")}
</svg>`;
}

/** What was seen at each leg that has more to show than its sign: findings, notes, and the trail. */
function evidence(drawn: readonly Leg[], results: readonly Result[]): string {
    const items = drawn.map((leg) => {
        const seen = results
            .filter(({ name }) => leg.checks.includes(name))
            .flatMap(({ findings: all, note, trail = [] }) => [
                ...all.map((finding) => finding.evidence),
                ...(note === undefined ? [] : [note]),
                ...trail,
            ]);
        const { sign, word } = states[stateOf(leg, results)];
        const list = seen.map((text) => `<li>${escaped(text)}</li>`).join("");
        return seen.length === 0
            ? ""
            : `<details><summary>${sign} ${escaped(leg.what)} (${word})</summary><ul>${list}</ul></details>\n`;
    });
    return items.join("");
}

function arrow({ from, to, what }: Leg, y: number, state: Result["state"]): string {
    const [start, end] = [columns[from], columns[to]];
    const tip = end > start ? -8 : 8;
    const middle = (start + end) / 2;
    const { sign, word } = states[state];
    const label = `${sign} ${what}${state === "passed" ? "" : ` (${word})`}`;
    return (
        `<g class="${state}"><text x="${middle}" y="${y - 8}" text-anchor="middle">${escaped(label)}</text>` +
        `<line x1="${start}" y1="${y}" x2="${end}" y2="${y}" stroke-width="2"/>` +
        `<line x1="${end + tip}" y1="${y - 5}" x2="${end}" y2="${y}" stroke-width="2"/>` +
        `<line x1="${end + tip}" y1="${y + 5}" x2="${end}" y2="${y}" stroke-width="2"/></g>`
    );
}

/** The worst state among a leg's checks. */
function stateOf(leg: Leg, results: readonly Result[]): Result["state"] {
    const found = results.filter(({ name }) => leg.checks.includes(name)).map(({ state }) => state);
    return worstFirst.find((state) => found.includes(state)) ?? "passed";
}

function escaped(text: string): string {
    return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A documentation text with its code as HTML. */
function marked(text: string): string {
    return escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}
