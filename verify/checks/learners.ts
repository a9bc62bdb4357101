import { openEdxConstants } from "../../config/openEdx.ts";
import { adminPath } from "../../dynamic-providers/openedx/django-admin/adminPage.ts";
import { parseChangelist } from "../../dynamic-providers/openedx/django-admin/changelist.ts";
import { adminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { seen, timeIn, understood, visitor } from "../answers.ts";
import { type Check, type Finding, passed, skipped } from "../check.ts";
import type { Target } from "../target.ts";

/** How many of the newest tokens to try. */
const TRIED = 3;

/**
 * Checks that Open edX accepts the tokens the application uses to call it on behalf of its learners. They are deleted
 * along with the application's OAuth application. Only unexpired tokens are conclusive: the application renews the
 * others itself.
 */
export function learnerTokens({ openEdx, application, profile }: Target): Check {
    const session = adminSession(application.connection);
    const { openEdxApiAuths: path } = profile.confirmPages;
    const { mePath } = openEdxConstants;
    return {
        name: "learner-tokens",
        title: `Open edX accepts the learners' tokens that ${application.title} has`,
        needs: ["lms", "application-admin", "lms-client"],
        async run() {
            // One page is enough, and there may be many. The newest rows come first.
            const rows = parseChangelist((await session.get(path)).data, adminPath(path))?.rows ?? [];
            const forms = await Promise.all(
                rows.slice(0, TRIED).map(({ id }) => session.newForm(`${path}${id}/change/`, "openedxapiauth_form")),
            );
            const valid = forms.filter((form) => timeIn(form, "access_token_expires_on") > Date.now());
            if (valid.length === 0) {
                return skipped(`${session.url(path)} has no token that is still valid`);
            }
            const findings = await Promise.all(
                valid.map(async (form): Promise<readonly Finding[]> => {
                    const headers = { Authorization: `Bearer ${form.text("access_token")}` };
                    const answer = await visitor(openEdx.url).send({ method: "GET", path: mePath, headers });
                    const request = `GET ${openEdx.url}${mePath} with the token of ${session.url(form.path)}`;
                    return answer.status === 200
                        ? []
                        : answer.status === 401
                          ? [{ cause: "learner-token-dead", evidence: seen(request, answer) }]
                          : understood(request, answer).findings;
                }),
            );
            return findings.every((one) => one.length === 0) ? passed() : { findings: findings.flat() };
        },
    };
}
