import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";
import { askApplicationProject, askGateway } from "./askGateway.ts";
import { examineMachine } from "./examineMachine.ts";
import { openEdx as openEdxConstants } from "./openEdx.ts";
import { type ApplicationProfile, profiles } from "./profiles.ts";
import { platformOf, type Settings, settingsSchema } from "./schema.ts";
import { envFileOf, type StackConfig } from "./stackConfig.ts";
import { warnOfUnknownNames } from "./warnOfUnknownNames.ts";

/**
 * Reads the configuration of this stack, and what it needs of this machine.
 *
 * @throws pulumi.RunError with all mistakes in it, or with all that is not as needed on this machine; before any
 *   resource is asked for.
 */
export async function loadConfig(): Promise<StackConfig> {
    const namespace = `${pulumi.getProject()}:`;
    const values = Object.entries(pulumi.runtime.allConfig())
        .filter(([key]) => key.startsWith(namespace))
        .map(([key, value]) => [key.slice(namespace.length), value]);
    const settings = parseSettings(await withFound(Object.fromEntries(values) as Record<string, string>));
    const config = await examineMachine(settings);
    if (settings.lmsFrom === "tutor" || settings.applicationFrom === "compose") {
        // Beside the deployment: a slow name service delays nothing.
        const { openEdx, application } = config;
        void warnOfUnknownNames([
            ...[openEdx.url, application.url].map((url) => new URL(url).hostname),
            ...(application.profile.keycloak ? [application.profile.keycloak.domain] : []),
        ]);
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
        [`Found ${counted(mistakes.length)} in the stack's configuration; nothing was changed.`, ...mistakes].join(
            "\n\n",
        ),
    );
}

/**
 * The values, and what is not among them but can be found out: on Linux the gateways of networks that somebody else
 * keeps, as far as Docker knows them, and Keycloak's secret in the checkout.
 *
 * @param values - may hold mistakes: what can't be found out for one stays away.
 */
export async function withFound(values: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const { shape } = settingsSchema;
    const { data: application } = shape.application.safeParse(values["application"]);
    const { data: platform } = shape.platform.safeParse(values["platform"]);
    const envFile = application && envFileOf({ application, envFile: values["envFile"] ?? "" });
    const isLinux = platformOf({ platform }) === "linux";
    const isSet = (key: string) => (values[key] ?? "") !== "";
    const found = {
        ...(isLinux && values["lmsFrom"] !== "tutor" && !isSet("lmsGateway")
            ? { lmsGateway: await askGateway(openEdxConstants.project) }
            : {}),
        ...(isLinux && values["applicationFrom"] !== "compose" && !isSet("applicationGateway") && envFile
            ? { applicationGateway: await askGateway(await askApplicationProject(envFile)) }
            : {}),
        ...(!isSet("keycloakClientSecret") && envFile
            ? { keycloakClientSecret: keycloakSecret(profiles[application], envFile) }
            : {}),
    };
    return { ...values, ...found };
}

/** What of a realm's file is of interest. */
const realm = z.object({ clients: z.array(z.object({ clientId: z.string(), secret: z.string().optional() })) });

/** The secret of APISIX in the realm that the checkout's Keycloak imports; nothing where that is not there. */
function keycloakSecret({ keycloak }: ApplicationProfile, envFile: string): string {
    // Compose mounts the whole folder, and the file in it has had several names.
    const folder = keycloak && join(dirname(resolve(envFile)), keycloak.realms);
    if (folder === undefined || !existsSync(folder)) {
        return "";
    }
    const clients = readdirSync(folder)
        .filter((file) => file.endsWith(".json"))
        .sort()
        .flatMap((file) => realm.safeParse(parseJson(readFileSync(join(folder, file), "utf8"))).data?.clients ?? []);
    return clients.find(({ clientId }) => clientId === keycloak?.clientId)?.secret ?? "";
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function wrongValue(key: keyof Settings, values: Readonly<Record<string, string>>, allowed: string): string {
    const isSecret = settingsSchema.shape[key].meta()?.secret === true;
    const value = values[key] ?? "";
    const state = value === "" ? " is not set" : isSecret ? " is wrong" : `: ${withoutUser(value)}`;
    // A secret without a value is asked for, and so stays out of the shell's history.
    const command = isSecret ? pulumiCommand(`config set --secret ${key}`) : pulumiCommand(`config set ${key} VALUE`);
    return `  ${key}${state}\n    must be ${allowed}\n    ${command}`;
}

function unknownKey(key: string): string {
    const known = Object.keys(settingsSchema.shape).join(", ");
    return `  ${key} is not a key of this project\n    must be one of ${known}\n    ${pulumiCommand(`config rm ${key}`)}`;
}

/** An address may hold a password. */
function withoutUser(value: string): string {
    return JSON.stringify(value.replace(/\/\/.*@/, "//[hidden]@"));
}

function counted(mistakes: number): string {
    return mistakes === 1 ? "a mistake" : `${mistakes} mistakes`;
}
