import { type Assignment, readAssignments, type Unreadable } from "./dotEnvSyntax.ts";

/** A parsed `.env` file. Its text has one character per byte (latin1), so every byte survives. */
export interface DotEnv {
    /** The UTF-8 byte order mark at the start of the file; `""` if there is none. */
    readonly bom: string;
    /** Every line as its developer wrote it. Lines of the block are empty, so that the others keep their line numbers. */
    readonly lines: readonly string[];
    /** The indexes of lines commented out with {@link MARK}. */
    readonly taken: ReadonlySet<number>;
    /** The index of the block's first line, and the number of lines in it. */
    readonly block: { readonly start: number; readonly length: number };
    /** The block's owner; `undefined` if there is no block. */
    readonly owner: string | undefined;
    /** The block's variables. */
    readonly values: Readonly<Record<string, string>>;
}

/** The prefix of a line that is commented out while the block sets its variable. */
export const MARK = "# taken over by Pulumi: ";

const BOM = "\xEF\xBB\xBF";
const BLOCK =
    /(?<![^\n])# BEGIN (\S+) \(managed by Pulumi: edits in here are undone\)\r?\n([\s\S]*?)(?<![^\n])# END \1(?:\r?\n|$)/;

/** Finds the managed block and the lines commented out for it. */
export function parseDotEnv(text: string): DotEnv {
    const bom = text.startsWith(BOM) ? BOM : "";
    const body = text.slice(bom.length);
    const match = BLOCK.exec(body);
    const [block = "", owner, inside = ""] = match ?? [];
    const start = match?.index ?? 0;
    const blank = "\n".repeat(breaksIn(block));
    const marked = `${body.slice(0, start)}${blank}${body.slice(start + block.length)}`.split("\n");
    return {
        bom,
        lines: marked.map((line) => (line.startsWith(MARK) ? line.slice(MARK.length) : line)),
        taken: new Set(marked.flatMap((line, index) => (line.startsWith(MARK) ? index : []))),
        block: { start: breaksIn(body.slice(0, start)), length: blank.length },
        owner,
        values: lastValues(readAssignments(inside).assignments),
    };
}

/**
 * The text with the block where it was before, or else at the top, where it does not depend on the lines around it. Lines
 * that set one of its variables to something else are commented out; lines of a variable that left the block are restored.
 */
export function withBlock(text: DotEnv, owner: string, values: Readonly<Record<string, string>>): string {
    const newline = text.lines.slice(0, -1).some((line) => line.endsWith("\r")) ? "\r\n" : "\n";
    const block = [
        `# BEGIN ${owner} (managed by Pulumi: edits in here are undone)`,
        ...Object.entries(values).map(([key, value]) => `${key}=${written(value) ?? ""}`),
        `# END ${owner}`,
        "",
    ].join(newline);
    const taken = new Set(
        assignmentsOutside(text)
            .filter(
                (assignment) =>
                    Object.hasOwn(values, assignment.key) &&
                    (isTaken(text, assignment) || assignment.value !== values[assignment.key]),
            )
            .flatMap(linesOf),
    );
    return aroundBlock(text, Buffer.from(block, "utf8").toString("latin1"), (index) => taken.has(index));
}

/** The text as its developer wrote it: no block, and no line commented out for it. */
export function withoutBlock(text: DotEnv): string {
    return aroundBlock(text, "", () => false);
}

/** The variables as the developer set them outside the block, including lines commented out for it. */
export function valuesOutside(text: DotEnv): Readonly<Record<string, string>> {
    return lastValues(assignmentsOutside(text));
}

/** The first thing outside the block that Compose can't read. */
export function unreadableOutside({ lines }: DotEnv): Unreadable | undefined {
    return readAssignments(lines.join("\n")).unreadable;
}

/** The block's variables as a reader sees them: a line outside the block wins if it comes after the block. */
export function effectiveValues(text: DotEnv): Readonly<Record<string, string>> {
    const later = assignmentsOutside(text).filter(
        (assignment) =>
            Object.hasOwn(text.values, assignment.key) &&
            !isTaken(text, assignment) &&
            assignment.line > text.block.start,
    );
    return { ...text.values, ...lastValues(later) };
}

/** A line outside the block that sets one of its variables to something else. */
export interface Conflict {
    readonly key: string;
    /** Its line number in the file, from 1. */
    readonly line: number;
    /** Whether the line also sets another variable and so can't be commented out. */
    readonly isShared: boolean;
}

/**
 * The lines that can't be commented out without asking. A line without a value can be, and so can a list of Compose profiles
 * that the block's list includes. A line with the block's own value stays.
 *
 * @param values - the variables of the new block; `undefined`: not known yet, perhaps the block's present value.
 */
export function conflicts(text: DotEnv, values: Readonly<Record<string, string | undefined>>): Conflict[] {
    const outside = assignmentsOutside(text);
    return outside.flatMap((assignment) => {
        const { key, line } = assignment;
        if (!Object.hasOwn(values, key) || isTaken(text, assignment)) {
            return [];
        }
        const value = values[key] ?? text.values[key];
        if (assignment.value === value) {
            return [];
        }
        const lines = linesOf(assignment);
        const isShared = outside.some(
            (other) => other !== assignment && linesOf(other).some((index) => lines.includes(index)),
        );
        return isShared || !isIncluded(assignment, value) ? { key, line, isShared } : [];
    });
}

/** A list of profiles in Compose's format, without duplicates. */
export function joinProfiles(...lists: readonly string[]): string {
    return [...new Set(lists.flatMap(profilesIn))].join(",");
}

/** Whether a value can be written so that Compose and python-dotenv read it back unchanged. */
export function isWritable(value: string): boolean {
    return written(value) !== undefined;
}

/**
 * A value as is if nothing in it is special to a reader, or else quoted. python-dotenv expands `${NAME}` in any quotes,
 * reads two backslashes as one, and takes a trailing one as escaping the closing quote.
 */
function written(value: string): string | undefined {
    if (/[\r\n\0]|\$\{[^}:]*(?::-[^}]*)?\}/.test(value)) {
        return undefined;
    }
    const forms = [
        [/^[\w.:/?&=,@%+~-]*$/, value],
        [/^(?:[^'\\]|\\(?=[^'\\]))*$/, `'${value}'`],
        [/^[^\s'"$#](?:[^\s$]|\s+(?=[^\s$#]))*$/, value],
        [/^(?:[^$]|\$(?![$_a-z{]))*(?<!\\)$/i, `"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`],
    ] as const;
    return forms.find(([isSafe]) => isSafe.test(value))?.[1];
}

function aroundBlock(text: DotEnv, block: string, isMarked: (index: number) => boolean): string {
    const { start, length } = text.block;
    const lines = text.lines.map((line, index) => (isMarked(index) ? MARK + line : line));
    const before = lines.slice(0, start).map((line) => `${line}\n`);
    return [text.bom, ...before, block, lines.slice(start + length).join("\n")].join("");
}

function assignmentsOutside({ lines }: DotEnv): readonly Assignment[] {
    return readAssignments(lines.join("\n")).assignments;
}

function isTaken({ taken }: DotEnv, assignment: Assignment): boolean {
    return linesOf(assignment).every((index) => taken.has(index));
}

/** Whether nothing is lost if the block's value replaces a developer's assignment. */
function isIncluded({ key, value }: Assignment, ofBlock = ""): boolean {
    const profiles = profilesIn(ofBlock);
    const hasProfiles = () => profilesIn(value ?? "$").every((name) => profiles.includes(name));
    return value === "" || value === null || (key === "COMPOSE_PROFILES" && hasProfiles());
}

function profilesIn(list: string): string[] {
    return list
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "");
}

/** The indexes of the lines that an assignment spans. */
function linesOf({ line, lastLine }: Assignment): number[] {
    return Array.from({ length: lastLine - line + 1 }, (_, index) => line - 1 + index);
}

/** A value that depends on other variables is kept as written. */
function lastValues(assignments: readonly Assignment[]): Readonly<Record<string, string>> {
    return Object.fromEntries(assignments.map(({ key, value, text }) => [key, value ?? text]));
}

function breaksIn(text: string): number {
    return text.split("\n").length - 1;
}
