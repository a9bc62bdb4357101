import * as pulumi from "@pulumi/pulumi";
import { applicationProject, askGateway, openEdxProject } from "./askGateway.ts";
import { askTutorRelease } from "./askTutorRelease.ts";
import { platformOf, type Settings, settingsSchema } from "./schema.ts";
import { envFileOf, resolveSettings, type StackConfig } from "./stackConfig.ts";
import { newestTutorRelease, type TutorRelease } from "./tutorPlugin.ts";
import { warnOfUnknownNames } from "./warnOfUnknownNames.ts";

/**
 * Reads the configuration of this stack.
 *
 * @throws pulumi.RunError with all mistakes in it, or where Tutor is to be used and is not there; before any resource is
 *   asked for.
 */
export function loadConfig(): StackConfig {
    const namespace = `${pulumi.getProject()}:`;
    const values = Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(namespace))
        .map(([key, value]) => [key.slice(namespace.length), value]);
    const settings = parseSettings(withGateways(Object.fromEntries(values) as Record<string, string>));
    const config = resolveSettings(settings, settings.tutorRelease || tutorReleaseFor(settings));
    if (config.lms.from === "tutor") {
        // Beside the deployment: a slow name service delays nothing.
        void warnOfUnknownNames([config.openEdx.url, config.application.url]);
    }
    return config;
}

/**
 * Checks the values of a stack's configuration, given by key as Pulumi passes them, and adds the defaults.
 *
 * @throws pulumi.RunError that tells each mistake with its key, its value unless secret, what is allowed, and the
 *   command that puts it right.
 */
export function parseSettings(values: Readonly<Record<string, string>>): Settings {
    const { data, error } = settingsSchema.safeParse(values);
    if (data !== undefined) {
        return data;
    }
    const mistakes = error.issues.flatMap((issue) =>
        issue.code === "unrecognized_keys"
            ? issue.keys.map(unknownKey)
            : [wrongValue(issue.path[0] as keyof Settings, values, issue.message)],
    );
    throw new pulumi.RunError(
        [`The configuration of the stack has ${counted(mistakes.length)}; nothing was done.`, ...mistakes].join("\n\n"),
    );
}

/**
 * The values, and on Linux the gateways that are not among them, as far as Docker knows them.
 *
 * @param values - may hold mistakes: what can't be found out for one stays away.
 */
export function withGateways(values: Readonly<Record<string, string>>): Record<string, string> {
    const { shape } = settingsSchema;
    const { data: application } = shape.application.safeParse(values["application"]);
    const { data: platform } = shape.platform.safeParse(values["platform"]);
    const { data: lmsFrom } = shape.lmsFrom.safeParse(values["lmsFrom"]);
    const { data: tutor } = shape.tutor.safeParse(values["tutor"]);
    if (platformOf({ platform }) !== "linux") {
        return { ...values };
    }
    const orAsk = (value: string | undefined, ask: () => string) =>
        value === undefined || value === "" ? ask() : value;
    return {
        ...values,
        lmsGateway: orAsk(values["lmsGateway"], () =>
            lmsFrom === undefined || tutor === undefined ? "" : askGateway(openEdxProject({ lmsFrom, tutor })),
        ),
        applicationGateway: orAsk(values["applicationGateway"], () =>
            application === undefined
                ? ""
                : askGateway(applicationProject(envFileOf({ application, envFile: values["envFile"] ?? "" }))),
        ),
    };
}

function tutorReleaseFor({ lmsFrom, tutor }: Settings): TutorRelease {
    return lmsFrom === "tutor" ? askTutorRelease(tutor) : newestTutorRelease;
}

function wrongValue(key: keyof Settings, values: Readonly<Record<string, string>>, allowed: string): string {
    const isSecret = settingsSchema.shape[key].meta()?.["secret"] === true;
    const value = values[key] ?? "";
    const state = value === "" ? " is not set" : isSecret ? " is wrong" : `: ${withoutUser(value)}`;
    // A secret without a value is asked for, and so stays out of the shell's history.
    const command = isSecret ? `pulumi config set --secret ${key}` : `pulumi config set ${key} VALUE`;
    return `  ${key}${state}\n    must be ${allowed}\n    ${command}`;
}

function unknownKey(key: string): string {
    const known = Object.keys(settingsSchema.shape).join(", ");
    return `  ${key} is not a key of this project\n    must be one of ${known}\n    pulumi config rm ${key}`;
}

/** An address may hold a password. */
function withoutUser(value: string): string {
    return JSON.stringify(value.replace(/\/\/.*@/, "//[hidden]@"));
}

function counted(mistakes: number): string {
    return mistakes === 1 ? "a mistake" : `${mistakes} mistakes`;
}
