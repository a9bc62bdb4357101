import { openEdxConstants } from "../../config/openEdx.ts";
import { adminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { type Check, type Finding, found, passed } from "../check.ts";
import type { CauseId } from "../causes.ts";
import type { Target } from "../target.ts";
import { once, timeIn, understood, visitor } from "../answers.ts";

const DAY = 24 * 60 * 60 * 1000;

/** Checks the service worker and its token. */
export function worker({ openEdx, worker: { username, token, renewBeforeDays } }: Target): Check[] {
    const session = adminSession(openEdx.connection);
    const { mePath, adminPages } = openEdxConstants;
    const { users, accessTokens } = adminPages;
    const user = once(async () => (await session.list(users, { username }))[0]);
    return [
        {
            name: "worker",
            title: `Open edX has the service worker ${username}`,
            needs: ["lms-admin"],
            run: async () =>
                (await user()) ? passed() : found("worker-missing", `${session.url(users)} has no ${username}`),
        },
        {
            name: "worker-rights",
            title: "The service worker is active and staff",
            needs: ["worker"],
            async run() {
                const row = await user();
                const where = session.url(`${users}${row?.id ?? ""}/change/`);
                const form = await session.newForm(`${users}${row?.id ?? ""}/change/`, "user_form");
                const lacks = (field: string, cause: CauseId): Finding[] =>
                    form.checked(field) ? [] : [{ cause, evidence: where }];
                return {
                    findings: [...lacks("is_active", "worker-inactive"), ...lacks("is_staff", "worker-not-staff")],
                };
            },
        },
        {
            name: "token",
            title: "Open edX accepts the service worker's access token",
            needs: ["lms", "worker"],
            isQuick: true,
            async run() {
                const headers = { Authorization: `Bearer ${token}` };
                const answer = await visitor(openEdx.url).send({ method: "GET", path: mePath, headers });
                return answer.status === 200 ? passed() : understood(`GET ${openEdx.url}${mePath}`, answer);
            },
        },
        {
            name: "token-days",
            title: "The access token stays valid long enough",
            needs: ["token", "worker"],
            async run() {
                const row = await user();
                // By user: a token in the query string would end up in the server's log.
                const rows = await session.list(accessTokens, { user__id__exact: row?.id ?? "" });
                const own = rows.find(({ cells }) => cells.get("token") === token);
                const form = own && (await session.form(`${accessTokens}${own.id}/change/`, "accesstoken_form"));
                if (form === undefined) {
                    return passed();
                }
                const days = Math.floor((timeIn(form, "expires") - Date.now()) / DAY);
                return days < renewBeforeDays
                    ? found("token-expires-soon", `${session.url(form.path)}: ${days} days left`)
                    : passed(`${days} days left`);
            },
        },
    ];
}
