/** A variable that is set in a `.env` file. */
export interface Assignment {
    readonly key: string;
    /** `null` for a bare name, which takes the shell's value; `undefined` for a value that depends on other variables. */
    readonly value: string | null | undefined;
    /** The value as written, with its quotes. */
    readonly text: string;
    /** The first and last line that it spans, from 1. */
    readonly line: number;
    readonly lastLine: number;
}

/** What Compose can't parse, in which case it reads nothing from the file. */
export interface Unreadable {
    /** From 1. */
    readonly line: number;
    /** Never quotes the line, which may hold a secret. */
    readonly reason: string;
}

// Go's white space, as UTF-8 with one character per byte: within a line, and anywhere.
const SPACE = String.raw`(?:[\t\v\f\r ]|\xC2[\x85\xA0])`;
const WHITE = String.raw`(?:[\n\t\v\f\r ]|\xC2[\x85\xA0]|\xE1\x9A\x80|\xE2\x80[\x80-\x8A\xA8\xA9\xAF]|\xE2\x81\x9F|\xE3\x80\x80)`;

const BETWEEN = new RegExp(`(?:${WHITE}|#[^\\n]*)*`, "y");
const EXPORT = new RegExp(`export(?=[\\t\\n\\f\\r ])${SPACE}*`, "y");
const NAME = new RegExp(`([^=:\\n]*)(?:(\\n|$)|[=:]${SPACE}*)`, "y");
const VALUE = /'((?:\\[^]|[^'\\])*)'|"((?:\\[^]|[^"\\])*)"|(?!['"])([^\n]*)/y;
const REST_OF_LINE = /[^\n]*/y;
const TRAILING = new RegExp(`${WHITE}+$`);
const ALLOWED_NAME = /^[\p{L}\p{N}\t\v\f\r \x85\xA0_.\-[\]]*$/u;
const ESCAPE = /\\(?:([abfnrtv$"\\])|0([0-3][0-7]{2}))/g;
const ESCAPED = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", $: "$$", '"': '"', "\\": "\\" };
const VARIABLE = /\$(?:(\$)|[_a-z]\w*|\{(?:[_a-z]\w*(?::?[-+?][^\n]*)?\}|()))/gi;

/**
 * Parses a `.env` file by Compose's rules, which no Node.js package implements: names with a colon, bare names, more
 * assignments on the same line after quotes, quotes that span lines. After anything Compose can't parse, it continues with
 * the next line, as python-dotenv does.
 *
 * @param text - without a byte order mark; one character per byte (latin1).
 * @returns the assignments in order, and the first thing that Compose can't parse. It does not catch what only the values of
 * other variables make unreadable (`${NAME:?}`).
 *
 * Source: `dotenv/parser.go` and `template/template.go` of github.com/compose-spec/compose-go, version 2.
 */
export function readAssignments(text: string): {
    readonly assignments: readonly Assignment[];
    readonly unreadable: Unreadable | undefined;
} {
    const assignments: Assignment[] = [];
    let unreadable: Unreadable | undefined;
    let at = 0;
    const take = (pattern: RegExp): RegExpExecArray | undefined => {
        pattern.lastIndex = at;
        const match = pattern.exec(text) ?? undefined;
        at += match?.[0].length ?? 0;
        return match;
    };
    const lineAt = (offset: number) => text.slice(0, offset).split("\n").length;

    for (take(BETWEEN); at < text.length; take(BETWEEN)) {
        const start = at;
        take(EXPORT);
        const nameAt = at;
        const [, name = "", end] = take(NAME) ?? [];
        const valueAt = at;
        const isMissing = nameAt === text.length;
        const read =
            nameFault(name, isMissing, end === "") ?? (end === undefined ? valueOf(take(VALUE)) : { value: null });
        if ("fault" in read) {
            unreadable ??= { line: lineAt(start), reason: read.fault };
            at = nameAt;
            take(REST_OF_LINE);
        } else {
            assignments.push({
                key: trimmed(utf8(name)),
                value: read.value,
                text: utf8(text.slice(valueAt, at)),
                line: lineAt(start),
                lastLine: lineAt(end === undefined ? at : valueAt - end.length),
            });
        }
    }
    return { assignments, unreadable };
}

interface Fault {
    readonly fault: string;
}

/** @param isLast - whether it is a bare name at the very end, which Compose takes for a value without a name. */
function nameFault(name: string, isMissing: boolean, isLast: boolean): Fault | undefined {
    const written = utf8(name);
    if (isMissing) {
        return { fault: "export stands without a name" };
    }
    if (!ALLOWED_NAME.test(written)) {
        return { fault: "a name has a character that is not allowed there" };
    }
    return !isLast && trimmed(written).includes(" ") ? { fault: "a name has a space in it" } : undefined;
}

/** A value without its quotes and escapes. Compose expands variables except in single quotes. */
function valueOf(match: RegExpExecArray | undefined): { readonly value: string | undefined } | Fault {
    if (match === undefined) {
        return { fault: "quotes are not closed" };
    }
    const [, single, double, bare = ""] = match;
    if (single !== undefined) {
        return { value: utf8(single.replaceAll("\\'", "'")) };
    }
    const template = double === undefined ? bare.split(" #", 1).join("").replace(TRAILING, "") : unescaped(double);
    const variables = [...template.matchAll(VARIABLE)];
    if (variables.some(([, , invalid]) => invalid !== undefined)) {
        return { fault: "a value has ${ without a variable and }" };
    }
    const isLiteral = variables.every(([, dollar]) => dollar !== undefined);
    return { value: isLiteral ? utf8(template.replaceAll("$$", () => "$")) : undefined };
}

function unescaped(quoted: string): string {
    return quoted
        .replaceAll('\\"', '"')
        .replaceAll(ESCAPE, (_all, letter: keyof typeof ESCAPED | undefined, octal: string) =>
            letter === undefined ? latin1(String.fromCodePoint(parseInt(octal, 8))) : ESCAPED[letter],
        );
}

function trimmed(name: string): string {
    return name.replace(/[\s\x85]+$/u, "");
}

function utf8(text: string): string {
    return Buffer.from(text, "latin1").toString("utf8");
}

function latin1(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}
