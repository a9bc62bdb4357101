import { mitApplication } from "../../config/profiles.ts";
import { parseHtml } from "../../dynamic-providers/openedx/django-admin/html.ts";
import { adminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { signInPath } from "../../dynamic-providers/openedx/django-admin/signIn.ts";
import { type Check, type Finding, passed } from "../check.ts";
import type { Side } from "../target.ts";
import { seen, visitor } from "../answers.ts";

/** Checks that the superuser can sign in and view what the stack manages there. */
export function signsIn(name: string, { title, connection }: Side, needs: string): Check {
    return {
        name,
        title: `The superuser signs in to ${title}`,
        needs: [needs],
        async run() {
            await adminSession(connection).list(mitApplication.oauthApplicationsPath, { name: "-" });
            return passed();
        },
    };
}

/**
 * Checks that the application accepts forms from browsers, which say in `Origin` at which address they are. The admin's
 * sign-in takes forms at the address of the admin only; what it says of an origin goes for all of the application's pages.
 */
export function origin({ title, connection, url }: Side): Check {
    const { baseUrl } = connection;
    const path = signInPath("django");
    return {
        name: "origin",
        title: `${title} accepts a browser's posts`,
        needs: ["application"],
        async run() {
            const http = visitor(baseUrl);
            const page = await http.send({ method: "GET", path });
            const token = parseHtml(page.data)("#login-form input[name=csrfmiddlewaretoken]").attr("value") ?? "";
            // An empty username is never refused, so no account gets locked.
            const data = new URLSearchParams({ csrfmiddlewaretoken: token, username: "", password: "" });
            const findings = await Promise.all(
                [...new Set([baseUrl, url])].map(async (address): Promise<Finding[]> => {
                    const headers = { Origin: address };
                    const answer = await http.send({ method: "POST", path, data, headers, repeatable: true });
                    const evidence = seen(`POST ${baseUrl}${path} with Origin ${address}`, answer);
                    return answer.status === 403 ? [{ cause: "origin-refused", evidence }] : [];
                }),
            );
            return { findings: findings.flat() };
        },
    };
}
