import { openEdxConstants } from "../../config/openEdx.ts";
import { parseHtml } from "../../dynamic-providers/openedx/django-admin/html.ts";
import { serverWords } from "../../dynamic-providers/openedx/django-admin/http.ts";
import { signInPath } from "../../dynamic-providers/openedx/django-admin/signIn.ts";
import { once, seen, visitor } from "../answers.ts";
import type { CauseId } from "../causes.ts";
import { type Check, type Finding, found, type Outcome, passed, skipped } from "../check.ts";
import { lookFromContainer, type SeenAnswer, type Sight } from "../container.ts";
import { diagnose, diagnoseSilence } from "../diagnose.ts";
import type { Side, Target } from "../target.ts";
import { clockFinding } from "./reachability.ts";

/** Checks from inside the containers: how each server sees the other, their clocks, and the settings in effect. */
export function fromContainers(target: Target): Check[] {
    const { openEdx, application, environment, otherSettings } = target;
    const needs = ["lms", "application"];
    const { DISCOVERY_URL: discovery, ACCESS_TOKEN_URL: token = "" } = otherSettings;
    const lms = once(() =>
        lookFromContainer(openEdx, {
            urls: [discovery ?? token],
            // The LMS calls these, as listed in the document. It sends the browser to the others.
            follow: discovery === undefined ? [] : ["token_endpoint", "userinfo_endpoint"],
            environment: {},
        }),
    );
    const mit = once(() =>
        lookFromContainer(application, {
            urls: [(environment["OPENEDX_API_BASE_URL"] ?? openEdx.url) + signInPath("openedx")],
            follow: [],
            environment,
        }),
    );
    return [
        {
            name: "lms-reaches-application",
            title: `${openEdx.title}'s container reaches ${application.title}`,
            needs,
            run: async () => reached(openEdx, await lms(), "application-unreachable-from-lms"),
        },
        {
            name: "application-reaches-lms",
            title: `${application.title}'s container reaches ${openEdx.title}`,
            needs,
            run: async () => reached(application, await mit(), "lms-unreachable-from-application"),
        },
        {
            name: "env-running",
            title: `The running ${application.title} has the stack's values`,
            needs: ["application"],
            async run() {
                const sight = await mit();
                if (typeof sight === "string") {
                    return application.container.managedByStack ? missing(sight) : signOutOutcome(target, sight);
                }
                const { different, where } = sight;
                return different.length === 0 ? passed() : found("env-not-read", `${where}: ${different.join(", ")}`);
            },
        },
    ];
}

/** Checks that a container got its responses and that its clock is right. */
function reached({ container }: Side, sight: Sight | string, unreachable: CauseId): Outcome {
    if (typeof sight === "string") {
        return container.managedByStack ? missing(sight) : skipped(sight);
    }
    const { answers, where, time, askedAt } = sight;
    const silent = Object.entries(answers).flatMap(([url, answer]) => answerFinding(url, answer, where, unreachable));
    return { findings: [...silent, ...clockFinding(where, new Date(time * 1000).toUTCString(), askedAt)] };
}

function missing(reason: string): Outcome {
    return found("container-gone", reason);
}

/**
 * What is wrong with a response that a container got. Endpoints that refuse a GET or a request without a token are
 * fine: they are there.
 */
export function answerFinding(url: string, answer: SeenAnswer, where: string, unreachable: CauseId): Finding[] {
    const { status, words } = answer;
    const evidence = `GET ${url} in ${where}`;
    if (status === undefined) {
        return [{ cause: diagnoseSilence(words) ?? unreachable, evidence: `${evidence}: ${words}` }];
    }
    if (status < 500 && status !== 404) {
        return [];
    }
    const cause = diagnose(parseHtml(words)("body").text()) ?? (status === 404 ? "other-server" : "unexpected-answer");
    return [{ cause, evidence: `${evidence}: ${status}, ${serverWords(words)}` }];
}

/**
 * What an application shows of its settings without its container: MITx Online's sign-out redirects to its
 * `LOGOUT_REDIRECT_URL`. The discovery document shows its URLs, and has its own check.
 *
 * @param reason - why nothing can run in its container.
 */
async function signOutOutcome({ application, openEdx }: Target, reason: string): Promise<Outcome> {
    const { baseUrl } = application.connection;
    const path = `${openEdxConstants.logoutPath}/`;
    const answer = await visitor(baseUrl).send({ method: "GET", path });
    const location = answer.headers["location"] as string | undefined;
    if (answer.status !== 302 || location === undefined) {
        return skipped(reason);
    }
    return location.startsWith(openEdx.url + openEdxConstants.logoutPath)
        ? passed("as far as its sign-out shows")
        : found("env-not-read", `LOGOUT_REDIRECT_URL, by ${seen(`GET ${baseUrl}${path}`, answer)}`);
}
