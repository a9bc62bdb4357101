import type { CheerioAPI } from "cheerio/slim";
import { parseHtml } from "./html.ts";

/** A new value for a form field: text, or a checkbox on or off. */
export type FieldValue = string | boolean;

/** An admin form as the server rendered it, and the changes to post with it. */
export class AdminForm {
    /** The path it was loaded from and is posted to: admin forms have no `action`. */
    readonly path: string;
    readonly formId: string;
    readonly multipart: boolean;
    readonly document: CheerioAPI;
    /** The changes, by field name. */
    readonly changes = new Map<string, FieldValue>();
    readonly #rendered: ReadonlyMap<string, string[]>;
    readonly #fields: ReadonlySet<string>;

    private constructor(path: string, formId: string, document: CheerioAPI) {
        this.path = path;
        this.formId = formId;
        this.document = document;
        const form = document(`#${formId}`);
        this.multipart = form.attr("enctype") === "multipart/form-data";
        this.#rendered = grouped(form.serializeArray());
        this.#fields = new Set(
            form
                .find("[name]")
                .toArray()
                .map((field) => document(field).attr("name") ?? ""),
        );
    }

    /** The form with that id on a page, or `undefined`. Never just the page's first form, which is the sign-out button. */
    static parse(path: string, formId: string, html: string): AdminForm | undefined {
        const document = parseHtml(html);
        return document(`form#${formId}`).length === 0 ? undefined : new AdminForm(path, formId, document);
    }

    /** Whether there is nothing to fill in: the user may view the object but not change it. */
    get isReadOnly(): boolean {
        return this.document(`#${this.formId}`).find("input:not([type=hidden]), select, textarea").length === 0;
    }

    /** Whether the server's version of the form has the field. */
    has(field: string): boolean {
        return this.#fields.has(field);
    }

    /** A field's text as the server rendered it; `""` if it is blank or missing. */
    text(field: string): string {
        return (this.#rendered.get(field)?.[0] ?? "").replaceAll("\r\n", "\n");
    }

    /** Whether a checkbox is checked, as the server rendered it. */
    checked(field: string): boolean {
        return this.#rendered.has(field);
    }

    /** A select's options: the value for each text. */
    options(field: string): ReadonlyMap<string, string> {
        const options = this.document(`#${this.formId} select[name="${field}"] option`).toArray();
        return new Map(
            options.map((option) => [this.document(option).text().trim(), this.document(option).attr("value") ?? ""]),
        );
    }

    /** The names of the form's inline formsets, for instance `profile`. */
    inlines(): string[] {
        return [...this.#rendered.keys()]
            .filter((field) => field.endsWith("-TOTAL_FORMS"))
            .map((field) => field.slice(0, -"-TOTAL_FORMS".length));
    }

    /** Fills in fields. Skips fields that the server's version does not have. */
    fill(values: Readonly<Record<string, FieldValue>>): this {
        for (const [field, value] of Object.entries(values)) {
            if (this.has(field)) {
                this.changes.set(field, value);
            }
        }
        return this;
    }

    /** A copy of the form with more fields filled in; this one does not change. */
    with(values: Readonly<Record<string, FieldValue>>): AdminForm {
        const copy = new AdminForm(this.path, this.formId, this.document);
        return copy.fill(Object.fromEntries(this.changes)).fill(values);
    }

    /** Whether posting the form would change what the server rendered. */
    differs(): boolean {
        return [...this.changes].some(([field, value]) =>
            typeof value === "boolean" ? value !== this.checked(field) : value !== this.text(field),
        );
    }

    /** What a browser would post: the rendered values, the changes, and the button that stays on the object. */
    body(): URLSearchParams | FormData {
        const values = new Map(this.#rendered);
        for (const [field, value] of this.changes) {
            if (value === false) {
                values.delete(field);
            } else {
                values.set(field, [value === true ? "on" : value]);
            }
        }
        // With `_continue`, the response's Location names the object, so its id takes no second request.
        values.set("_continue", ["1"]);
        const body = this.multipart ? new FormData() : new URLSearchParams();
        for (const [field, texts] of values) {
            for (const text of texts) {
                body.append(field, text);
            }
        }
        return body;
    }
}

/**
 * The server's validation messages for a posted form, by field name; `""` holds those that belong to no single field. Empty
 * if the page does not show the form, or shows it without a reason.
 */
export function formErrors(html: string, formId: string): Map<string, string> {
    const $ = parseHtml(html);
    const form = $(`form#${formId}`);
    const errors = new Map<string, string>();
    for (const list of form.find("ul.errorlist").toArray()) {
        const row = $(list).closest(".form-row, td").attr("class") ?? "";
        const field = $(list).hasClass("nonfield") ? "" : (/\bfield-([\w-]+)/.exec(row)?.[1] ?? "");
        const messages = $(list)
            .find("li")
            .toArray()
            .map((item) => $(item).text().trim());
        errors.set(field, [errors.get(field) ?? [], messages].flat().join(" "));
    }
    const note = form.find(".errornote").text().trim();
    if (errors.size === 0 && note !== "") {
        errors.set("", note);
    }
    return errors;
}

function grouped(fields: readonly { name: string; value: string }[]): Map<string, string[]> {
    const values = new Map<string, string[]>();
    for (const { name, value } of fields) {
        values.set(name, [...(values.get(name) ?? []), value]);
    }
    return values;
}
