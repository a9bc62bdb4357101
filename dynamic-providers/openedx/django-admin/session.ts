import type { AxiosResponse } from "axios";
import type { Connection } from "../connection.ts";
import { configuredConnection } from "../configuredCredentials.ts";
import { pulumiCommand } from "../../pulumiCommand.ts";
import { adminPath } from "./adminPage.ts";
import { parseChangelist, type Changelist, type Row } from "./changelist.ts";
import { parseDeletion } from "./deletion.ts";
import { ExpiredError, FormError, ProviderError, RefusedError, SignInError, UnreachableError } from "../../errors.ts";
import { AdminForm, formErrors } from "./form.ts";
import { httpClient, serverWords, type HttpClient, type HttpRequest } from "./http.ts";
import { saveCookies, savedCookies } from "./savedSessions.ts";
import { signIn } from "./signIn.ts";
import { forgetSilences } from "./silences.ts";

/** After that many deletions in a row, the next one loads a page, so that the messages about them do not pile up. */
const MOST_UNSHOWN_DELETIONS = 10;

const sessions = new Map<string, AdminSession>();

/**
 * The admin session for a connection: one for the whole run, as one process serves all resources. Its first request signs
 * in, once, no matter how many operations run in parallel; a refused sign-in is remembered too.
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

/** Forgets every session, refusal, and silent server, as a new run would. */
export function forgetSessions(): void {
    sessions.clear();
    forgetSilences();
}

/** Allows refused sign-ins to be retried: a user was created or got a new password. */
export async function forgetRefusals(): Promise<void> {
    await Promise.all([...sessions.values()].map((session) => session.forgetRefusal()));
}

/** A user signed in to a server's Django admin. */
export class AdminSession {
    #connection: Connection;
    #http: HttpClient;
    #signedIn: Promise<void> | undefined;
    /** Whether another process of the same command may already have signed in. */
    #mayGoOn = true;
    /** How many deletions the admin has confirmed since it last showed a page. */
    #unshownDeletions = 0;
    /** The lists that are being loaded, by path and query. */
    readonly #loadingLists = new Map<string, Promise<Row[]>>();

    constructor(connection: Connection) {
        this.#connection = connection;
        this.#http = clientOf(connection);
    }

    /** Allows a refused sign-in to be retried. */
    async forgetRefusal(): Promise<void> {
        const signedIn = this.#signedIn;
        await signedIn?.catch((error: unknown) => {
            if (error instanceof RefusedError && this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
        });
    }

    /** The URL of a page, for messages. */
    url(path: string): string {
        return `${this.#http.baseUrl}${path}`;
    }

    /** Any page, as the signed-in user. */
    get(path: string): Promise<AxiosResponse<string>> {
        return renewing(() => this.#send({ method: "GET", path }));
    }

    /**
     * A page that is open to everybody but does more for a signed-in user. A request for the admin's smallest page shows
     * whether the session ended in the meantime; if so, or if another operation has signed in again by then, the page is
     * requested again.
     */
    getAsUser(path: string): Promise<AxiosResponse<string>> {
        return renewing(async () => {
            const sent = this.#send({ method: "GET", path });
            const signedIn = this.#signedIn;
            const answer = await sent;
            await this.#send({ method: "GET", path: "/admin/jsi18n/" });
            if (this.#signedIn !== signedIn) {
                throw new ExpiredError(`${this.url(path)}: the session ended while the page was requested, twice.`);
            }
            return answer;
        });
    }

    /**
     * The rows of an admin list, from all of its pages, for instance `("/admin/sites/site/", { domain: "example.com" })`.
     * @throws ProviderError if the page is not a list of that model: only a list without rows is empty.
     */
    async list(path: string, query: Readonly<Record<string, string>> = {}): Promise<Row[]> {
        return [...(await this.changelist(path, query)).rows];
    }

    /**
     * Like {@link list}, but shares the response with callers that want the same list while it loads. Only for objects that
     * this run has not changed before: the response may be a little older than the call.
     */
    async sharedList(path: string, query: Readonly<Record<string, string>>): Promise<Row[]> {
        const key = JSON.stringify([path, query]);
        let rows = this.#loadingLists.get(key);
        if (rows === undefined) {
            rows = this.list(path, query).finally(() => this.#loadingLists.delete(key));
            this.#loadingLists.set(key, rows);
        }
        return rows;
    }

    /** Like {@link list}, with what the page says besides its rows. */
    async changelist(path: string, query: Readonly<Record<string, string>> = {}): Promise<Changelist> {
        const rows: Row[] = [];
        let lastPage = 1;
        let utcOffset = 0;
        for (let page = 1; page <= lastPage; page++) {
            const search = new URLSearchParams({ ...query, ...(page > 1 && { p: String(page) }) }).toString();
            const address = search === "" ? path : `${path}?${search}`;
            const answer = await this.get(address);
            this.#expectPage(answer, address);
            const list = parseChangelist(answer.data, adminPath(path));
            if (list === undefined) {
                throw new ProviderError(`${this.url(address)} is not the admin's list: is this the expected server?`);
            }
            rows.push(...list.rows);
            ({ lastPage, utcOffset } = list);
        }
        return { rows, lastPage, utcOffset };
    }

    /**
     * An admin form by its id, or `undefined` if the admin says that the object does not exist.
     * @throws ProviderError if it is another page, or one that may only be viewed.
     */
    async form(path: string, formId: string): Promise<AdminForm | undefined> {
        const page = await this.get(path);
        if (await this.#isMissing(page, path)) {
            return undefined;
        }
        this.#expectPage(page, path);
        const form = AdminForm.parse(path, formId, page.data);
        if (form === undefined) {
            throw new ProviderError(`${this.url(path)} has no form "${formId}": is this the expected server?`);
        }
        if (form.isReadOnly) {
            throw new ProviderError(
                `"${this.#connection.username}" may view ${this.url(path)} but not change it: use a superuser.`,
            );
        }
        return form;
    }

    /** Like {@link form}, but a missing form is an error, as on a page that adds an object. */
    async newForm(path: string, formId: string): Promise<AdminForm> {
        const form = await this.form(path, formId);
        if (form === undefined) {
            throw new ProviderError(`${this.url(path)} does not exist: is this the expected server?`);
        }
        return form;
    }

    /** Like {@link form}, for an object that is in the state. */
    async knownForm(path: string, formId: string, what: string): Promise<AdminForm> {
        const form = await this.form(path, formId);
        if (form === undefined) {
            throw new ProviderError(
                `${what} is gone: ${this.url(path)}. Run "${pulumiCommand("refresh")}", then "${pulumiCommand("up")}".`,
            );
        }
        return form;
    }

    /**
     * Posts a form and returns the id of the object that it created or changed. If the session ended since the form was
     * loaded, reloads the form and applies the same changes.
     * @throws FormError with the server's validation messages, UnreachableError if the response says neither that the form
     * was saved nor why not.
     */
    async save(form: AdminForm): Promise<string> {
        try {
            return await this.post(form.path, form.formId, form.body());
        } catch (error) {
            if (!(error instanceof ExpiredError)) {
                throw error;
            }
        }
        const fresh = (await this.newForm(form.path, form.formId)).fill(Object.fromEntries(form.changes));
        return this.post(form.path, form.formId, fresh.body());
    }

    /**
     * Adds an object and returns its id, without loading the form first; only for models whose fields all versions of the
     * server share. If the server refuses the post, its form says what else it wants.
     * @throws like {@link save}.
     */
    async add(path: string, formId: string, fields: Readonly<Record<string, string>>): Promise<string> {
        const csrfmiddlewaretoken = await this.#csrfToken();
        if (csrfmiddlewaretoken !== undefined) {
            try {
                return await this.post(
                    path,
                    formId,
                    new URLSearchParams({ csrfmiddlewaretoken, ...fields, _continue: "1" }),
                );
            } catch (error) {
                if (!(error instanceof FormError || error instanceof ExpiredError)) {
                    throw error;
                }
            }
        }
        return this.save((await this.newForm(path, formId)).fill(fields));
    }

    /**
     * Posts data to an admin page as is, with the `_continue` button, so that the response names the object. Prefer
     * {@link save}, which starts from the form that the server rendered.
     * @throws like {@link save}, and ExpiredError if the CSRF token or the session is no longer valid.
     */
    async post(path: string, formId: string, data: URLSearchParams | FormData): Promise<string> {
        const answer = await this.#send({ method: "POST", path, data });
        const reasons = answer.status === 200 ? formErrors(answer.data, formId) : new Map<string, string>();
        if (reasons.size > 0) {
            throw new FormError(this.url(path), reasons);
        }
        const saved = adminPath(path).list;
        const [, id] = new RegExp(`^${saved}(\\d+)/change/`).exec(this.#target(answer)) ?? [];
        if (id === undefined) {
            throw this.#unexpected(answer, path);
        }
        return id;
    }

    /**
     * Deletes an object, for instance `/admin/sites/site/5/`.
     * @returns true if the server says that the object is gone, now or before; false if its confirmation page says that
     * other objects keep it, which refer to it and can't be deleted.
     * @throws ProviderError for any other response.
     */
    async remove(path: string): Promise<boolean> {
        return (await this.#removeAtOnce(`${path}delete/`)) ?? this.removeUnlessKept(path);
    }

    /** Like {@link remove}, but loads the confirmation page first: one request for an object that is usually kept. */
    removeUnlessKept(path: string): Promise<boolean> {
        return renewing(() => this.#removeByItsPage(`${path}delete/`));
    }

    /**
     * Deletes an object without loading the confirmation page, whose form has nothing but a CSRF token.
     * @returns like {@link remove}, or `undefined` if the response says neither.
     */
    async #removeAtOnce(confirmation: string): Promise<boolean | undefined> {
        const csrfToken = await this.#csrfToken();
        // The server stores a message for each deletion until it shows a page, some servers in a cookie.
        if (csrfToken === undefined || this.#unshownDeletions >= MOST_UNSHOWN_DELETIONS) {
            return undefined;
        }
        try {
            const answer = await this.#confirmDeletion(confirmation, csrfToken);
            return (
                answer === true || (parseDeletion(answer.data, adminPath(confirmation)) === "kept" ? false : undefined)
            );
        } catch (error) {
            if (error instanceof ExpiredError) {
                return undefined;
            }
            throw error;
        }
    }

    async #removeByItsPage(confirmation: string): Promise<boolean> {
        const page = await this.get(confirmation);
        if (await this.#isMissing(page, confirmation)) {
            return true;
        }
        this.#expectPage(page, confirmation);
        const deletion = parseDeletion(page.data, adminPath(confirmation));
        if (deletion === undefined) {
            throw new ProviderError(
                `${this.url(confirmation)} is not the admin's page to confirm a deletion: is this the expected server?`,
            );
        }
        this.#unshownDeletions = 0;
        if (deletion === "kept") {
            return false;
        }
        const answer = await this.#confirmDeletion(confirmation, deletion.csrfToken);
        if (answer !== true) {
            throw this.#unexpected(answer, confirmation);
        }
        return true;
    }

    /** Confirms a deletion: true if the server says that the object is gone, otherwise its response. */
    async #confirmDeletion(confirmation: string, csrfToken: string): Promise<true | AxiosResponse<string>> {
        const data = new URLSearchParams({ csrfmiddlewaretoken: csrfToken, post: "yes" });
        const answer = await this.#send({ method: "POST", path: confirmation, data, repeatable: true });
        if (this.#target(answer).split("?")[0] === adminPath(confirmation).list) {
            this.#unshownDeletions++;
            return true;
        }
        return (await this.#isMissing(answer, confirmation)) || answer;
    }

    /** The CSRF token of the session's cookie, which any form may use; `undefined` if the server keeps it elsewhere. */
    async #csrfToken(): Promise<string | undefined> {
        await this.#ready();
        return this.#http.cookie("csrftoken");
    }

    /** Waits for the sign-in, which the first caller starts. */
    async #ready(signedIn = (this.#signedIn ??= this.#signIn())): Promise<void> {
        try {
            await signedIn;
        } catch (error) {
            // Nobody was refused, so the next operation may try.
            if (!(error instanceof SignInError) && this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
            throw error;
        }
    }

    async #send(request: HttpRequest): Promise<AxiosResponse<string>> {
        const signedIn = (this.#signedIn ??= this.#signIn());
        await this.#ready(signedIn);
        const connection = this.#connection;
        const answer = await this.#http.send(request);
        if (/^(\/admin)?\/login\b|^\/auth\/login\//.test(this.#target(answer))) {
            // The first operation that notices ends the session; the others share the new sign-in.
            if (this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
            throw new ExpiredError(
                `${this.url(request.path)}: the session of "${this.#connection.username}" ended, and again after ` +
                    "another sign-in. Do its cookies fit the address?",
            );
        }
        // A CSRF failure alone does not mean that the session ended: another operation's sign-in invalidates tokens, too.
        if (answer.status === 403 && request.method === "POST" && answer.data.includes("CSRF")) {
            throw new ExpiredError(
                `${this.url(request.path)}: the server refused the form's token, and again after the form was loaded ` +
                    `anew. The server says: ${serverWords(answer.data)}`,
            );
        }
        // The user in the state may have lost their permissions, and another one may be configured by now.
        if (answer.status === 403 && (await this.#switchToConfiguredUser(connection))) {
            if (this.#signedIn === signedIn) {
                this.#signedIn = undefined;
            }
            throw new ExpiredError(
                `${this.url(request.path)}: "${connection.username}" is not allowed there; use a superuser. ` +
                    `The server says: ${serverWords(answer.data)}`,
            );
        }
        return answer;
    }

    /** Signs in; if the server refuses the state's credentials, with those in the stack's current configuration. */
    async #signIn(): Promise<void> {
        const cookies = this.#mayGoOn ? await savedCookies(this.#connection) : undefined;
        this.#mayGoOn = false;
        if (cookies !== undefined) {
            this.#http = clientOf(this.#connection, cookies);
            return;
        }
        try {
            await signIn(this.#http, this.#connection);
            await saveCookies(this.#connection, this.#http.cookies());
        } catch (error) {
            if (!(error instanceof RefusedError) || !(await this.#switchToConfiguredUser(this.#connection))) {
                throw error;
            }
            await signIn(this.#http, this.#connection);
        }
    }

    /** Switches to the user in the stack's current configuration; false if that is the same user as before. */
    async #switchToConfiguredUser(former: Connection): Promise<boolean> {
        const present = this.#connection === former ? await configuredConnection(former) : this.#connection;
        if (present !== undefined && this.#connection === former) {
            this.#connection = present;
            this.#http = clientOf(present);
        }
        return present !== undefined;
    }

    /**
     * Whether the admin says that an object does not exist. The admin then redirects to its start page; since a proxy could
     * do that too, the object must also be missing from the list.
     */
    async #isMissing(answer: AxiosResponse<string>, path: string): Promise<boolean> {
        const { list, id } = adminPath(path);
        return (
            id !== undefined &&
            this.#target(answer) === "/admin/" &&
            (await this.list(list, { id__exact: id })).length === 0
        );
    }

    /** The target of a redirect: path and query on this server, or a full URL elsewhere. `""` for other responses. */
    #target(answer: AxiosResponse<string>): string {
        const location = answer.headers["location"] as string | undefined;
        if (answer.status !== 302 || location === undefined) {
            return "";
        }
        const { origin, href, pathname, search } = new URL(location, this.#http.baseUrl);
        return origin === new URL(this.#http.baseUrl).origin ? pathname + search : href;
    }

    #expectPage(answer: AxiosResponse<string>, path: string): void {
        if (answer.status !== 200) {
            throw this.#unexpected(answer, path);
        }
    }

    /** The error for a response that the admin never gives to the request. */
    #unexpected(answer: AxiosResponse<string>, path: string): ProviderError {
        if (answer.status === 403) {
            return new ProviderError(
                `${this.url(path)}: "${this.#connection.username}" is not allowed there; use a superuser. ` +
                    `The server says: ${serverWords(answer.data)}`,
            );
        }
        const target = this.#target(answer);
        const says = target === "" ? serverWords(answer.data) : `leads to ${target}`;
        const message = `${this.url(path)}: the server answered ${answer.status}: ${says}`;
        // A post may have been carried out, and a starting server may answer anything.
        const mayPass = answer.config.method === "post" || answer.status === 404 || answer.status >= 500;
        return mayPass ? new UnreachableError(message, true) : new ProviderError(message);
    }
}

function clientOf({ baseUrl }: Connection, cookies?: string): HttpClient {
    return httpClient(baseUrl.replace(/\/+$/, ""), undefined, cookies);
}

/** Runs an operation, and once more if the session ended during it: the second run signs in again. */
async function renewing<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
        return await operation();
    } catch (error) {
        if (error instanceof ExpiredError) {
            return operation();
        }
        throw error;
    }
}
