import { parseHtml } from "./html.ts";

/** A row of an admin list. */
export interface Row {
    /** The object's primary key. */
    readonly id: string;
    /** The texts of the cells by column; booleans are `True` and `False`. */
    readonly cells: ReadonlyMap<string, string>;
}

/** The rows of an admin list page; none where the page has no result list. */
export function parseChangelist(html: string): Row[] {
    const $ = parseHtml(html);
    return $("#result_list tbody tr")
        .toArray()
        .flatMap((row) => {
            const id = /\/(\d+)\/change\//.exec($(row).find("a[href*='/change/']").attr("href") ?? "")?.[1];
            const cells = $(row)
                .find("[class*='field-']")
                .toArray()
                .map((cell): [string, string] => [
                    /\bfield-([\w-]+)/.exec($(cell).attr("class") ?? "")?.[1] ?? "",
                    $(cell).find("img[alt]").attr("alt") ?? $(cell).text().trim(),
                ]);
            return id === undefined ? [] : [{ id, cells: new Map(cells) }];
        });
}
