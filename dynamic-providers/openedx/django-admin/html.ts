import { createRequire } from "node:module";
import type { CheerioAPI } from "cheerio/slim";

const require = createRequire(import.meta.url);

/**
 * Parses a page the way browsers do (by the HTML standard), without the parts of cheerio that fetch and decode documents.
 * Both libraries load with the first page: a run without changes needs none.
 */
export function parseHtml(html: string): CheerioAPI {
    const { load } = require("cheerio/slim") as typeof import("cheerio/slim");
    const { parse } = require("parse5") as typeof import("parse5");
    const { adapter } = require("parse5-htmlparser2-tree-adapter") as typeof import("parse5-htmlparser2-tree-adapter");
    return load(parse(html, { treeAdapter: adapter }));
}
