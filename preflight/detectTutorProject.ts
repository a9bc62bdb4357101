import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { openEdxConstants } from "../config/openEdx.ts";
import { answerOf, lastLines } from "../dynamic-providers/command.ts";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { configurationIn, folderIn, valueIn } from "../dynamic-providers/tutor/tutor.ts";
import { restoreTutorConfigurations } from "../dynamic-providers/tutor/tutorConfiguration.ts";
import { expectTutor } from "./detectTutorRelease.ts";
import { Fault } from "./faults.ts";

/** Valid names for a Compose project, and for a host. */
const COMPOSE_NAME = /^[a-z0-9][a-z0-9_-]*$/;
const HOST_NAME = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i;

/**
 * @param command - `tutor`, or its path.
 * @param host - the LMS's host; Tutor must use the same one.
 * @param launches - whether the stack sets up Open edX if that hasn't been done.
 * @returns the name of Tutor's Compose project for development.
 * @throws Fault if Tutor isn't set up, or is set up for another host.
 */
export async function detectTutorProject(command: string, host: string, launches: boolean): Promise<string> {
    const ask = (args: string) => ({ args, result: answerOf(command, ["config", ...args.split(" ")]) });
    const answerTo = async (question: ReturnType<typeof ask>, read: (output: string) => string | undefined) => {
        const result = await question.result;
        expectTutor(command, result);
        const answer = result.failed ? undefined : read(result.stdout);
        if (answer === undefined) {
            const what = result.failed ? "fails" : "prints no answer";
            throw new Fault(
                `${command} config ${question.args} ${what}: ${lastLines(result)}`,
                "run it yourself, and correct Tutor's configuration or the plugin that it names",
            );
        }
        return answer;
    };
    await restoreTutorConfigurations();
    // All at once, as each starts Tutor. Without a configuration, only the first has an answer.
    const root = ask("printroot");
    const projectName = ask("printvalue DEV_PROJECT_NAME");
    // A launch sets it.
    const lmsHostName = launches ? undefined : ask("printvalue LMS_HOST");
    const file = configurationIn(await answerTo(root, folderIn));
    if (!existsSync(file)) {
        if (launches) {
            return openEdxConstants.project;
        }
        throw new Fault(
            `Tutor has no configuration in ${dirname(file)} yet`,
            `set Open edX up (tutor dev launch), or let this stack do it: ${pulumiCommand("config set lmsLaunch true")}`,
        );
    }
    const project = await answerTo(projectName, (output) => valueIn(output, COMPOSE_NAME));
    const lmsHost = lmsHostName && (await answerTo(lmsHostName, (output) => valueIn(output, HOST_NAME)));
    if (lmsHost !== undefined && lmsHost !== host) {
        throw new Fault(
            `Tutor's LMS_HOST is ${lmsHost}, and lmsUrl says ${host}`,
            `tutor config save --set LMS_HOST=${host}, then tutor dev launch; or ${pulumiCommand(`config set lmsUrl http://${lmsHost}:8000`)}`,
        );
    }
    return project;
}
