import { expect, test } from "@jest/globals";
import { renderReadme } from "../../config/readme.ts";

test("a page's placeholders are filled in, also from inside an output", () => {
    const page = "# ${outputs.title}\n[home](${outputs.urls.home}), ${other}, $5";

    expect(renderReadme(page, { title: "MIT xPro", urls: { home: "http://xpro.odl.local:8053" } })).toBe(
        "# MIT xPro\n[home](http://xpro.odl.local:8053), ${other}, $5",
    );
});

test.each(["${outputs.nothing}", "${outputs.urls.nothing.at.all}", "${outputs.urls}"])("%s is an error", (page) => {
    expect(() => renderReadme(page, { urls: {} })).toThrow(`${page} in Pulumi.README.md does not name a text output.`);
});
