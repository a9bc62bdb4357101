/** Stand-in for the `@pulumi/command` plugin: local commands. */
import manifest from "@pulumi/command/package.json" with { type: "json" };
import { execa } from "execa";
import { randomBytes } from "node:crypto";
import { type PropertyType, type ResourceSchema, type Values, canceled, log, plain, serve } from "./plugin.ts";

/** The properties that control how a command runs. */
interface CommandProperties {
    create?: string;
    update?: string;
    delete?: string;
    dir?: string;
    environment?: Record<string, string>;
    interpreter?: string[];
    stdin?: string;
    logging?: "stdout" | "stderr" | "stdoutAndStderr" | "none";
    addPreviousOutputInEnv?: boolean;
    stdout?: string;
    stderr?: string;
}

const SHOWN_LINES = 20;
const text: PropertyType = { type: "string" };
const texts: PropertyType = { type: "array", items: text };

const inputProperties: ResourceSchema["inputProperties"] = {
    addPreviousOutputInEnv: { type: "boolean" },
    archivePaths: texts,
    assetPaths: texts,
    create: text,
    delete: text,
    dir: text,
    environment: { type: "object", additionalProperties: text },
    interpreter: texts,
    logging: { $ref: "#/types/command:local:Logging" },
    stdin: text,
    triggers: { type: "array", items: { $ref: "pulumi.json#/Any" } },
    update: text,
};

const schema: ResourceSchema = {
    properties: {
        ...inputProperties,
        triggers: { ...inputProperties["triggers"], replaceOnChanges: true },
        archive: { $ref: "pulumi.json#/Archive" },
        assets: { type: "object", additionalProperties: { $ref: "pulumi.json#/Asset" } },
        stderr: text,
        stdout: text,
    },
    required: ["stdout", "stderr"],
    inputProperties,
};

/**
 * Runs one of a resource's commands and streams its output.
 *
 * @returns its output, or the previous output if there is no such command.
 */
async function run(command: string | undefined, urn: string, inputs: Values, olds: Values = {}) {
    const { stdout = "", stderr = "" } = plain(olds) as CommandProperties;
    if (command === undefined) {
        return { stdout, stderr };
    }
    const properties = plain(inputs) as CommandProperties;
    const { interpreter = [], logging = "stdoutAndStderr", addPreviousOutputInEnv = true } = properties;
    const [program = "/bin/sh", ...args] = interpreter.length > 0 ? interpreter : ["/bin/sh", "-c"];
    let shown = Promise.resolve();
    const show = function* (line: unknown) {
        shown = log(urn, String(line));
        yield line;
    };
    const result = await execa(program, [...args, command], {
        ...(properties.dir !== undefined && { cwd: properties.dir }),
        env: {
            ...properties.environment,
            ...(addPreviousOutputInEnv && stdout !== "" && { PULUMI_COMMAND_STDOUT: stdout }),
            ...(addPreviousOutputInEnv && stderr !== "" && { PULUMI_COMMAND_STDERR: stderr }),
        },
        ...(properties.stdin === undefined ? { stdin: "ignore" } : { input: properties.stdin }),
        stdout: logging.startsWith("stdout") ? show : "pipe",
        stderr: logging === "stderr" || logging === "stdoutAndStderr" ? show : "pipe",
        cancelSignal: canceled,
        reject: false,
    });
    await shown;
    if (result.failed) {
        const cause = result.exitCode === undefined ? result.originalMessage : `exit code ${result.exitCode}`;
        const lines = result.stderr.split("\n").slice(-SHOWN_LINES);
        throw new Error([`The command failed: ${cause ?? result.signal ?? "canceled"}`, ...lines].join("\n"));
    }
    return { stdout: result.stdout, stderr: result.stderr };
}

await serve({
    name: "command",
    version: manifest.version,
    types: {
        "command:local:Logging": {
            type: "string",
            enum: ["stdout", "stderr", "stdoutAndStderr", "none"].map((value) => ({ value })),
        },
    },
    resources: {
        "command:local:Command": {
            schema,
            faults: (inputs) =>
                ["archivePaths", "assetPaths"]
                    .filter((property) => property in inputs)
                    .map((property) => ({ property, reason: "is not supported by this stand-in for the plugin" })),
            create: async (inputs, urn) => {
                const name = urn.split("::").slice(3).join("::");
                const output = await run((plain(inputs) as CommandProperties).create, urn, inputs);
                return { id: `${name}${randomBytes(4).toString("hex")}`, outs: { ...inputs, ...output } };
            },
            update: async (olds, news, urn) => {
                const { create, update = create } = plain(news) as CommandProperties;
                return { ...news, ...(await run(update, urn, news, olds)) };
            },
            delete: async (outputs, urn) => {
                await run((plain(outputs) as CommandProperties).delete, urn, outputs, outputs);
            },
        },
    },
});
