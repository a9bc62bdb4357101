import { isDeepStrictEqual } from "node:util";
import { openEdxConstants } from "../../config/openEdx.ts";
import { mitApplication } from "../../config/profiles.ts";
import { jsonOf } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { addressesOf, type LoopLimits, PlainBrowser, seenAt } from "../browser.ts";
import { type Check, found, passed, skipped } from "../check.ts";
import { diagnose } from "../diagnose.ts";
import type { Target } from "../target.ts";
import { visitor, understood, addressOf, differences, textOf } from "../answers.ts";

/** More than lead to a page to sign in on. Nothing on that way is visited twice. */
const TO_SIGN_IN_PAGE: LoopLimits = { redirects: 11, visits: 1 };

/** Checks that the discovery document lists the URLs the stack gave to the application. */
export function discovery({ application, environment: lines, profile }: Target): Check {
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

/**
 * Checks that the LMS redirects a visitor of the site to the application; by then it has fetched the discovery
 * document.
 */
export function signInStart({ openEdx, application }: Target, site: string, isLmsSite: boolean): Check {
    const path = openEdxConstants.loginPath;
    return {
        name: isLmsSite ? "sign-in" : "sign-in-fallback",
        title: `Open edX sends a visitor of ${site} to ${application.title}`,
        needs: [
            "lms",
            isLmsSite ? "provider" : "provider-fallback",
            "backend",
            "application",
            "lms-reaches-application",
            "discovery",
        ],
        isQuick: isLmsSite,
        async run() {
            const http = visitor(openEdx.url);
            const answer = await http.send({ method: "GET", path, ...(!isLmsSite && { headers: { Host: site } }) });
            if (answer.status === 400 && !isLmsSite) {
                return skipped(`Open edX answers no request for ${site}`);
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

/** Checks that the redirects end on a page where users can sign in. */
export function signInPage({ openEdx, application, profile }: Target): Check {
    return {
        name: "sign-in-page",
        title: "The sign-in leads to a sign-in page",
        unreachable: profile.keycloak ? "keycloak-down" : "application-down",
        needs: ["sign-in", "application", "application-gateway"],
        async run() {
            const landing = await new PlainBrowser(openEdx.url).open(
                openEdx.url + openEdxConstants.loginPath,
                TO_SIGN_IN_PAGE,
            );
            if (landing.end === "circle") {
                const circle = addressesOf(landing.trail).slice(1).join(" and ") || application.url;
                return found(profile.hasSignInPage ? "sign-in-circle" : "sign-in-loop", circle);
            }
            return landing.answer.status === 200
                ? passed(addressOf(landing.url))
                : found(diagnose(textOf(landing.answer)) ?? "unexpected-answer", `GET ${seenAt(landing)}`);
        },
    };
}
