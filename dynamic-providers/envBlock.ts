import { parse } from "dotenv";

/** A `.env` file taken apart. The text is one character a byte (latin1), so that nothing of it is changed. */
export interface EnvText {
    /** What stands before the block. */
    readonly before: string;
    /** The block with its markers; `""` where there is none. */
    readonly block: string;
    /** What stands after the block; the whole text where there is none. */
    readonly after: string;
    /** Who keeps the block; `undefined` where there is none. */
    readonly owner: string | undefined;
    /** The block's variables. */
    readonly values: Readonly<Record<string, string>>;
}

const BLOCK = /^# BEGIN (\S+) \(managed by Pulumi: edits in here are undone\)\r?\n([\s\S]*?)^# END \1(?:\r?\n|$)/m;

/** Finds the managed block. */
export function parseEnvText(text: string): EnvText {
    const match = BLOCK.exec(text);
    const [block = "", owner, lines = ""] = match ?? [];
    const start = match?.index ?? 0;
    return {
        before: text.slice(0, start),
        block,
        after: text.slice(start + block.length),
        owner,
        values: parse(Buffer.from(lines, "latin1")),
    };
}

/** The text with the block in its old place, or else at the top: there it needs nothing of the lines around it. */
export function withBlock(text: EnvText, owner: string, values: Readonly<Record<string, string>>): string {
    const newline = (text.before + text.after).includes("\r\n") ? "\r\n" : "\n";
    const lines = [
        `# BEGIN ${owner} (managed by Pulumi: edits in here are undone)`,
        ...Object.entries(values).map(([key, value]) => `${key}=${quoted(value)}`),
        `# END ${owner}`,
        "",
    ];
    return text.before + Buffer.from(lines.join(newline), "utf8").toString("latin1") + text.after;
}

/** The variables that are set outside the block. */
export function valuesOutside(text: EnvText): Readonly<Record<string, string>> {
    return parse(Buffer.from(outsideOf(text), "latin1"));
}

/** The keys that are set outside the block too, each with its line number. */
export function conflicts(text: EnvText, keys: readonly string[]): { key: string; line: number }[] {
    const outside = outsideOf(text);
    const set = valuesOutside(text);
    return keys
        .filter((key) => key in set)
        .map((key) => {
            const at = outside.search(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${key}[ \\t]*[=:]`, "m"));
            return { key, line: outside.slice(0, at).split("\n").length };
        });
}

/** The text without the block, whose lines stay as empty ones, so that the others keep their numbers. */
function outsideOf({ before, block, after }: EnvText): string {
    return before + block.replaceAll(/[^\n]/g, "") + after;
}

/** Whether a value can be written so that Compose, python-dotenv and the others read it back as it is. */
export function isWritable(value: string): boolean {
    return !/[\r\n\0]/.test(value) && !(value.includes("'") && quoted(value) !== value);
}

/** A value as it is where nothing in it means anything to a reader, or else in single quotes: these are literal. */
function quoted(value: string): string {
    return /^[\w.:/?&=,@%+~-]*$/.test(value) ? value : `'${value}'`;
}
