import { parseAdminPage, type AdminPath } from "./adminPage.ts";

/** The admin's page that asks to confirm a deletion: it offers to, with a token, or says what keeps the object. */
export type Deletion = { readonly csrfToken: string } | "kept";

/**
 * The admin's page to confirm a deletion, or `undefined` where the page is another one. An object is kept where others
 * that refer to it are protected, or must not be deleted in the admin.
 */
export function parseDeletion(html: string, path: AdminPath): Deletion | undefined {
    const $ = parseAdminPage(html, path, "delete-confirmation");
    const form = $?.("form").has("input[name=post][value=yes]");
    const csrfToken = form?.find("input[name=csrfmiddlewaretoken]").attr("value");
    if (csrfToken !== undefined) {
        return { csrfToken };
    }
    // Without a form the page is a list of what keeps the object.
    return form?.length === 0 && $?.("#content ul li").length !== 0 ? "kept" : undefined;
}
