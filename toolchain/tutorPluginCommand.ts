/** `npm run tutor-plugin`: see `help` below. Source: handbook, "Open edX Provider Configuration" steps 2 to 4. */
import { parseArgs } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { detectTutorRelease } from "../preflight/detectTutorRelease.ts";
import { profiles } from "../config/profiles.ts";
import { settingsSchema } from "../config/schema.ts";
import { applicationUrlOf } from "../config/stackConfig.ts";
import { newestTutorRelease, tutorPlugin } from "../config/tutorPlugin.ts";
import { PULUMI_COMMAND, pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { askPulumi, commandFor, projectName } from "./pulumi.ts";
import { settingsOf } from "./stackSettings.ts";

const help = `
Usage: npm run -s tutor-plugin -- [options]

Prints the Tutor plugin with the LMS's settings and packages, for an LMS that is set up elsewhere (lmsFrom external).
Works before the first \`up\`.

Options:
  -s, --stack <name>  The stack (default: dev)
  -o, --out <file>    Write this file, for you only to read, instead of printing
  -h, --help          Show this help
`.trim();

/** The configuration keys the plugin depends on; other keys may still be missing. */
const { shape } = settingsSchema;
const schema = z.object({
    application: shape.application,
    applicationUrl: shape.applicationUrl,
    lmsFrom: shape.lmsFrom,
    tutor: shape.tutor,
    tutorRelease: shape.tutorRelease,
    redirectVisitors: shape.redirectVisitors,
    clientSecretIn: shape.clientSecretIn,
});

/** The part of an exported state used here. */
const exportSchema = z.object({
    deployment: z.object({
        resources: z
            .array(z.object({ urn: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
            .default([]),
    }),
});

try {
    const { values } = parseArgs({
        options: {
            stack: { type: "string", short: "s", default: "dev" },
            out: { type: "string", short: "o" },
            help: { type: "boolean", short: "h", default: false },
        },
    });
    const text = values.help ? `${help}\n` : await pluginOf(values.stack);
    if (values.out === undefined || values.help) {
        process.stdout.write(text);
    } else {
        await writeFileAtomic(values.out, text, { mode: 0o600 });
    }
} catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
}

async function pluginOf(stack: string): Promise<string> {
    process.env[PULUMI_COMMAND] = commandFor(stack);
    const file = `Pulumi.${stack}.yaml`;
    const values = await settingsOf(stack);
    if (values === undefined) {
        throw new Error(`The stack ${stack} has no settings file ${file}.`);
    }
    const { data: settings, error } = schema.safeParse(values);
    if (error !== undefined) {
        const mistakes = error.issues.map(({ path, message }) => `  ${path.join(".")} must be ${message}`);
        throw new Error(`${file} has errors:\n${mistakes.join("\n")}`);
    }
    const asked = settings.lmsFrom === "tutor" ? detectTutorRelease(settings.tutor) : newestTutorRelease;
    return tutorPlugin({
        owner: `${projectName}/${stack}`,
        release: settings.tutorRelease || (await asked),
        application: {
            name: settings.application,
            profile: profiles[settings.application],
            url: applicationUrlOf(settings),
        },
        redirectsVisitors: settings.redirectVisitors,
        clientSecret: settings.clientSecretIn === "settings" ? await clientSecretOf(stack) : undefined,
    });
}

/** The client secret Open edX uses to sign in to the application, from the stack's state. */
async function clientSecretOf(stack: string): Promise<string> {
    const { failed, stdout } = await askPulumi("stack", "export", "--show-secrets", "--stack", stack);
    const resources = failed ? [] : exportSchema.parse(JSON.parse(stdout)).deployment.resources;
    const made = resources.find(({ urn }) => urn.endsWith("::application-client-secret"));
    const { data } = z.object({ plaintext: z.string() }).safeParse(made?.outputs?.["result"]);
    if (data === undefined) {
        throw new Error(
            "clientSecretIn is settings, and the client secret does not exist yet.\n" +
                `    ${pulumiCommand("up")}\n` +
                "creates it, then fails at the LMS, which lacks the plugin. After that, run this command again.",
        );
    }
    return z.string().parse(JSON.parse(data.plaintext));
}
