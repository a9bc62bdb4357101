/** `npm run verify`: see `help` below. Source: handbook, "Open edX Provider Configuration" step 7. */
import { constants, statSync } from "node:fs";
import { access } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { requestsSent } from "../dynamic-providers/openedx/django-admin/http.ts";
import { PULUMI_COMMAND, pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { causes, stepOf } from "../verify/causes.ts";
import { isHealthy, type Result, runChecks, verdict } from "../verify/check.ts";
import { readOnlyChecks } from "../verify/checks.ts";
import { reportPage } from "../verify/report.ts";
import { isForDevelopment, signInChecks } from "../verify/signInChecks.ts";
import { CheckTable, findingsText, skippedText } from "../verify/table.ts";
import { outputsSchema, type Target, targetFrom } from "../verify/target.ts";
import { askPulumi, commandFor, stackOf } from "./pulumi.ts";
import { settingsOf } from "./stackSettings.ts";

const help = `
Usage: npm run verify -- [options]

Checks whether the integration of a stack works; if not, says what is wrong and what to do.

Options:
  -s, --stack <name>   The stack (default: the selected one)
      --sign-in        Create a user, sign in and out like a browser, and delete the user on both servers
                       (default if both are development servers)
      --no-sign-in     Only look; change nothing
      --browser        Sign in with a real browser: Chromium or Chrome, where it's usually installed, or the
                       program in the environment variable CHROMIUM
      --keep           Keep that user on both servers
      --json           Print the results as JSON
      --report <file>  Also write the results to an HTML page, with the sign-in as a diagram
  -h, --help           Show this help

Exit codes: 0 if it works, perhaps with warnings; 1 if something is broken; 2 if verify itself can't run. Ctrl-C ends
the sign-in early and deletes its user; then 130.
`.trim();

try {
    const options = parse();
    process.exitCode = options.help ? showHelp() : await verify(options);
} catch (error) {
    console.error((error as Error).message);
    process.exitCode = 2;
}

function parse() {
    try {
        return parseArgs({
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
        }).values;
    } catch (error) {
        // What Node.js adds to the first sentence is about other commands.
        const [sentence = ""] = (error as Error).message.split(/\.\s/);
        throw new Error(
            `${sentence}. Options come after "--": npm run verify -- --stack dev. All of them: npm run verify -- --help`,
            { cause: error },
        );
    }
}

function showHelp(): number {
    console.log(help);
    return 0;
}

async function verify(options: ReturnType<typeof parse>): Promise<number> {
    const withSignIn = (["browser", "keep"] as const).find((option) => options[option]);
    if (withSignIn !== undefined && options["sign-in"] === false) {
        throw new Error(`--${withSignIn} is for the sign-in, and --no-sign-in leaves that out. Use one of them.`);
    }
    if (options.report !== undefined) {
        await checkWritable(options.report);
    }
    const stack = options.stack ?? (await stackOf([]));
    if (stack === undefined) {
        throw new Error("No stack is selected. Name one: npm run verify -- --stack dev");
    }
    process.env[PULUMI_COMMAND] = commandFor(stack);
    const target = await readTarget(stack);
    const interrupted = new AbortController();
    const signsIn = options["sign-in"] ?? (withSignIn !== undefined || (await isForDevelopment(target)));
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
        const summary = `${verdict(results)} ${requestsSent()} requests in ${seconds.toFixed(1)} s.`;
        const parts = [findingsText(results), skippedText(results), summary];
        console.log(`\n${parts.filter((part) => part !== "").join("\n\n")}`);
    }
    if (options.report !== undefined) {
        await writeFileAtomic(options.report, reportPage(stack, target, results, new Date()));
        console.error(`Report: ${resolve(options.report)}`);
    }
    return interrupted.signal.aborted ? 130 : isHealthy(results) ? 0 : 1;
}

/** Fails before anything runs, rather than after, if the report can't be written. */
async function checkWritable(file: string): Promise<void> {
    const path = resolve(file);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
        throw new Error(`--report needs a file, and ${path} is a folder: --report verify.html`);
    }
    await access(dirname(path), constants.W_OK).catch(() => {
        throw new Error(`--report can't write ${path}: its folder doesn't exist or isn't writable.`);
    });
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
    if (settings === undefined) {
        throw new Error(
            `There is no stack ${stack}: Pulumi.${stack}.yaml doesn't exist. List them: npm run pulumi -- stack ls`,
        );
    }
    const deploy = basename(stack) === "sandbox" ? "npm start" : pulumiCommand("up");
    const { failed, stdout, stderr } = await askPulumi(
        ...["stack", "output", "--json", "--show-secrets", "--stack", stack],
    );
    if (failed) {
        throw new Error(
            `Pulumi can't read the stack ${stack}. If it doesn't exist yet, create it: ${deploy}\n${stderr}`,
        );
    }
    const outputs = z.record(z.string(), z.unknown()).parse(JSON.parse(stdout));
    if (Object.keys(outputs).length === 0) {
        throw new Error(`Nothing is deployed in the stack ${stack}. Deploy it first: ${deploy}`);
    }
    const { data, error } = outputsSchema.safeParse(outputs);
    if (error !== undefined) {
        const missing = [...new Set(error.issues.map(({ path }) => String(path[0])))].join(", ");
        throw new Error(`The last up of the stack ${stack} didn't finish (no ${missing}). Finish it: ${deploy}`);
    }
    return targetFrom(settings, data);
}
