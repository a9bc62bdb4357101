import type { CheerioAPI } from "cheerio/slim";
import { parseHtml } from "./html.ts";

/** The parts of an admin path such as `/admin/sites/site/5/change/`. */
export interface AdminPath {
    /** The model's list, `/admin/sites/site/`. */
    readonly list: string;
    /** The Django app, `sites`. */
    readonly app: string;
    /** The model, `site`. */
    readonly model: string;
    /** The object's primary key, `5`; `undefined` for the list and for the page that adds an object. */
    readonly id: string | undefined;
}

/** Parses the path of an admin page. Paths come from this program itself, so a wrong one is a bug. */
export function adminPath(path: string): AdminPath {
    const [, list, app, model, id] = /^(\/admin\/(\w+)\/(\w+)\/)(?:(\d+)\/)?/.exec(path) ?? [];
    if (list === undefined || app === undefined || model === undefined) {
        throw new TypeError(`${path} is no page of a model in the admin`);
    }
    return { list, app, model, id };
}

/**
 * Parses an admin page of one kind, or returns `undefined` for any other page: Django puts the app, the model, and the kind
 * in the classes of the page's body.
 */
export function parseAdminPage(
    html: string,
    { app, model }: AdminPath,
    kind: "change-list" | "delete-confirmation",
): CheerioAPI | undefined {
    const $ = parseHtml(html);
    return $(`body.app-${app}.model-${model}.${kind}`).length === 0 ? undefined : $;
}

/** The server's offset from UTC in milliseconds: Django's admin gives it to its own scripts, in seconds. */
export function utcOffset($: CheerioAPI): number {
    return Number($("body").attr("data-admin-utc-offset") ?? 0) * 1000;
}
