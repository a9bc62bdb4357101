import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import {
    conflicts,
    effectiveValues,
    isWritable,
    parseDotEnv,
    withBlock,
    withoutBlock,
} from "../../../dynamic-providers/files/dotEnvBlock.ts";
import { readAssignments } from "../../../dynamic-providers/files/dotEnvSyntax.ts";
import { describeCompose } from "../../support/compose.ts";
import { randomNumbers, type Reading, readByCompose, readByPython } from "../../support/envFiles.ts";

const COUNT = 3000;
/** How many files that Compose can't read to try: each takes a run of its own. */
const UNREADABLE = 12;
const owner = "project/stack";

const random = randomNumbers(20260801);
const oneOf = <Value>(...values: readonly Value[]): Value => values[Math.floor(random() * values.length)] as Value;
const some = (from: number, to: number, make: () => string, separator = "") =>
    Array.from({ length: from + Math.floor(random() * (to - from + 1)) }, make).join(separator);

const utf8 = (text: string) => Buffer.from(text, "utf8").toString("latin1");
const managed = ["OPENEDX_IP", "OPENEDX_API_CLIENT_SECRET", "LOGOUT_REDIRECT_URL", "MAILGUN_KEY"];
const own = [
    "DEBUG",
    "SECRET_KEY",
    "A.B-c[0]",
    utf8("GRÖSSE"),
    "__proto__",
    "constructor",
    "toString",
    "lower",
    "9LIVES",
];
const word = () =>
    some(0, 4, () =>
        oneOf(
            "a",
            "B7",
            "_",
            "-",
            "/",
            ":",
            "=",
            "@",
            "#",
            "%",
            "*",
            "\\",
            "\\n",
            ".",
            ",",
            "!",
            "{",
            "}",
            utf8("é"),
            "\xe9",
            utf8("\u00a0"),
        ),
    );
const variable = () =>
    oneOf("$DEBUG", "${SECRET_KEY}", "${lower:-none}", "${DEBUG-}", "$$", "$$HOME", "5$", "$9", "\\$x");
const bare = () =>
    some(0, 3, () => oneOf(word(), word(), variable(), "'", '"'), oneOf(" ", "")).replace(/^[\s'"]+/, "");
const single = (breakLine: string) =>
    `'${some(0, 3, () => oneOf(word(), '"', variable(), "\\'", breakLine), " ").replace(/\\(?=$| )/g, "/")}'`;
const double = (breakLine: string) =>
    `"${some(0, 3, () => oneOf(word(), "'", variable(), '\\"', "\\\\", "\\t", "\\0101", breakLine), " ").replace(/\\(?=$| )/g, "/")}"`;
const space = () => oneOf("", "", "", " ", "\t");

function assignment(keys: readonly string[], breakLine: string): string {
    const key = oneOf(...keys);
    const value = oneOf("", bare(), bare(), single(breakLine), double(breakLine));
    const comment = oneOf("", "", " # a note", "\t# it's");
    return oneOf(
        () => `${space()}${oneOf("", "", "export ")}${key}${space()}=${space()}${value}${comment}`,
        () => `${key}=${value}`,
        () => `${key}=${value}`,
        // python-dotenv doesn't support such lines, and reads their continuations as separate lines.
        () => (/[\r\n]/.test(value) ? key : `${key}: ${value}`),
        () => key,
    )();
}

function line(breakLine: string): string {
    return oneOf(
        () => assignment([...managed, ...own], breakLine),
        () => assignment([...managed, ...own], breakLine),
        () => assignment(own, breakLine),
        () => oneOf("", " ", "# a comment", "  # it's another", "#", utf8("# \u00fc"), "# \xfc"),
        // Several assignments on a line.
        () => (random() < 0.2 ? `A=${single("")} B=${double("")}` : ""),
        // Lines that Compose can't read.
        () =>
            random() < 0.05 ? oneOf("A+B=1", "A B=1", "A B", "C='", 'D="', "E=${", "F=${1}", "\xe9=1", "export") : "",
    )();
}

/** A `.env` file such as a developer may have. */
function file(): string {
    const ends = oneOf(["\n"], ["\n"], ["\r\n"], ["\n", "\r\n"], ["\r"], ["\n", "\r"]);
    const lines = some(0, 8, () => line(oneOf(...ends)) + oneOf(...ends));
    return oneOf("", "", "", "\xef\xbb\xbf") + oneOf(lines, lines, lines.trimEnd());
}

const value = () => some(0, 5, () => oneOf(word(), "'", '"', " ", "$", "${", "\\", "#", utf8("ü")));

describeCompose("real-world `.env` files", () => {
    let folder: string;
    const files = Array.from({ length: COUNT }, () => {
        const text = file();
        const made = managed.map((key) => [key, Buffer.from(value(), "latin1").toString("utf8")] as const);
        const values: Reading = Object.fromEntries(made.filter(([, written]) => isWritable(written)));
        return { text, values, parsed: parseDotEnv(text), ...readAssignments(text.replace(/^\xEF\xBB\xBF/, "")) };
    }).filter(({ parsed, values }) => conflicts(parsed, values).every(({ isShared }) => !isShared));
    const readable = files.filter(({ unreadable }) => unreadable === undefined);
    const after = files.map(({ parsed, values }) => withBlock(parsed, owner, values));
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "env-readers-"));
    });
    afterAll(() => rm(folder, { recursive: true }));
    const write = (texts: readonly string[], name: string) =>
        Promise.all(
            texts.map(async (text, index) => {
                const path = join(folder, `${name}-${index}.env`);
                await writeFile(path, text, "latin1");
                return path;
            }),
        );

    test("are many, of both kinds", () => {
        expect(readable.length).toBeGreaterThan(COUNT / 2);
        expect(files.length - readable.length).toBeGreaterThan(UNREADABLE);
    });

    test("are read here as Compose reads them", async () => {
        const readings = await readByCompose(
            await write(
                readable.map(({ text }) => text),
                "read",
            ),
            folder,
        );

        readable.forEach(({ text, assignments }, index) => {
            const here = Object.fromEntries(assignments.map(({ key, value: read }) => [key, read]));
            // Compose drops bare names that the shell doesn't set; values that depend on other variables aren't
            // resolved here.
            const compose = Object.entries(here).map(([key, read]) => [
                key,
                read === undefined || read === null ? read : readings[index]?.[key],
            ]);
            expect([text, here]).toStrictEqual([text, Object.fromEntries(compose)]);
        });
    });

    test("can't be read by Compose if they can't be read here", async () => {
        const some = files
            .flatMap(({ text, unreadable }) => (unreadable === undefined ? [] : text))
            .slice(0, UNREADABLE);
        for (const path of await write(some, "unreadable")) {
            await expect(readByCompose([path], folder)).rejects.toThrow(`failed to read ${path}`);
        }
    });

    test("are read by Compose as before once the block is added, and the block as intended", async () => {
        const texts = files.flatMap(({ text, unreadable }, index) =>
            unreadable ? [] : [[text, after[index] ?? ""] as const],
        );
        const before = await readByCompose(
            await write(
                texts.map(([text]) => text),
                "before",
            ),
            folder,
        );
        const now = await readByCompose(
            await write(
                texts.map(([, text]) => text),
                "after",
            ),
            folder,
        );

        readable.forEach((each, index) => {
            expect([each.text, now[index]]).toStrictEqual([each.text, { ...before[index], ...each.values }]);
        });
    });

    test("are read by python-dotenv as before once the block is added, and the block as intended", async () => {
        // Only in python-dotenv does a lone carriage return end a line.
        const alike = files.filter(({ text }) => !/\r(?!\n)/.test(text));
        const blocks = alike.map(({ parsed, values }) => withBlock(parsed, owner, values));
        const before = await readByPython(
            await write(
                alike.map(({ text }) => text),
                "before",
            ),
        );
        const now = await readByPython(await write(blocks, "after"));

        alike.forEach((each, index) => {
            expect([each.text, now[index]]).toStrictEqual([each.text, { ...before[index], ...each.values }]);
        });
    });

    test("are restored byte for byte when the block is removed", () => {
        files.forEach(({ text }, index) => {
            expect(withoutBlock(parseDotEnv(after[index] ?? ""))).toBe(text);
        });
    });

    test("return what was written when the block is read again, in any order", () => {
        files.forEach(({ values, text }, index) => {
            const parsed = parseDotEnv(after[index] ?? "");
            expect([text, effectiveValues(parsed)]).toStrictEqual([text, values]);
            expect(withBlock(parsed, owner, values)).toBe(after[index]);
        });
    });
});
