import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execa } from "execa";
import { newestTutorRelease } from "../../config/tutorPlugin.ts";
import { configurationIn, enabledPlugins } from "../../dynamic-providers/tutor/tutor.ts";
import { tutorCommand } from "./tutor.ts";

/** Prints the plugins in each file, as Tutor reads them; `null` for one that it can't read. */
const READ = `
import json, sys
from tutor import exceptions, serialize

def plugins(path):
    try:
        with open(path, encoding="utf-8") as file:
            found = (serialize.load(file) or {}).get("PLUGINS")
    except Exception:
        return None
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

print(json.dumps([plugins(path) for path in sys.argv[1:]]))
`;

/** Forms of a `config.yml` that people have, by what is special to each. */
const forms = {
    "a list": "PLUGINS:\n- mfe\n- indigo\n",
    "a list in one line": "PLUGINS: [mfe, 'indigo', \"mit-integration\"]\n",
    "a key that is there twice": "PLUGINS: [mfe]\nLMS_HOST: a\nPLUGINS: [indigo]\n",
    "a key inside that is there twice": "OTHER: {a: 1, a: 2}\nPLUGINS: [mfe]\n",
    "a merge key": "common: &common\n  PLUGINS: [mfe]\n<<: *common\nLMS_HOST: a\n",
    "a merge key that is overridden": "common: &common {PLUGINS: [mfe]}\nPLUGINS: [indigo]\n<<: *common\n",
    "merge keys of a list": "a: &a {PLUGINS: [mfe]}\nb: &b {PLUGINS: [indigo]}\n<<: [*a, *b]\n",
    "an anchor": "list: &list [mfe, indigo]\nPLUGINS: *list\n",
    "names that are truth values, numbers and dates of YAML 1.1":
        "PLUGINS: [yes, no, on, off, 1_000, 0o17, 017, 1:20, 2026-11-25, ~, mfe]\n",
    "truth values as keys": "yes: 1\non: 2\nPLUGINS: [mfe]\n",
    "a mark at its start": "\ufeffPLUGINS: [mfe]\n",
    "Windows's line ends": "PLUGINS:\r\n- mfe\r\n- indigo\r\n",
    "a document's start and end": "---\nPLUGINS: [mfe]\n...\n",
    "a directive": "%YAML 1.1\n---\nPLUGINS: [mfe]\n",
    "a tag of YAML": "PLUGINS: !!seq [!!str mfe, !!str 12]\n",
    "binary data and sets": "data: !!binary aGVsbG8=\nset: !!set {a, b}\nPLUGINS: [mfe]\n",
    "templates and long texts": "WELCOME: |\n  {{ LMS_HOST }}: {% if x %}\n  - y\nNAME: '{{ A }}'\nPLUGINS: [mfe]\n",
    comments: "# PLUGINS: [no]\nPLUGINS: # yes\n- mfe # one\n#- indigo\n",
    "plugins that are no list": "PLUGINS: mfe\n",
    "nothing but a comment": "# empty\n",
    "a list that is not closed": "PLUGINS: [mfe\nA: b\n",
    "a tag of its own": "PLUGINS: [mfe]\nPASSWORD: !vault abc\n",
    "a tag of Python": "PLUGINS: [mfe]\nHOME: !!python/object/apply:os.getenv [HOME]\n",
    "an anchor that is not there": "PLUGINS: *list\n",
    "two documents": "PLUGINS: [mfe]\n---\nPLUGINS: [indigo]\n",
    "a tab for an indentation": "PLUGINS:\n\t- mfe\n",
};

let folder: string;
beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tutor-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("Tutor's configuration is read as Tutor reads it, in every form", async () => {
    const roots = await Promise.all(
        Object.values(forms).map(async (text, index) => {
            const root = await mkdtemp(join(folder, `${index}-`));
            await writeFile(configurationIn(root), text);
            return root;
        }),
    );
    const python = join(tutorCommand(newestTutorRelease), "..", "python");
    const { stdout } = await execa(python, ["-c", READ, ...roots.map(configurationIn)]);

    const ours = await Promise.all(roots.map((root) => enabledPlugins(root).catch(() => null)));
    const byForm = (plugins: readonly unknown[]) =>
        Object.fromEntries(Object.keys(forms).map((form, index) => [form, plugins[index]]));

    expect(byForm(ours)).toStrictEqual(byForm(JSON.parse(stdout) as unknown[]));
});
