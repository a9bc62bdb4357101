import type { AxiosResponse } from "axios";
import type { Connection } from "../connection.ts";
import { pulumiCommand } from "../../pulumiCommand.ts";
import { RefusedError, SignInError, TooManySignInsError, UnreachableError } from "../../errors.ts";
import { parseHtml } from "./html.ts";
import { jsonOf, serverWords, type HttpClient } from "./http.ts";

/**
 * Signs in to a server's admin; the session cookie ends up in the client's cookie jar.
 * @throws RefusedError with the server's words if it refuses the password, TooManySignInsError if it accepts no sign-ins for
 * a while, another SignInError if no session can hold at this address, and UnreachableError if it is not the expected
 * server, or not yet.
 */
export async function signIn(http: HttpClient, connection: Connection): Promise<void> {
    await (connection.kind === "openedx" ? signInToOpenEdx(http, connection) : signInToDjango(http, connection));
    expectOwnCookies(http, connection);
}

/** The page where a sign-in starts, for the sign-in by email address. */
export function signInPath(kind: Connection["kind"]): string {
    return kind === "openedx" ? "/api/user/v1/account/login_session/" : "/admin/login/";
}

/** Whether a response is the page where a sign-in starts, not what another server, or a starting one, returns. */
export function isSignInPage(kind: Connection["kind"], page: AxiosResponse<string>): boolean {
    return page.status === 200 && (kind === "openedx" ? isFormDescription(page) : formToken(page) !== undefined);
}

/** The LMS's JSON sign-in: `/admin/login/` redirects to a micro-frontend and is no way in. */
async function signInToOpenEdx(http: HttpClient, connection: Connection): Promise<void> {
    const { username, password } = connection;
    const [path, field] = username.includes("@")
        ? [signInPath("openedx"), "email"]
        : ["/api/user/v2/account/login_session/", "email_or_username"];
    const page = await http.send({ method: "GET", path });
    const token = await http.cookie("csrftoken");
    if (!isSignInPage("openedx", page) || token === undefined) {
        expectOwnCookies(http, connection);
        throw unexpected(http, path, page, "the sign-in of an Open edX LMS");
    }
    const answer = await http.send({
        method: "POST",
        path,
        data: new URLSearchParams({ [field]: username, password }),
        headers: { "X-CSRFToken": token },
        repeatable: true,
    });
    const { success, value, error_code: code } = jsonOf(answer);
    if (success !== true) {
        if (success !== false || answer.status >= 500) {
            throw unexpected(http, path, answer, "an answer to the sign-in");
        }
        const words = serverWords(typeof value === "string" ? value : answer.data);
        throw /too many/i.test(words) || code === "account-locked-out"
            ? tooMany(http, username, words)
            : refused(http, connection, words);
    }
}

/** Django's own sign-in form, as on the MIT applications. */
async function signInToDjango(http: HttpClient, connection: Connection): Promise<void> {
    const { username, password } = connection;
    const path = signInPath("django");
    const page = await http.send({ method: "GET", path });
    // Django's response to a user who is already signed in.
    if (leadsToAdmin(http, page)) {
        return;
    }
    const csrf = formToken(page);
    if (!isSignInPage("django", page) || csrf === undefined) {
        throw unexpected(http, path, page, "Django's sign-in form");
    }
    const answer = await http.send({
        method: "POST",
        path,
        data: new URLSearchParams({ csrfmiddlewaretoken: csrf, username, password, next: "/admin/" }),
        repeatable: true,
    });
    if (!leadsToAdmin(http, answer)) {
        const note = parseHtml(answer.data)("body:has(#login-form) .errornote").text().trim();
        throw note === ""
            ? unexpected(http, path, answer, "an answer to the sign-in")
            : refused(http, connection, note);
    }
}

function isFormDescription(page: AxiosResponse<string>): boolean {
    try {
        return Array.isArray(jsonOf(page)["fields"]);
    } catch {
        return false;
    }
}

function formToken(page: AxiosResponse<string>): string | undefined {
    return parseHtml(page.data)("#login-form input[name=csrfmiddlewaretoken]").attr("value");
}

function leadsToAdmin(http: HttpClient, { status, headers }: AxiosResponse<string>): boolean {
    const location = headers["location"] as string | undefined;
    return (
        status === 302 &&
        location !== undefined &&
        new URL(location, http.baseUrl).href === new URL("/admin/", http.baseUrl).href
    );
}

/** The name and the domain of a session or CSRF cookie that a server set for a domain other than its own. */
export function foreignSession({
    foreignCookies,
}: Pick<HttpClient, "foreignCookies">): readonly [name: string, domain: string] | undefined {
    return [...foreignCookies].find(([name]) => /csrf|session/.test(name));
}

/** Fails right away, and only once, if a server's cookies are for a name other than the one it was reached by. */
function expectOwnCookies(client: HttpClient, { kind }: Connection): void {
    const { baseUrl } = client;
    const foreign = foreignSession(client);
    if (foreign === undefined) {
        return;
    }
    const [, domain] = foreign;
    const address = new URL(baseUrl);
    address.hostname = domain;
    const key = kind === "openedx" ? "lmsUrl" : "applicationAdminUrl";
    throw new SignInError(
        `${baseUrl}: nobody can sign in at this address, as the server's cookies are for "${domain}". ` +
            `Use that name: ${pulumiCommand(`config set ${key} ${address.origin}`)}`,
    );
}

function unexpected(http: HttpClient, path: string, answer: AxiosResponse<string>, expected: string): Error {
    const location = (answer.headers["location"] as string | undefined)?.split("?", 1).join();
    const says = location === undefined ? serverWords(answer.data) : `leads to ${location}`;
    const message = `${http.baseUrl}${path} is not ${expected} (status ${answer.status}): ${says}.`;
    // A password must not go to Keycloak, and waiting does not help.
    return /keycloak|openid-connect|\/realms\//.test(location ?? "")
        ? new SignInError(`${message} Behind APISIX it belongs to Keycloak: use the port of the application itself.`)
        : new UnreachableError(`${message} Is the server up, and is the address right?`, true);
}

function refused(http: HttpClient, { kind, username }: Connection, words: string): RefusedError {
    const [key, more] =
        kind === "openedx"
            ? ["lmsPassword", ""]
            : ["applicationPassword", "Django says the same of an inactive user, and of one who is not staff. "];
    return new RefusedError(
        `${http.baseUrl} refused the sign-in of "${username}": ${words} ${more}` +
            "Fix the user there, or set the right password: " +
            `${pulumiCommand(`config set --secret ${key}`)}. This run does not try again.`,
    );
}

function tooMany(http: HttpClient, username: string, words: string): TooManySignInsError {
    return new TooManySignInsError(
        `${http.baseUrl} is blocking sign-ins of "${username}" for now: ${words} The password may be right. ` +
            "Wait as long as the server says, or else 5 minutes, and run the command again.",
    );
}
