/** `npm run rebuild`: see `help` below. Source: handbook, "Restarting". */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { z } from "zod";
import { projectVolumes } from "../dynamic-providers/docker/anonymousVolumes.ts";
import { runCommand } from "../dynamic-providers/command.ts";
import { DELETE_UNREACHABLE } from "../dynamic-providers/crud.ts";
import {
    composeLabels,
    docker,
    dockerLines,
    OWNER_LABEL,
    runDocker,
    withLabels,
} from "../dynamic-providers/docker/docker.ts";
import { tutorFolder, valueIn } from "../dynamic-providers/tutor/tutor.ts";
import { restoreTutorConfigurations } from "../dynamic-providers/tutor/tutorConfiguration.ts";
import { askPulumi, project, projectName } from "./pulumi.ts";
import { runPulumi } from "./runPulumi.ts";
import { settingsOf } from "./stackSettings.ts";
import { whyKept } from "./tutorRoot.ts";

const help = `
Usage: npm run rebuild -- [options]

Destroys a stack with all its data, and creates it again. Shows what it will remove, and asks first.

Options:
  -s, --stack <name>  The stack (default: dev)
  -y, --yes           Don't ask
  -h, --help          Show this help
`.trim();

/** The part of an exported stack used here. */
const exported = z.object({
    deployment: z
        .object({ resources: z.array(z.object({ type: z.string(), id: z.string().default("") })).default([]) })
        .default({ resources: [] }),
});

const options = readOptions();
const settings = (await settingsOf(options.stack)) ?? fail(`The stack ${options.stack} has no settings file.`);
const tutor = settings["lmsFrom"] === "tutor" ? (settings["tutor"] ?? "tutor") : undefined;
await restoreTutorConfigurations();
const root = tutor === undefined ? undefined : await tutorFolder(tutor, "config");

if (tutor !== undefined && settings["lmsLaunch"] !== "true") {
    fail(
        `Tutor's folder ${root ?? ""} would be removed, and nothing would set up Open edX again: lmsLaunch is not set.\n` +
            `    npm run pulumi -- config set lmsLaunch true --stack ${options.stack}`,
    );
}

const kept = root !== undefined && existsSync(root) ? await whyKept(root, project) : undefined;
if (kept !== undefined) {
    fail(`${String(root)} can't be removed; nothing was changed: ${kept}.`);
}

const table = new Table({ head: ["Step", "What it removes or creates"], style: { head: [], border: [] } });
table.push(
    ["pulumi destroy", `everything in the stack ${options.stack}`],
    ["docker volume rm", "the application's volumes, including its database, adopted or not"],
    ["docker image prune", "unused images"],
    ...(root === undefined ? [] : [["rm", `${root}: Tutor's configuration, databases and files`]]),
    ["pulumi up", "everything again"],
);
console.log(table.toString());
if (!options.yes && !(await isConfirmed(`Rebuild the stack ${options.stack}?`))) {
    console.log("Nothing was changed.");
    process.exit(1);
}

const projects = await composeProjects(options.stack);
// Resources on servers that are about to be deleted don't block the destroy.
process.env[DELETE_UNREACHABLE] = "true";
await pulumi("destroy", "--stack", options.stack, "--yes", "--skip-preview");
// By now its anonymous volumes are recorded, including those taken over from other containers.
const volumes = (await Promise.all(projects.map(projectVolumes))).flat();
if (volumes.length > 0) {
    await runDocker(["volume", "rm", "--force", ...volumes], { show: true });
}
await runDocker(["image", "prune", "--force"], { show: true });
if (tutor !== undefined && root !== undefined && existsSync(root)) {
    await removeTutorRoot(tutor, root);
}
await pulumi("up", "--stack", options.stack, "--yes", "--skip-preview");

function readOptions() {
    try {
        const { values } = parseArgs({
            options: {
                stack: { type: "string", short: "s", default: "dev" },
                yes: { type: "boolean", short: "y", default: false },
                help: { type: "boolean", short: "h", default: false },
            },
        });
        if (values.help) {
            console.log(help);
            process.exit(0);
        }
        return values;
    } catch (error) {
        return fail(`${(error as Error).message}\n\n${help}`);
    }
}

async function pulumi(...args: string[]): Promise<void> {
    const exitCode = await runPulumi(...args);
    if (exitCode !== 0) {
        process.exit(exitCode);
    }
}

/**
 * The Compose projects a stack runs: from its state, even if the stack has been renamed since, and from the labels of
 * resources created by versions that kept no volumes in the state.
 */
async function composeProjects(stack: string): Promise<string[]> {
    const { failed, stdout } = await askPulumi("stack", "export", "--stack", stack);
    const { deployment } = exported.parse(failed ? {} : JSON.parse(stdout));
    const inState = deployment.resources.filter(({ type }) => type.endsWith(":ComposeVolumes")).map(({ id }) => id);
    const owned = withLabels({ [OWNER_LABEL]: `${projectName}/${stack}` });
    const format = ["--format", `{{.Label "${composeLabels.project}"}}`];
    const labels = await Promise.all(["network", "volume"].map((kind) => dockerLines(kind, "ls", ...owned, ...format)));
    return [...new Set([...inState, ...labels.flat()])];
}

/** Databases write files as their containers' users. If this user may not remove them, a container can. */
async function removeTutorRoot(tutor: string, folder: string): Promise<void> {
    await runCommand(tutor, ["dev", "dc", "down", "--remove-orphans"], { show: true });
    const output = await runCommand(tutor, ["config", "printvalue", "DOCKER_IMAGE_PERMISSIONS"]);
    const image = valueIn(output, /^[\w.-]+(:\d+)?\/[\w./:@-]+$/) ?? output;
    try {
        await rm(folder, { recursive: true, force: true });
    } catch (error) {
        if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) {
            throw error;
        }
        const mount = ["--volume", `${dirname(folder)}:/parent`];
        const remove = ["rm", "-rf", `/parent/${basename(folder)}`];
        await docker("run", "--rm", "--user", "0", ...mount, "--entrypoint", "", image, ...remove);
    }
}

async function isConfirmed(question: string): Promise<boolean> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question(`${question} [yes/no] `);
    terminal.close();
    return /^y(es)?$/i.test(answer.trim());
}

function fail(message: string): never {
    console.error(message);
    process.exit(1);
}
