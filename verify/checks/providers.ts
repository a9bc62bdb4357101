import { isDeepStrictEqual } from "node:util";
import { openEdxConstants } from "../../config/openEdx.ts";
import type { Row } from "../../dynamic-providers/openedx/django-admin/changelist.ts";
import { jsonOf } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { adminSession } from "../../dynamic-providers/openedx/django-admin/session.ts";
import { addPage, FORM, LIST, settingsOf } from "../../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import { type Check, found, passed } from "../check.ts";
import type { Side, Target } from "../target.ts";
import { visitor, understood, differences, once } from "../answers.ts";

/** Checks that the LMS offers the backend for provider configurations: package and settings are live. */
export function backend({ connection }: Side): Check {
    return {
        name: "backend",
        title: `Open edX has the backend ${openEdxConstants.backendName}`,
        needs: ["lms-admin"],
        async run() {
            const session = adminSession(connection);
            const offered = [...(await session.newForm(addPage(), FORM)).options("backend_name").keys()];
            return offered.includes(openEdxConstants.backendName)
                ? passed()
                : found("plugin-not-live", `${session.url(addPage())} offers ${offered.join(", ")}`);
        },
    };
}

/** Checks that a site's newest row is enabled and matches the stack. */
export function providerConfiguration(
    target: Target,
    rows: () => Promise<Row[]>,
    site: string,
    isLmsSite: boolean,
): Check[] {
    const { openEdx, application, otherSettings, hasSecretInDatabase } = target;
    const session = adminSession(openEdx.connection);
    const name = isLmsSite ? "provider" : "provider-fallback";
    const row = async () => (await rows()).find(({ cells }) => cells.get("site") === site);
    const settings = once(async () => {
        const newest = await row();
        return settingsOf(await session.newForm(addPage(newest?.id), FORM));
    });
    return [
        {
            name,
            title: `Open edX has the provider configuration of ${site}`,
            needs: ["lms-admin"],
            async run() {
                const newest = await row();
                if (newest?.cells.get("enabled") !== "True") {
                    const [known] = await session.list(openEdxConstants.adminPages.sites, { domain: site });
                    const state = newest === undefined ? "there is none" : `row ${newest.id} is disabled`;
                    return known === undefined
                        ? found("site-missing", `${session.url(openEdxConstants.adminPages.sites)} has no ${site}`)
                        : found("provider-disabled", `${session.url(LIST)}: for ${site} ${state}`);
                }
                const actual = await settings();
                const where = `${session.url(LIST)}, row ${newest.id} (${site})`;
                return {
                    findings: [
                        ...(actual.clientId === application.client.id
                            ? []
                            : [
                                  {
                                      cause: "provider-client-id" as const,
                                      evidence: `${where} has client id ${actual.clientId}`,
                                  },
                              ]),
                        ...(isDeepStrictEqual(actual.otherSettings, otherSettings)
                            ? []
                            : [
                                  {
                                      cause: "provider-addresses" as const,
                                      evidence: `${where}: ${differences(actual.otherSettings, otherSettings)}`,
                                  },
                              ]),
                    ],
                };
            },
        },
        ...(hasSecretInDatabase
            ? [
                  {
                      name: `${name}-secret`,
                      title: `The provider configuration of ${site} has the client secret`,
                      needs: ["lms-admin"],
                      async run() {
                          const newest = await row();
                          // Without a row, the configuration check says it all.
                          return newest === undefined || (await settings()).clientSecret === application.client.secret
                              ? passed()
                              : found("provider-secret", `${session.url(LIST)}, row ${newest.id} (${site})`);
                      },
                  },
              ]
            : []),
    ];
}

/**
 * Checks that the provider is in the list that visitors get, which the LMS caches. Sends no session, like a visitor.
 */
export function providerList({ url }: Side, site: string): Check {
    const id = `oa2-${openEdxConstants.backendName}`;
    const path = `/api/mfe_context?tpa_hint=${id}`;
    return {
        name: "provider-list",
        title: "Open edX offers the provider to visitors",
        needs: ["provider", "backend"],
        async run() {
            const answer = await visitor(url).send({ method: "GET", path, headers: { Host: site } });
            if (answer.status !== 200) {
                return understood(`GET ${url}${path}`, answer);
            }
            return JSON.stringify(jsonOf(answer)).includes(`"id":"${id}"`)
                ? passed()
                : found("provider-list-stale", `GET ${url}${path}: ${id} is not among the providers`);
        },
    };
}
