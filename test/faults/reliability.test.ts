import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { project } from "../../toolchain/pulumi.ts";
import { RELIABILITY } from "./reliability.ts";

test("each guarantee and limit of docs/reliability.md names an existing test", async () => {
    const text = await readFile(RELIABILITY, "utf8");
    const named = [...text.matchAll(/\| `(test\/[\w/-]+\.test\.ts)`: (.+?) +\|$/gm)];
    expect(named.length).toBeGreaterThan(10);
    for (const [, file = "", title = ""] of named) {
        expect(await readFile(join(project, file), "utf8")).toContain(title);
    }
});

test("the table of docs/reliability.md has no wrong case, and none without its fault", async () => {
    const text = await readFile(RELIABILITY, "utf8");
    const [, faults = "0"] = /^(\d+) faults: .* 0 wrong, 0 not injected\. By profile: /m.exec(text) ?? [];
    expect(Number(faults)).toBeGreaterThan(1000);
});

test("docs/reliability.md counts the runs of Pulumi itself, all of which end as in the model", async () => {
    const text = await readFile(RELIABILITY, "utf8");
    const [, ran, agreeing] = /^Pulumi itself ran (\d+) of .* It ended (\d+) as the model does: /m.exec(text) ?? [];
    expect(Number(ran)).toBeGreaterThan(30);
    expect(agreeing).toBe(ran);
});
