/**
 * A person with a browser who views and changes things manually in a server's Django admin. Independent of the code
 * under test.
 */
import axios, { type AxiosInstance, type AxiosResponse } from "axios";
import * as cheerio from "cheerio";
import { Agent } from "node:http";
import type { LookupFunction } from "node:net";
import { CookieJar } from "tough-cookie";
import type { Server } from "../../sandbox/sandbox.ts";

export type Account = Pick<Server, "baseUrl" | "signIn" | "username" | "email" | "password">;

/** A form as rendered: what a browser would submit if nothing were changed. */
export interface Form {
    /** Path and query to submit to. */
    action: string;
    isMultipart: boolean;
    values: Record<string, string>;
    /** The options of each select: value by text. */
    choices: Record<string, Record<string, string>>;
}

/** Values to fill in; `null` clears a checkbox or omits a field. */
export type Changes = Record<string, string | null>;

/** The sandbox hosts need not resolve on this machine. */
const loopback: LookupFunction = (_host, options, callback) => {
    if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
    else callback(null, "127.0.0.1", 4);
};

export class AdminBrowser {
    readonly cookies = new CookieJar();
    readonly #http: AxiosInstance;

    /** A browser that is not signed in. */
    constructor(baseUrl: string) {
        this.#http = axios.create({
            baseURL: baseUrl,
            headers: { Referer: `${baseUrl}/` },
            httpAgent: new Agent({ lookup: loopback }),
            maxRedirects: 0,
            proxy: false,
            responseType: "text",
            timeout: 30_000,
            validateStatus: () => true,
        });
        this.#http.interceptors.request.use(async (request) => {
            request.headers.set("Cookie", await this.cookies.getCookieString(this.#http.getUri(request)));
            return request;
        });
        this.#http.interceptors.response.use(async (answer) => {
            for (const cookie of answer.headers["set-cookie"] ?? []) {
                await this.cookies.setCookie(cookie, this.#http.getUri(answer.config));
            }
            return answer;
        });
    }

    /** Opens a browser and signs in; throws if that is refused. */
    static async signIn(account: Account): Promise<AdminBrowser> {
        const browser = new AdminBrowser(account.baseUrl);
        const answer = await browser.signIn(account);
        const isIn = account.signIn === "openedx" ? answer.status === 200 : answer.status === 302;
        if (!isIn) throw new Error(`${account.username} can't sign in to ${account.baseUrl}: ${answer.status}`);
        return browser;
    }

    /** Tries to sign in and returns the response. */
    async signIn(account: Account): Promise<AxiosResponse<string>> {
        if (account.signIn === "django") {
            const form = await this.form("/admin/login/?next=/admin/", "login-form");
            return this.submit(form, { username: account.username, password: account.password });
        }
        const path = "/api/user/v1/account/login_session/";
        await this.get(path);
        const cookies = await this.cookies.getCookies(account.baseUrl);
        const token = cookies.find(({ key }) => key === "csrftoken")?.value;
        const fields = new URLSearchParams({ email: account.email, password: account.password });
        return this.post(path, fields, { "X-CSRFToken": token });
    }

    get(path: string, headers: Record<string, string> = {}): Promise<AxiosResponse<string>> {
        return this.#http.get(path, { headers });
    }

    post(
        path: string,
        data: URLSearchParams | FormData,
        headers: Record<string, string | undefined> = {},
    ): Promise<AxiosResponse<string>> {
        return this.#http.post(path, data, { headers });
    }

    /**
     * The rows of a changelist, such as `oauth2_provider/application`, as objects: `id` and the text of each column
     * (`True`/`False` for a check mark or cross).
     */
    async list(model: string, query = ""): Promise<Record<string, string>[]> {
        const page = await this.#page(`/admin/${model}/${query && `?${query}`}`);
        const rows = page("#result_list tbody tr").toArray();
        return rows.map((row) => {
            const link = page(row).find("th a").attr("href") ?? "";
            const values: Record<string, string> = { id: /\/([^/]+)\/change\//.exec(link)?.[1] ?? "" };
            for (const cell of page(row).find("[class*=field-]").toArray()) {
                const name = /field-(\S+)/.exec(page(cell).attr("class") ?? "")?.[1] ?? "";
                values[name] = page(cell).find("img").attr("alt") ?? page(cell).text().trim();
            }
            return values;
        });
    }

    /** The form with this id on a page. */
    async form(path: string, id: string): Promise<Form> {
        const page = await this.#page(path);
        const form = page(`form#${id}`);
        if (form.length === 0) throw new Error(`There is no form #${id} on ${path}.`);
        const choices: Form["choices"] = {};
        for (const option of form.find("select option").toArray()) {
            const select = page(option).closest("select").attr("name") ?? "";
            (choices[select] ??= {})[page(option).text()] = page(option).attr("value") ?? "";
        }
        return {
            action: form.attr("action") ?? path,
            isMultipart: form.attr("enctype") === "multipart/form-data",
            values: Object.fromEntries(form.serializeArray().map(({ name, value }) => [name, value])),
            choices,
        };
    }

    /** Submits a form with some values changed. The admin returns 302, or 200 with the errors on the page. */
    submit(form: Form, changes: Changes): Promise<AxiosResponse<string>> {
        const data = form.isMultipart ? new FormData() : new URLSearchParams();
        for (const [name, value] of Object.entries({ ...form.values, ...changes })) {
            if (value !== null) data.append(name, value);
        }
        return this.post(form.action, data);
    }

    /** Opens the add page, fills it in and saves it; returns the new object's id. */
    async add(model: string, changes: Changes, query = ""): Promise<string> {
        const form = await this.form(`/admin/${model}/add/${query && `?${query}`}`, formId(model));
        const answer = await this.submit(form, { ...changes, _continue: "1" });
        const location = saved(answer);
        return /\/([^/]+)\/change\//.exec(location)?.[1] ?? "";
    }

    /** Opens an object's page, changes it and saves it. */
    async change(model: string, id: string, changes: Changes): Promise<void> {
        saved(await this.submit(await this.form(`/admin/${model}/${id}/change/`, formId(model)), changes));
    }

    /** An object's values as its page shows them. */
    async values(model: string, id: string): Promise<Record<string, string>> {
        return (await this.form(`/admin/${model}/${id}/change/`, formId(model))).values;
    }

    /** {@link values} without the page's own fields, or `undefined` if there is no such object. */
    async look(model: string, id: string): Promise<Record<string, string> | undefined> {
        if ((await this.list(model, `id=${id}`)).length === 0) {
            return undefined;
        }
        const values = Object.entries(await this.values(model, id));
        return Object.fromEntries(values.filter(([name]) => !/^(csrfmiddlewaretoken$|initial-)/.test(name)));
    }

    /** Deletes an object, confirmation included. */
    async delete(model: string, id: string): Promise<void> {
        const path = `/admin/${model}/${id}/delete/`;
        const page = await this.#page(path);
        const token = page("input[name=csrfmiddlewaretoken]").last().attr("value") ?? "";
        saved(await this.post(path, new URLSearchParams({ csrfmiddlewaretoken: token, post: "yes" })));
    }

    async #page(path: string): Promise<cheerio.CheerioAPI> {
        const answer = await this.get(path);
        if (answer.status !== 200) throw new Error(`${path} answers ${answer.status}.`);
        return cheerio.load(answer.data);
    }
}

/** The Django admin names a form after its model: `oauth2_provider/application` has `application_form`. */
const formId = (model: string) => `${model.split("/")[1] ?? ""}_form`;

function saved(answer: AxiosResponse<string>): string {
    if (answer.status !== 302) throw new Error(`Not saved (${answer.status}): ${errorsOn(answer.data).join(" ")}`);
    return String(answer.headers["location"]);
}

/** The error messages of a rejected form. */
export function errorsOn(html: string): string[] {
    const page = cheerio.load(html);
    return page(".errornote, ul.errorlist li")
        .toArray()
        .map((element) => page(element).text().trim());
}
