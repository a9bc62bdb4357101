import type { Connection } from "../connection.ts";
import { ProviderError, RefusedError } from "./errors.ts";
import { parseHtml } from "./html.ts";
import { serverWords, type HttpClient } from "./http.ts";

/**
 * Signs in to a server's admin; the session cookie stays in the client's jar.
 * @throws RefusedError with the server's words where it refuses, ProviderError where it is not the expected server.
 */
export function signIn(http: HttpClient, connection: Connection): Promise<void> {
    return connection.kind === "openedx" ? signInToOpenEdx(http, connection) : signInToDjango(http, connection);
}

/** The page that a sign-in begins with, for one by e-mail address. */
export function signInPath(kind: Connection["kind"]): string {
    return kind === "openedx" ? "/api/user/v1/account/login_session/" : "/admin/login/";
}

/** The LMS's JSON sign-in: its `/admin/login/` leads to a micro-frontend and is no way in. */
async function signInToOpenEdx(http: HttpClient, { username, password }: Connection): Promise<void> {
    const [path, field] = username.includes("@")
        ? [signInPath("openedx"), "email"]
        : ["/api/user/v2/account/login_session/", "email_or_username"];
    const page = await http.send({ method: "GET", path });
    const token = await http.cookie("csrftoken");
    if (page.status !== 200 || token === undefined) {
        throw new ProviderError(
            `${http.baseUrl}${path} is not the sign-in of an Open edX LMS (status ${page.status}): check the address.`,
        );
    }
    const answer = await http.send({
        method: "POST",
        path,
        data: new URLSearchParams({ [field]: username, password }),
        headers: { "X-CSRFToken": token },
        repeatable: true,
    });
    if (answer.status !== 200) {
        throw refused(http, username, jsonValue(answer.data) ?? serverWords(answer.data));
    }
}

function jsonValue(body: string): string | undefined {
    try {
        const { value } = JSON.parse(body) as { value?: unknown };
        return typeof value === "string" ? serverWords(value) : undefined;
    } catch {
        return undefined;
    }
}

/** Django's own sign-in form, as on the MIT applications. */
async function signInToDjango(http: HttpClient, { username, password }: Connection): Promise<void> {
    const path = signInPath("django");
    const page = await http.send({ method: "GET", path });
    const csrf = parseHtml(page.data)("#login-form input[name=csrfmiddlewaretoken]").attr("value");
    if (page.status !== 200 || csrf === undefined) {
        const location = page.headers["location"] as string | undefined;
        throw new ProviderError(
            `${http.baseUrl}${path} is not Django's sign-in form (status ${page.status}` +
                (location === undefined ? ")" : `, leads to ${location.split("?", 1).join()})`) +
                ". Behind APISIX it belongs to Keycloak: use the port of the application itself.",
        );
    }
    const answer = await http.send({
        method: "POST",
        path,
        data: new URLSearchParams({ csrfmiddlewaretoken: csrf, username, password, next: "/admin/" }),
        repeatable: true,
    });
    if (answer.status !== 302) {
        const note = parseHtml(answer.data)(".errornote").text().trim();
        throw refused(http, username, note === "" ? serverWords(answer.data) : note);
    }
}

function refused(http: HttpClient, username: string, words: string): RefusedError {
    return new RefusedError(
        `${http.baseUrl} refused the sign-in of "${username}": ${words} ` +
            "It is not tried again in this run. Check the user name and password in the stack's configuration.",
    );
}
