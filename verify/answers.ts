import type { AxiosResponse } from "axios";
import type { AdminForm } from "../dynamic-providers/openedx/django-admin/form.ts";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import {
    type Answer,
    type HttpClient,
    httpClient,
    serverWords,
} from "../dynamic-providers/openedx/django-admin/http.ts";
import { found, type Outcome } from "./check.ts";
import { diagnose } from "./diagnose.ts";

/** A client without a session. It tolerates one lost response, because a server may close a keep-alive connection. */
export function visitor(baseUrl: string): HttpClient {
    return httpClient(baseUrl, 1);
}

/** A request and its response on one line, as evidence. */
export function seen(request: string, answer: AxiosResponse<string>): string {
    const location = answer.headers["location"] as string | undefined;
    const target = location === undefined ? null : URL.parse(location, answer.config.url);
    return `${request}: ${answer.status}, ${target ? `to ${addressOf(target)}` : serverWords(answer.data)}`;
}

/** Interprets a response other than the expected one. */
export function understood(request: string, answer: AxiosResponse<string>): Outcome {
    return found(diagnose(textOf(answer)) ?? "unexpected-answer", seen(request, answer));
}

/** The full text of a response, which may be a page of many lines. */
export function textOf(answer: Answer): string {
    return parseHtml(answer.data)("body").text();
}

/** A URL without its query, which may contain a state. */
export function addressOf({ origin: server, pathname }: URL): string {
    return server + pathname;
}

/** The differences between two sets of URLs, by key. */
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

/** Memoizes a query, so it runs once no matter how many callers need the result. */
export function once<Answer>(question: () => Promise<Answer>): () => Promise<Answer> {
    let answer: Promise<Answer> | undefined;
    return () => (answer ??= question());
}

/**
 * A time from an admin form, in milliseconds; `NaN` if the field is empty. Django's admin provides the server's UTC
 * offset.
 *
 * @param field - such as `expires`, which the form splits into date and time.
 */
export function timeIn(form: AdminForm, field: string): number {
    const offset = Number(form.document("body").attr("data-admin-utc-offset") ?? 0) * 1000;
    return Date.parse(`${form.text(`${field}_0`)}T${form.text(`${field}_1`)}Z`) - offset;
}
