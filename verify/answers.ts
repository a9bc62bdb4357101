import type { AxiosResponse } from "axios";
import type { AdminForm } from "../dynamic-providers/openedx/django-admin/form.ts";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import { type HttpClient, httpClient, serverWords } from "../dynamic-providers/openedx/django-admin/http.ts";
import { found, type Outcome } from "./check.ts";
import { diagnose } from "./diagnose.ts";

/** Somebody without a session. One lost answer means nothing, as a server may end a connection that was kept open. */
export function visitor(baseUrl: string): HttpClient {
    return httpClient(baseUrl, 1);
}

/** A request and its answer in a line, as evidence. */
export function seen(request: string, answer: AxiosResponse<string>): string {
    const location = answer.headers["location"] as string | undefined;
    const target = location === undefined ? null : URL.parse(location, answer.config.url);
    return `${request}: ${answer.status}, ${target ? `to ${addressOf(target)}` : serverWords(answer.data)}`;
}

/** What an answer means that is not the one hoped for. */
export function understood(request: string, answer: AxiosResponse<string>): Outcome {
    return found(diagnose(textOf(answer)) ?? "unexpected-answer", seen(request, answer));
}

/** The whole text of an answer, which may be a page of many lines. */
export function textOf(answer: AxiosResponse<string>): string {
    return parseHtml(answer.data)("body").text();
}

/** An address without its query, which may hold a state. */
export function addressOf({ origin: server, pathname }: URL): string {
    return server + pathname;
}

/** What differs between two sets of addresses, by key. */
export function differences(
    actual: Readonly<Record<string, unknown>>,
    expected: Readonly<Record<string, string>>,
): string {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys
        .filter((key) => actual[key] !== expected[key])
        .map((key) => `${key} is ${shown(actual[key])}, not ${shown(expected[key])}`)
        .join("; ");
}

function shown(value: unknown): string {
    return value === undefined ? "missing" : JSON.stringify(value);
}

/** A question that is asked once, whoever needs the answer. */
export function once<Answer>(question: () => Promise<Answer>): () => Promise<Answer> {
    let answer: Promise<Answer> | undefined;
    return () => (answer ??= question());
}

/**
 * A time that a form of the admin shows, in milliseconds; `NaN` where the field is empty. Django's admin tells the server's
 * distance from UTC.
 *
 * @param field - for instance `expires`, of which the form has the date and the time.
 */
export function timeIn(form: AdminForm, field: string): number {
    const offset = Number(form.document("body").attr("data-admin-utc-offset") ?? 0) * 1000;
    return Date.parse(`${form.text(`${field}_0`)}T${form.text(`${field}_1`)}Z`) - offset;
}
