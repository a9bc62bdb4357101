/** `npm run verify`: see `help` below. Source: handbook, "Open edX Provider Configuration" step 7. */
import { parseArgs } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { requestsSent } from "../dynamic-providers/openedx/django-admin/http.ts";
import { PULUMI_COMMAND, pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { causes, stepOf } from "../verify/causes.ts";
import { isHealthy, type Result, runChecks } from "../verify/check.ts";
import { readOnlyChecks } from "../verify/checks.ts";
import { reportPage } from "../verify/report.ts";
import { isForDevelopment, signInChecks } from "../verify/signIn.ts";
import { CheckTable, findingsText, skippedText } from "../verify/table.ts";
import { outputsSchema, type Target, targetFrom } from "../verify/target.ts";
import { askPulumi, commandFor, stackOf } from "./pulumi.ts";
import { settingsOf } from "./stackSettings.ts";

const help = `
Usage: npm run verify -- [options]

Looks whether the integration of a stack works, and says what is wrong and what to do.

Options:
  -s, --stack <name>  The stack (default: the selected one)
      --sign-in       Make a user, sign in and out as a browser does, and remove the user from both servers.
                      Default where both servers are for development; --no-sign-in changes nothing
      --browser       Do that in a real browser: Chromium or Chrome, from its usual place or from CHROMIUM
      --keep          Leave that user on both servers
      --json          Print the results as JSON
      --report <file> Write them as a page, too: the table, the sign-in as a diagram, and what to do
  -h, --help          Show this help

Exit code: 0 where all is well or only warned of, 1 where something is broken, 2 where it can't be looked at. Ctrl-C
ends the sign-in early and removes its user; after that, 130.
`.trim();

try {
    const { values } = parseArgs({
        options: {
            stack: { type: "string", short: "s" },
            "sign-in": { type: "boolean" },
            browser: { type: "boolean", default: false },
            keep: { type: "boolean", default: false },
            json: { type: "boolean", default: false },
            report: { type: "string" },
            help: { type: "boolean", short: "h", default: false },
        },
        allowNegative: true,
    });
    process.exitCode = values.help ? showHelp() : await verify(values);
} catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
}

function showHelp(): number {
    console.log(help);
    return 0;
}

async function verify(options: {
    readonly stack?: string | undefined;
    readonly "sign-in"?: boolean | undefined;
    readonly browser: boolean;
    readonly keep: boolean;
    readonly json: boolean;
    readonly report?: string | undefined;
}): Promise<number> {
    const stack = options.stack ?? (await stackOf([]));
    if (stack === undefined) {
        throw new Error(`No stack is selected. Name one: npm run verify -- --stack dev\n\n${help}`);
    }
    process.env[PULUMI_COMMAND] = commandFor(stack);
    if (options.browser && options["sign-in"] === false) {
        throw new Error("--browser is for the sign-in: leave out --no-sign-in.");
    }
    const target = await readTarget(stack);
    const interrupted = new AbortController();
    const signsIn = options["sign-in"] ?? (options.keep || options.browser || (await isForDevelopment(target)));
    const chromium = options.browser ? await (await import("../verify/chromium.ts")).chromiumBrowsers() : undefined;
    const checks = [
        ...readOnlyChecks(target),
        ...(signsIn ? signInChecks(target, options.keep, interrupted.signal, chromium?.newBrowser) : []),
    ];
    if (signsIn) {
        // A second signal ends the command right away; the next run then removes the user.
        for (const signal of ["SIGINT", "SIGTERM"] as const) {
            process.once(signal, () => {
                interrupted.abort();
            });
        }
    }
    const table = options.json ? undefined : new CheckTable(checks, process.stdout);
    const start = performance.now();
    const results = await runChecks(checks, (result) => table?.add(result)).finally(() => chromium?.close());
    const seconds = (performance.now() - start) / 1000;
    if (options.json) {
        console.log(JSON.stringify({ stack, healthy: isHealthy(results), results: results.map(described) }, null, 4));
    } else {
        const parts = [findingsText(results), skippedText(results), summary(results, seconds)];
        console.log(`\n${parts.filter((part) => part !== "").join("\n\n")}`);
    }
    if (options.report !== undefined) {
        await writeFileAtomic(options.report, reportPage(stack, target, results, new Date()));
    }
    return interrupted.signal.aborted ? 130 : isHealthy(results) ? 0 : 1;
}

function summary(results: readonly Result[], seconds: number): string {
    const count = (state: Result["state"]) => results.filter((result) => result.state === state).length;
    const numbers = `${count("passed")} ok, ${count("warning")} warned of, ${count("failed")} failed, ${count("follows")} following, ${count("skipped")} skipped`;
    return `${numbers}; ${requestsSent()} requests in ${seconds.toFixed(1)} s.`;
}

/** A result with its texts, as machine-readable output. */
function described({ findings, ...result }: Result): object {
    return {
        ...result,
        findings: findings.map((finding) => ({
            ...finding,
            title: causes[finding.cause].title,
            why: causes[finding.cause].why,
            step: stepOf(finding.cause),
        })),
    };
}

/** The stack's settings and outputs. Secrets stay in memory. */
async function readTarget(stack: string): Promise<Target> {
    const settings = await settingsOf(stack);
    const { failed, stdout } = await askPulumi("stack", "output", "--json", "--show-secrets", "--stack", stack);
    if (settings === undefined || failed) {
        throw new Error(`Stack not found: ${stack}. Create it: ${pulumiCommand("up")}`);
    }
    const { data: outputs, error } = outputsSchema.safeParse(JSON.parse(stdout));
    if (error !== undefined) {
        const missing = [...new Set(error.issues.map(({ path }) => String(path[0])))].join(", ");
        throw new Error(`The stack ${stack} is not finished, as it lacks outputs (${missing}): ${pulumiCommand("up")}`);
    }
    return targetFrom(settings, outputs);
}
