import { lookup } from "node:dns/promises";
import { connect, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { AxiosResponse } from "axios";
import { openEdx as openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import { portOf } from "../config/stackConfig.ts";
import type { Row } from "../dynamic-providers/openedx/django-admin/changelist.ts";
import type { AdminForm } from "../dynamic-providers/openedx/django-admin/form.ts";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import { type HttpClient, httpClient, jsonOf, serverWords } from "../dynamic-providers/openedx/django-admin/http.ts";
import { adminSession, type AdminSession } from "../dynamic-providers/openedx/django-admin/session.ts";
import { isSignInPage, signInPath } from "../dynamic-providers/openedx/django-admin/signIn.ts";
import { effectiveValues, valuesOutside } from "../dynamic-providers/files/envBlock.ts";
import { readEnvText } from "../dynamic-providers/files/envFaults.ts";
import { addPage, FORM, LIST, settingsOf } from "../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import { type Check, type Finding, found, type Outcome, passed } from "./check.ts";
import type { CauseId } from "./causes.ts";
import { diagnose, diagnoseGateway } from "./diagnose.ts";
import type { Side, Target } from "./target.ts";

/** How far apart clocks may be, in seconds. */
const CLOCK_TOLERANCE = 60;
/** How long a connection to a gateway may take, in milliseconds. */
const CONNECT_TIMEOUT = 3000;
const DAY = 24 * 60 * 60 * 1000;
/** More redirects than a sign-in has. */
const MOST_REDIRECTS = 12;

/**
 * What can be seen from this machine without changing anything, in the order in which it is shown. Both servers are
 * looked at side by side.
 */
export function readOnlyChecks(target: Target): Check[] {
    const { openEdx, application, profile, sites } = target;
    const [lmsSite = ""] = sites;
    // One list has the newest row of every site.
    const rows = once(() =>
        adminSession(openEdx.connection).list(LIST, { backend_name: openEdxConstants.backendName }),
    );
    return [
        names(target),
        answers("lms", openEdx, openEdx.connection.baseUrl, "lms-down"),
        answers("application", application, application.connection.baseUrl, "application-down"),
        ...(application.url === application.connection.baseUrl
            ? []
            : [answersUsers("application-gateway", application, "application-down")]),
        gateway("lms-gateway", openEdx, "lms"),
        gateway("application-host", application, "application"),
        signsIn("lms-admin", openEdx, "lms"),
        signsIn("application-admin", application, "application"),
        origin(application),
        backend(openEdx),
        ...sites.flatMap((site) => providerConfiguration(target, rows, site, site === lmsSite)),
        providerList(openEdx, lmsSite),
        ...client("lms", openEdx, openEdxConstants.tokenPath, openEdxConstants.authorizationPath),
        ...client("application", application, mitApplication.tokenPath, mitApplication.authorizationPath),
        ...worker(target),
        ...environment(target),
        ...(profile.hasDiscovery ? [discovery(target)] : []),
        ...sites.map((site) => signInStart(target, site, site === lmsSite)),
        signInPage(target),
    ];
}

function names({ openEdx, application, profile }: Target): Check {
    const wanted = [openEdx.url, application.url].map((url) => new URL(url).hostname);
    const hosts = [...new Set([...wanted, ...(profile.keycloak ? [profile.keycloak.domain] : [])])];
    return {
        name: "names",
        title: "A browser finds both servers by name",
        async run() {
            const asked = await Promise.allSettled(hosts.map((host) => lookup(host)));
            const unknown = hosts.filter((_, index) => asked[index]?.status === "rejected");
            return unknown.length === 0
                ? passed()
                : found("name-unknown-to-browser", `this machine does not resolve ${unknown.join(", ")}`);
        },
    };
}

/** That the server's sign-in page answers; its clock and cookies are looked at on the way. */
function answers(name: string, { title, connection }: Side, baseUrl: string, down: CauseId): Check {
    const path = signInPath(connection.kind);
    return {
        name,
        title: `${title} answers`,
        unreachable: down,
        async run() {
            const http = visitor(baseUrl);
            const answer = await http.send({ method: "GET", path });
            if (!isSignInPage(connection.kind, answer)) {
                return found(diagnose(textOf(answer)) ?? "other-server", seen(`GET ${baseUrl}${path}`, answer));
            }
            const clock = clockFinding(baseUrl, String(answer.headers["date"]), Date.now());
            const [foreign] = [...http.foreignCookies].filter(([cookie]) => /csrf|session/.test(cookie));
            return {
                findings: [
                    ...clock,
                    ...(foreign === undefined
                        ? []
                        : [
                              {
                                  cause: "foreign-cookies" as const,
                                  evidence: `${baseUrl} sets the cookie ${foreign[0]} for ${foreign[1]}`,
                              },
                          ]),
                ],
            };
        },
    };
}

/** That the address which users have answers, too, where it is another one than that of the admin. */
function answersUsers(name: string, { title, url }: Side, down: CauseId): Check {
    return {
        name,
        title: `${title} answers at ${url}`,
        unreachable: down,
        async run() {
            const path = mitApplication.discoveryPath;
            const answer = await visitor(url).send({ method: "GET", path });
            return answer.status === 200
                ? passed()
                : found(diagnose(textOf(answer)) ?? "other-server", seen(`GET ${url}${path}`, answer));
        },
    };
}

/**
 * That a server's clock agrees with this machine's.
 *
 * @param date - the server's header `Date`, which has seconds.
 * @param now - in milliseconds.
 */
export function clockFinding(baseUrl: string, date: string, now: number): Finding[] {
    const difference = Math.round((Date.parse(date) - now) / 1000);
    return Math.abs(difference) > CLOCK_TOLERANCE
        ? [
              {
                  cause: "wrong-clock",
                  evidence: `the clock of ${baseUrl} is ${Math.abs(difference)} s ${difference > 0 ? "ahead of" : "behind"} this machine's`,
              },
          ]
        : [];
}

/**
 * That the port is open at the address by which containers reach the server. Seen from this machine: where the address is
 * a name that only containers know, nothing can be told.
 */
function gateway(name: string, { title, url, gateway: host }: Side, needs: string): Check {
    const port = portOf(url);
    return {
        name,
        title: `${title} is open at its gateway`,
        needs: [needs],
        async run() {
            if (!isIPv4(host)) {
                return passed(`${host} is a name for containers only`);
            }
            const code = await connectionError(host, port);
            return code === undefined
                ? passed(`${host}:${port}`)
                : found(diagnoseGateway(code, isOwnAddress(host)), `${host}:${port} does not answer (${code})`);
        },
    };
}

/** The code of the error with which a connection fails, or `undefined` where it is taken. */
function connectionError(host: string, port: number): Promise<string | undefined> {
    return new Promise((settle) => {
        const socket = connect({ host, port, timeout: CONNECT_TIMEOUT });
        const end = (code?: string) => {
            socket.destroy();
            settle(code);
        };
        socket.once("connect", () => {
            end();
        });
        socket.once("timeout", () => {
            end("ETIMEDOUT");
        });
        socket.once("error", ({ code = "no connection" }: NodeJS.ErrnoException) => {
            end(code);
        });
    });
}

function isOwnAddress(address: string): boolean {
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map((one) => one.address));
    return address.startsWith("127.") || own.includes(address);
}

/** That the superuser gets in, and is allowed to see what the stack has there. */
function signsIn(name: string, { title, connection }: Side, needs: string): Check {
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

/** That the application takes what a browser posts: browsers name the `Origin` of a form. */
function origin({ title, connection, url }: Side): Check {
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
            // Without a name nobody is refused, so that no account gets locked.
            const data = new URLSearchParams({ csrfmiddlewaretoken: token, username: "", password: "" });
            const answer = await http.send({
                method: "POST",
                path,
                data,
                headers: { Origin: baseUrl },
                repeatable: true,
            });
            return answer.status === 403
                ? found("origin-refused", `${seen(`POST ${baseUrl}${path}`, answer)} (Origin: ${addresses.join(", ")})`)
                : passed();
        },
    };
}

/** That the LMS offers the backend to provider configurations: package and settings are live. */
function backend({ connection }: Side): Check {
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

/** That the newest row of a site is enabled, and says what follows from the stack. */
function providerConfiguration(target: Target, rows: () => Promise<Row[]>, site: string, isLmsSite: boolean): Check[] {
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
                          // Without a row the check of the configuration says it all.
                          return newest === undefined || (await settings()).clientSecret === application.client.secret
                              ? passed()
                              : found("provider-secret", `${session.url(LIST)}, row ${newest.id} (${site})`);
                      },
                  },
              ]
            : []),
    ];
}

/** What differs between two sets of addresses, by key. */
export function differences(
    actual: Readonly<Record<string, unknown>>,
    expected: Readonly<Record<string, string>>,
): string {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys
        .filter((key) => actual[key] !== expected[key])
        .map((key) => `${key} is ${shown(actual[key])}, not ${shown(expected[key])}`)
        .join("; ");
}

function shown(value: unknown): string {
    return value === undefined ? "missing" : JSON.stringify(value);
}

/** That the list which visitors get, cached by the LMS, has the provider. Asked without a session, as a visitor does. */
function providerList({ url }: Side, site: string): Check {
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

/** That a server has the OAuth application of the other one: its id, its secret, and what it allows. */
function client(
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
            title: `${title} takes the client id and secret of ${wanted.name}`,
            needs: [side, name],
            isQuick: true,
            async run() {
                // A made-up code is refused after a wrong client is.
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
            title: `${title} sends a browser back to where ${wanted.name} says, without asking`,
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
 * What the authorization endpoint has against a redirect URI. A made-up scope, refused last, keeps it from granting.
 *
 * @param isRegistered - whether the application's form has the URI. xPro answers 500 in place of its error page, which a
 * superuser without a legal address can't be shown.
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
    // The client id is known by now, so that the refusal is the URI's, whatever the page says.
    return [{ cause: answer.status === 400 || !isRegistered ? "redirect-uri" : "unexpected-answer", evidence }];
}

function consentFinding(session: AdminSession, form: AdminForm): Finding[] {
    return form.checked("skip_authorization") ? [] : [{ cause: "consent", evidence: session.url(form.path) }];
}

/** The service worker and its token. */
function worker({ openEdx, worker: { username, token, renewBeforeDays } }: Target): Check[] {
    const session = adminSession(openEdx.connection);
    const { users, accessTokens } = openEdxConstants.adminPages;
    const user = once(async () => (await session.list(users, { username }))[0]);
    const path = "/api/user/v1/me";
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
                const answer = await visitor(openEdx.url).send({ method: "GET", path, headers });
                return answer.status === 200 ? passed() : understood(`GET ${openEdx.url}${path}`, answer);
            },
        },
        {
            name: "token-days",
            title: "The access token lasts",
            needs: ["token", "worker"],
            async run() {
                const row = await user();
                // By user: a token in a query string would stand in the server's log.
                const rows = await session.list(accessTokens, { user__id__exact: row?.id ?? "" });
                const own = rows.find(({ cells }) => cells.get("token") === token);
                const form = own && (await session.form(`${accessTokens}${own.id}/change/`, "accesstoken_form"));
                if (form === undefined) {
                    return passed();
                }
                const days = Math.floor((expiryOf(form) - Date.now()) / DAY);
                return days < renewBeforeDays
                    ? found("token-expires-soon", `${session.url(form.path)}: ${days} days left`)
                    : passed(`${days} days left`);
            },
        },
    ];
}

/** That `.env` has the stack's block, unchanged, and that the application's other addresses fit. */
function environment({ envFile, environment: wanted, profile }: Target): Check[] {
    return [
        {
            name: "env-file",
            title: "The application's .env has the stack's values",
            run: () => Promise.resolve(environmentOutcome(envFile, effectiveValues(readEnvText(envFile)), wanted)),
        },
        {
            name: "env-devstack",
            title: "The application's .env names no other Open edX",
            needs: ["env-file"],
            run() {
                const outside = valuesOutside(readEnvText(envFile));
                const left = profile.devstackVariables.filter((key) => isDevstack(outside[key]));
                return Promise.resolve(
                    left.length === 0 ? passed() : found("env-other-set-up", `${envFile}: ${left.join(", ")}`),
                );
            },
        },
    ];
}

function isDevstack(value: string | undefined): boolean {
    return value === undefined || /\/\/(\w+\.)?edx\.odl\.local:1800\d/.test(value);
}

/** What differs, by name only: some values are secret. */
export function environmentOutcome(
    envFile: string,
    actual: Readonly<Record<string, string>>,
    wanted: Readonly<Record<string, string>>,
): Outcome {
    if (Object.keys(actual).length === 0) {
        return found("env-block-missing", envFile);
    }
    const different = Object.keys(wanted).filter((key) => actual[key] !== wanted[key]);
    return different.length === 0 ? passed() : found("env-differs", `${envFile}: ${different.join(", ")}`);
}

/** That the discovery document names the addresses that the stack gave to the application. */
function discovery({ application, environment: lines, profile }: Target): Check {
    const url = application.url + mitApplication.discoveryPath;
    const inside = lines[profile.dockerBaseUrlVariable ?? ""] ?? application.url;
    const wanted = {
        authorization_endpoint: application.url,
        token_endpoint: inside,
        userinfo_endpoint: inside,
    };
    return {
        name: "discovery",
        title: "The discovery document has the stack's addresses",
        needs: ["application", "application-gateway"],
        async run() {
            const answer = await visitor(application.url).send({
                method: "GET",
                path: mitApplication.discoveryPath,
            });
            if (answer.status !== 200) {
                return understood(`GET ${url}`, answer);
            }
            const document = jsonOf(answer);
            const actual = Object.fromEntries(
                Object.keys(wanted).map((key) => [key, URL.parse(String(document[key]))?.origin ?? "missing"]),
            );
            return isDeepStrictEqual(actual, wanted)
                ? passed()
                : found("discovery-addresses", `${url}: ${differences(actual, wanted)}`);
        },
    };
}

/** That the LMS sends a visitor of the site to the application: it has asked the discovery document by then. */
function signInStart({ openEdx, application }: Target, site: string, isLmsSite: boolean): Check {
    const path = openEdxConstants.loginPath;
    return {
        name: isLmsSite ? "sign-in" : "sign-in-fallback",
        title: `Open edX sends a visitor of ${site} to ${application.title}`,
        needs: ["lms", isLmsSite ? "provider" : "provider-fallback", "backend", "application", "discovery"],
        isQuick: isLmsSite,
        async run() {
            const http = visitor(openEdx.url);
            const answer = await http.send({ method: "GET", path, ...(!isLmsSite && { headers: { Host: site } }) });
            if (answer.status === 400 && !isLmsSite) {
                return passed(`Open edX answers no request for ${site}`);
            }
            const to = URL.parse(String(answer.headers["location"] ?? ""), openEdx.url);
            if (answer.status !== 302 || to === null) {
                return understood(`GET ${openEdx.url}${path} (Host: ${site})`, answer);
            }
            return addressOf(to) === application.url + mitApplication.authorizationPath
                ? passed()
                : found("provider-addresses", `GET ${openEdx.url}${path} leads to ${addressOf(to)}`);
        },
    };
}

/** That the chain of redirects ends on a page where somebody can sign in. */
function signInPage({ openEdx, application, profile }: Target): Check {
    return {
        name: "sign-in-page",
        title: "The sign-in ends on a page to sign in at",
        unreachable: profile.keycloak ? "keycloak-down" : "application-down",
        needs: ["sign-in", "application", "application-gateway"],
        async run() {
            const http = visitor(openEdx.url);
            const visited: string[] = [];
            let path = openEdx.url + openEdxConstants.loginPath;
            while (visited.length < MOST_REDIRECTS) {
                const here = new URL(path);
                const answer = await http.send({ method: "GET", path });
                const location = answer.headers["location"] as string | undefined;
                if (answer.status < 300 || answer.status >= 400 || location === undefined) {
                    return answer.status === 200
                        ? passed(addressOf(here))
                        : understood(`GET ${addressOf(here)}`, answer);
                }
                visited.push(addressOf(here));
                const next = new URL(location, path);
                if (visited.slice(1).includes(addressOf(next))) {
                    break;
                }
                path = next.href;
            }
            return found("sign-in-loop", [...new Set(visited)].slice(1).join(" and ") || application.url);
        },
    };
}

/** Somebody without a session. One lost answer means nothing, as a server may end a connection that was kept open. */
function visitor(baseUrl: string): HttpClient {
    return httpClient(baseUrl, 1);
}

/** An address without its query, which may hold a state. */
function addressOf({ origin: server, pathname }: URL): string {
    return server + pathname;
}

/** What an answer means that is not the one hoped for. */
function understood(request: string, answer: AxiosResponse<string>): Outcome {
    return found(diagnose(textOf(answer)) ?? "unexpected-answer", seen(request, answer));
}

/** The whole text of an answer, which may be a page of many lines. */
function textOf(answer: AxiosResponse<string>): string {
    return parseHtml(answer.data)("body").text();
}

function seen(request: string, answer: AxiosResponse<string>): string {
    const location = answer.headers["location"] as string | undefined;
    const target = location === undefined ? null : URL.parse(location, answer.config.url);
    return `${request}: ${answer.status}, ${target ? `to ${addressOf(target)}` : serverWords(answer.data)}`;
}

/** The expiry that an access token's form shows, in milliseconds. Django's admin tells the server's distance from UTC. */
function expiryOf(form: AdminForm): number {
    const offset = Number(form.document("body").attr("data-admin-utc-offset") ?? 0) * 1000;
    return Date.parse(`${form.text("expires_0")}T${form.text("expires_1")}Z`) - offset;
}

/** A question that is asked once, whoever needs the answer. */
function once<Answer>(question: () => Promise<Answer>): () => Promise<Answer> {
    let answer: Promise<Answer> | undefined;
    return () => (answer ??= question());
}
