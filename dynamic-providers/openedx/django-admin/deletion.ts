import { parseAdminPage, type AdminPath } from "./adminPage.ts";

/** The admin's delete confirmation page: it either has a form, with a CSRF token, or lists what keeps the object. */
export type Deletion = { readonly csrfToken: string } | "kept";

/**
 * Parses the admin's delete confirmation page, or returns `undefined` if this is another page. An object is kept if objects
 * that refer to it are protected or can't be deleted in the admin.
 */
export function parseDeletion(html: string, path: AdminPath): Deletion | undefined {
    const $ = parseAdminPage(html, path, "delete-confirmation");
    const form = $?.("form").has("input[name=post][value=yes]");
    const csrfToken = form?.find("input[name=csrfmiddlewaretoken]").attr("value");
    if (csrfToken !== undefined) {
        return { csrfToken };
    }
    // Without a form, the page lists what keeps the object.
    return form?.length === 0 && $?.("#content ul li").length !== 0 ? "kept" : undefined;
}
