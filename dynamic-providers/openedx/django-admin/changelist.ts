import { parseAdminPage, utcOffset, type AdminPath } from "./adminPage.ts";

/** A row of an admin list. */
export interface Row {
    /** The object's primary key. */
    readonly id: string;
    /** The text of each cell by column; booleans are `True` and `False`. */
    readonly cells: ReadonlyMap<string, string>;
}

/** An admin list, or one page of it. */
export interface Changelist {
    readonly rows: readonly Row[];
    /** The number of the list's last page, starting at 1. */
    readonly lastPage: number;
    /** The server's offset from UTC in milliseconds. */
    readonly utcOffset: number;
}

/** A page of a model's admin list, or `undefined` if this is another page or its rows can't be read. */
export function parseChangelist(html: string, path: AdminPath): Changelist | undefined {
    const $ = parseAdminPage(html, path, "change-list");
    if ($ === undefined || $("#changelist").length === 0) {
        return undefined;
    }
    const rows = $("#result_list tbody tr")
        .toArray()
        .map((row): Row | undefined => {
            const id = /\/(\d+)\/change\//.exec($(row).find("a[href*='/change/']").attr("href") ?? "")?.[1];
            const cells = $(row)
                .find("[class*='field-']")
                .toArray()
                .map((cell): [string, string] => [
                    /\bfield-([\w-]+)/.exec($(cell).attr("class") ?? "")?.[1] ?? "",
                    $(cell).find("img[alt]").attr("alt") ?? $(cell).text().trim(),
                ]);
            return id === undefined ? undefined : { id, cells: new Map(cells) };
        });
    const pages = $(".paginator a")
        .toArray()
        .map((link) => Number(new URLSearchParams($(link).attr("href")).get("p")));
    return rows.every((row) => row !== undefined)
        ? { rows, lastPage: Math.max(1, ...pages), utcOffset: utcOffset($) }
        : undefined;
}
