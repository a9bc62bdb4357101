import { load, type CheerioAPI } from "cheerio/slim";
import { parse } from "parse5";
import { adapter } from "parse5-htmlparser2-tree-adapter";

/** A page as browsers read it (HTML's own parser), without the parts of cheerio that fetch and decode documents. */
export function parseHtml(html: string): CheerioAPI {
    return load(parse(html, { treeAdapter: adapter }));
}
