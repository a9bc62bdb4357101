import { mitApplication } from "../../config/profiles.ts";
import type { AdminForm } from "../../dynamic-providers/openedx/django-admin/form.ts";
import { adminSession, type AdminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { type Check, type Finding, found, passed } from "../check.ts";
import type { Side } from "../target.ts";
import { visitor, seen, understood, once } from "../answers.ts";

/** Checks that a server has the other one's OAuth application: its id, its secret, and what it allows. */
export function client(
    side: string,
    { title, url, connection, client: wanted }: Side,
    tokenPath: string,
    authorizePath: string,
): Check[] {
    const session = adminSession(connection);
    const list = mitApplication.oauthApplicationsPath;
    const row = once(async () => (await session.list(list, { client_id: wanted.id }))[0]);
    const name = `${side}-client`;
    return [
        {
            name,
            title: `${title} has the OAuth application ${wanted.name}`,
            needs: [`${side}-admin`],
            async run() {
                const [own, namesakes] = await Promise.all([row(), session.list(list, { name: wanted.name })]);
                const others = namesakes
                    .filter(({ id }) => id !== own?.id)
                    .map(({ id }) => session.url(`${list}${id}/change/`));
                if (own === undefined) {
                    const instead = others.length === 0 ? "" : `; that name has ${others.join(", ")}`;
                    return found("client-gone", `${session.url(list)} has no client id ${wanted.id}${instead}`);
                }
                return side === "application" && others.length > 0
                    ? found("client-name-twice", `${wanted.name} is also the name of ${others.join(", ")}`)
                    : passed();
            },
        },
        {
            name: `${name}-secret`,
            title: `${title} accepts the client ID and secret of ${wanted.name}`,
            needs: [side, name],
            isQuick: true,
            async run() {
                // The endpoint checks the client before the code, so `invalid_grant` for a made-up code means the
                // client is valid.
                const data = new URLSearchParams({
                    grant_type: "authorization_code",
                    code: "is-the-client-known",
                    client_id: wanted.id,
                    client_secret: wanted.secret,
                    redirect_uri: wanted.redirectUris[0] ?? "",
                });
                const http = visitor(url);
                const answer = await http.send({ method: "POST", path: tokenPath, data, repeatable: true });
                return answer.status === 400 && answer.data.includes("invalid_grant")
                    ? passed()
                    : understood(`POST ${url}${tokenPath}`, answer);
            },
        },
        {
            name: `${name}-allows`,
            title: `${title} accepts the redirect URIs of ${wanted.name}, without asking for consent`,
            needs: [`${side}-admin`, name],
            async run() {
                const own = await row();
                const form = await session.newForm(`${list}${own?.id ?? ""}/change/`, "application_form");
                const registered = form.text("redirect_uris").split(/\s+/);
                const refusals = await Promise.all(
                    wanted.redirectUris.map((uri) =>
                        authorizationFinding(session, authorizePath, wanted.id, uri, registered.includes(uri)),
                    ),
                );
                return { findings: [...refusals.flat(), ...consentFinding(session, form)] };
            },
        },
    ];
}

/**
 * The authorization endpoint's objection to a redirect URI. A made-up scope, which is checked last, prevents a grant.
 *
 * @param isRegistered - whether the application's form lists the URI. xPro returns 500 instead of its error page, which
 * it can't render for a superuser without a legal address.
 */
async function authorizationFinding(
    session: AdminSession,
    path: string,
    id: string,
    uri: string,
    isRegistered: boolean,
): Promise<Finding[]> {
    const query = new URLSearchParams({ client_id: id, redirect_uri: uri, response_type: "code", scope: "none" });
    const answer = await session.get(`${path}?${query.toString()}`);
    const target = String(answer.headers["location"] ?? "");
    if (answer.status === 302 && target.startsWith(uri)) {
        return [];
    }
    const evidence = seen(`GET ${session.url(path)} with redirect_uri ${uri}`, answer);
    // The client id has been checked by now, so the refusal is about the URI, whatever the page says.
    return [{ cause: answer.status === 400 || !isRegistered ? "redirect-uri" : "unexpected-answer", evidence }];
}

function consentFinding(session: AdminSession, form: AdminForm): Finding[] {
    return form.checked("skip_authorization") ? [] : [{ cause: "consent", evidence: session.url(form.path) }];
}
