import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { stringify } from "yaml";
import { z } from "zod";
import { settingsSchema } from "../config/schema.ts";
import type { ResourceType } from "../dynamic-providers/resourceType.ts";
import { propertiesOf, type PropertySchema } from "./packageSchema.ts";
import { causes, withCommands } from "../verify/causes.ts";
import { commandFor, project } from "./pulumi.ts";
import { resourceTypes } from "./resourceTypes.ts";

/** A configuration key, as described by JSON Schema. */
interface Key {
    readonly type: string;
    readonly default: unknown;
    readonly description: string;
    readonly enum?: readonly string[];
    readonly secret?: boolean;
}

/** The configuration keys, in schema order. */
const keys = Object.entries(z.toJSONSchema(settingsSchema).properties ?? {}) as unknown as [string, Key][];

/**
 * The parts of the project's files that are generated from schemas and from the causes `npm run verify` reports: each file's
 * path and new text.
 */
export async function generatedFiles(): Promise<Record<string, string>> {
    const parts = {
        "Pulumi.yaml": { from: "\nconfig:\n", to: undefined, text: declarations() },
        "docs/configuration.md": { from: "<!-- keys -->\n", to: "<!-- end of keys -->", text: table() },
        "docs/resources.md": {
            from: "<!-- resources -->\n",
            to: "<!-- end of resources -->",
            text: resourceTypes.map(section).join(""),
        },
        "docs/troubleshooting.md": { from: "<!-- causes -->\n", to: "<!-- end of causes -->", text: causesTable() },
    };
    const files = Object.entries(parts).map(async ([path, { from, to, text }]) => {
        const file = join(project, path);
        const whole = withPart(await readFile(file, "utf8"), from, to, text);
        return [path, await format(whole, { ...(await resolveConfig(file)), filepath: file })] as const;
    });
    return Object.fromEntries(await Promise.all(files));
}

/** `Pulumi.yaml`: the keys for the CLI. */
function declarations(): string {
    const declared = keys.map(([key, { type, default: value, description }]) => [
        key,
        { type, default: value, description },
    ]);
    return stringify(Object.fromEntries(declared), { lineWidth: 0 }).replaceAll(/^/gm, "  ").trimEnd();
}

/** `docs/configuration.md`: the keys for people. */
function table(): string {
    const code = (value: unknown) => (value === "" ? "" : `\`${String(value)}\``);
    const rows = keys.map(([key, { type, default: value, description, enum: allowed, secret }]) => {
        const values = type === "boolean" ? ["true", "false"] : allowed?.filter((name) => name !== "");
        const kind =
            secret === true ? "secret" : (values?.map(code).join(", ") ?? (type === "integer" ? "number" : "text"));
        return [code(key), kind, code(value), description];
    });
    return markdownTable(["Key", "Value", "Default", "Meaning"], rows);
}

/** `docs/resources.md`: a resource type with its inputs, and the outputs its provider adds. */
function section({ name, description, inputs, outputs }: ResourceType): string {
    const { properties, required } = propertiesOf(inputs);
    const rows = Object.entries(properties).map(([key, schema]) => [
        `\`${key}\`${required.includes(key) ? "" : "?"}`,
        kindOf(schema),
        schema.default === undefined ? "" : `\`${JSON.stringify(schema.default)}\``,
        (schema.description ?? "") + (schema.replaces ? ". A change replaces the resource" : ""),
    ]);
    const added = Object.entries(propertiesOf(outputs).properties).map(([key, schema]) => [
        `\`${key}\``,
        kindOf(schema),
        schema.description ?? "",
    ]);
    return (
        `\n## ${name}\n\n${description}.\n` +
        markdownTable(["Input", "Type", "Default", "Meaning"], rows) +
        (added.length > 0 ? markdownTable(["Output", "Type", "Meaning"], added) : "")
    );
}

function kindOf(schema: PropertySchema): string {
    return typeName(schema) + (schema.secret ? ", secret" : "");
}

function typeName(schema: PropertySchema): string {
    const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
    if (values !== undefined) {
        return values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
    }
    if (schema.anyOf !== undefined) {
        return schema.anyOf.map(typeName).join(", ");
    }
    return schema.items ? `${typeName(schema.items)}[]` : [schema.type].flat().join(", ");
}

/** `docs/troubleshooting.md`: what `npm run verify` reports, worded as in its messages. */
function causesTable(): string {
    const rows = Object.values(causes).map(({ title, why, step, isWarning = false }) => [
        isWarning ? `${title} (warning)` : title,
        why,
        withCommands(step, (args) => commandFor(undefined).replace("ARGUMENTS", () => args)),
    ]);
    return markdownTable(["What is wrong", "Why", "What to do"], rows);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
    const lines = [
        head,
        head.map(() => "---"),
        ...rows.map((cells) => cells.map((cell) => cell.replaceAll("|", "\\|"))),
    ];
    return `\n${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n\n`;
}

function withPart(text: string, from: string, to: string | undefined, part: string): string {
    const start = text.indexOf(from) + from.length;
    const end = to === undefined ? text.length : text.indexOf(to);
    if (start < from.length || end < start) {
        throw new Error(`The place for generated text is missing: ${JSON.stringify(from)}`);
    }
    return text.slice(0, start) + part + text.slice(end);
}
