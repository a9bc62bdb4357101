import { mitApplication } from "../../config/profiles.ts";
import { parseHtml } from "../../dynamic-providers/openedx/django-admin/html.ts";
import { adminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { signInPath } from "../../dynamic-providers/openedx/django-admin/signIn.ts";
import { type Check, found, passed } from "../check.ts";
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

/** Checks that the application accepts forms from a browser: browsers send an `Origin` header with them. */
export function origin({ title, connection, url }: Side): Check {
    const addresses = [...new Set([connection.baseUrl, url])];
    return {
        name: "origin",
        title: `${title} takes what a browser posts`,
        needs: ["application"],
        async run() {
            const { baseUrl } = connection;
            const http = visitor(baseUrl);
            const path = signInPath("django");
            const page = await http.send({ method: "GET", path });
            const token = parseHtml(page.data)("#login-form input[name=csrfmiddlewaretoken]").attr("value") ?? "";
            // An empty username is never refused, so no account gets locked.
            const data = new URLSearchParams({ csrfmiddlewaretoken: token, username: "", password: "" });
            const answer = await http.send({
                method: "POST",
                path,
                data,
                headers: { Origin: baseUrl },
                repeatable: true,
            });
            return answer.status === 403
                ? found(
                      "origin-refused",
                      `${seen(`POST ${baseUrl}${path}`, answer)}; browsers are at ${addresses.join(" and ")}`,
                  )
                : passed();
        },
    };
}
