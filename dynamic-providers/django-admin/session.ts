import type { AxiosResponse } from "axios";
import type { Connection } from "../connection.ts";
import { parseChangelist, type Row } from "./changelist.ts";
import { FormError, ProviderError, RefusedError, UnreachableError } from "./errors.ts";
import { AdminForm, formErrors } from "./form.ts";
import { httpClient, serverWords, type HttpClient, type HttpRequest } from "./http.ts";
import { signIn } from "./signIn.ts";

const sessions = new Map<string, AdminSession>();

/**
 * The admin session for a connection: one for the whole run, as one process serves all resources. It signs in with its
 * first request, once, however many operations run at the same time; a refused sign-in is remembered too.
 */
export function adminSession(connection: Connection): AdminSession {
    const key = JSON.stringify([connection.kind, connection.baseUrl, connection.username, connection.password]);
    let session = sessions.get(key);
    if (session === undefined) {
        session = new AdminSession(connection);
        sessions.set(key, session);
    }
    return session;
}

/** Forgets every session and refusal, as a new run does. */
export function forgetSessions(): void {
    sessions.clear();
}

/** Lets refused sign-ins be tried again: a user was made, or got a password. */
export async function forgetRefusals(): Promise<void> {
    await Promise.all([...sessions.values()].map((session) => session.forgetRefusal()));
}

/** A signed-in user of a server's Django admin. */
export class AdminSession {
    readonly #connection: Connection;
    readonly #http: HttpClient;
    #signedIn: Promise<void> | undefined;

    constructor(connection: Connection) {
        this.#connection = connection;
        this.#http = httpClient(connection.baseUrl.replace(/\/+$/, ""));
    }

    /** Lets a refused sign-in be tried again. */
    async forgetRefusal(): Promise<void> {
        const signedIn = this.#signedIn;
        await signedIn?.catch((error: unknown) => {
            if (error instanceof RefusedError && this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
        });
    }

    /** The address of a page, for messages. */
    url(path: string): string {
        return `${this.#http.baseUrl}${path}`;
    }

    /** Any page as signed-in user. */
    get(path: string): Promise<AxiosResponse<string>> {
        return this.#again(() => this.#send({ method: "GET", path }));
    }

    /** The rows of an admin list, for instance `("/admin/sites/site/", { domain: "example.com" })`. */
    async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<Row[]> {
        const search = new URLSearchParams(query).toString();
        const page = await this.get(search === "" ? path : `${path}?${search}`);
        this.#expect(page, 200, path);
        return parseChangelist(page.data);
    }

    /**
     * An admin form by its id, or `undefined` where the object does not exist.
     * @throws ProviderError where the page is not the one that was expected.
     */
    async form(path: string, formId: string): Promise<AdminForm | undefined> {
        const page = await this.get(path);
        if (isMissing(page)) {
            return undefined;
        }
        this.#expect(page, 200, path);
        const form = AdminForm.parse(path, formId, page.data);
        if (form === undefined) {
            throw new ProviderError(`${this.url(path)} has no form "${formId}": is this the expected server?`);
        }
        return form;
    }

    /** {@link form} where its absence is an error, as with a page for adding. */
    async newForm(path: string, formId: string): Promise<AdminForm> {
        const form = await this.form(path, formId);
        if (form === undefined) {
            throw new ProviderError(`${this.url(path)} does not exist: is this the expected server?`);
        }
        return form;
    }

    /** {@link form} of an object that the state has. */
    async knownForm(path: string, formId: string, what: string): Promise<AdminForm> {
        const form = await this.form(path, formId);
        if (form === undefined) {
            throw new ProviderError(`${what} is gone: ${this.url(path)}. Run "pulumi refresh", then "pulumi up".`);
        }
        return form;
    }

    /**
     * Posts a form, and returns the id of the object that it made or changed.
     * @throws FormError with the server's validation messages.
     */
    save(form: AdminForm): Promise<string> {
        let current: AdminForm | undefined = form;
        return this.#again(async () => {
            // After another sign-in the form is stale (CSRF token): load it anew with the same changes.
            current ??= (await this.newForm(form.path, form.formId)).fill(Object.fromEntries(form.changes));
            const data = current.body();
            current = undefined;
            return this.post(form.path, data);
        });
    }

    /** Posts to an admin page as it is. Prefer {@link save}, which begins with the form that the server rendered. */
    async post(path: string, data: URLSearchParams | FormData): Promise<string> {
        const answer = await this.#send({ method: "POST", path, data });
        if (answer.status === 200) {
            throw new FormError(this.url(path), formErrors(answer.data));
        }
        this.#expect(answer, 302, path);
        return /\/(\d+)\/change\//.exec(location(answer))?.[1] ?? "";
    }

    /**
     * Deletes an object, for instance `/admin/sites/site/5/`, through its confirmation page; one that is gone already
     * is fine.
     * @returns false where the server keeps it, since rows that must not be deleted refer to it.
     */
    remove(path: string): Promise<boolean> {
        return this.#again(async () => {
            const page = await this.#send({ method: "GET", path: `${path}delete/` });
            if (isMissing(page)) {
                return true;
            }
            this.#expect(page, 200, path);
            const form = /name="csrfmiddlewaretoken" value="([^"]+)"/.exec(page.data)?.[1];
            if (form === undefined || !/name="post"[^>]*value="yes"/.test(page.data)) {
                return false;
            }
            await this.post(`${path}delete/`, new URLSearchParams({ csrfmiddlewaretoken: form, post: "yes" }));
            return true;
        });
    }

    /** Runs an operation, and once more after a new sign-in where the session ended under it. */
    async #again<Result>(operation: () => Promise<Result>): Promise<Result> {
        try {
            return await operation();
        } catch (error) {
            if (error instanceof SignedOutError) {
                return operation();
            }
            throw error;
        }
    }

    async #send(request: HttpRequest): Promise<AxiosResponse<string>> {
        const signedIn = (this.#signedIn ??= signIn(this.#http, this.#connection));
        try {
            await signedIn;
        } catch (error) {
            // Nobody was refused: the next operation may try.
            if (error instanceof UnreachableError && this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
            throw error;
        }
        const answer = await this.#http.send(request);
        if (isSignedOut(answer, request.method)) {
            // The first operation that notices ends the session; the others share the new sign-in.
            if (this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
            throw new SignedOutError(
                `${this.url(request.path)}: the session of "${this.#connection.username}" ended, and again after ` +
                    "another sign-in. Do its cookies fit the address?",
            );
        }
        return answer;
    }

    #expect(answer: AxiosResponse<string>, status: number, path: string): void {
        if (answer.status === 403) {
            throw new ProviderError(
                `${this.url(path)}: "${this.#connection.username}" is not allowed there; it takes a superuser. ` +
                    `The server says: ${serverWords(answer.data)}`,
            );
        }
        if (answer.status !== status) {
            const leads = answer.status === 302 ? `leads to ${location(answer)}` : serverWords(answer.data);
            throw new ProviderError(`${this.url(path)}: the server answered ${answer.status}: ${leads}`);
        }
    }
}

/** The server no longer knows the session. */
class SignedOutError extends ProviderError {
    override readonly name = "SignedOutError";
}

function isSignedOut(answer: AxiosResponse<string>, method: HttpRequest["method"]): boolean {
    return answer.status === 302
        ? /^(\/admin)?\/login\b|^\/auth\/login\//.test(location(answer))
        : answer.status === 403 && method === "POST" && answer.data.includes("CSRF");
}

/** An admin page of an object that does not exist leads to the admin's start page. */
function isMissing(answer: AxiosResponse<string>): boolean {
    return answer.status === 404 || (answer.status === 302 && location(answer) === "/admin/");
}

/** The path and query of a redirect's target. */
function location(answer: AxiosResponse<string>): string {
    const target = new URL((answer.headers["location"] as string | undefined) ?? "", "http://server");
    return target.pathname + target.search;
}
