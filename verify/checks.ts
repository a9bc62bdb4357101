import { openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import { adminSession } from "../dynamic-providers/openedx/django-admin/session.ts";
import { LIST } from "../dynamic-providers/openedx/oauth2ProviderConfig.provider.ts";
import type { Check } from "./check.ts";
import type { Target } from "./target.ts";
import { once } from "./answers.ts";
import { names, answers, answersUsers, gateway } from "./checks/reachability.ts";
import { signsIn, origin } from "./checks/admins.ts";
import { backend, providerConfiguration, providerList } from "./checks/providers.ts";
import { client } from "./checks/oauthApplications.ts";
import { worker } from "./checks/serviceWorker.ts";
import { learnerTokens } from "./checks/learners.ts";
import { environment } from "./checks/environment.ts";
import { fromContainers } from "./checks/containers.ts";
import { discovery, signInStart, signInPage } from "./checks/signInStart.ts";

/**
 * The checks that run from this machine without changing anything, in display order. Both servers are checked
 * concurrently.
 */
export function readOnlyChecks(target: Target): Check[] {
    const { openEdx, application, profile, sites } = target;
    const [lmsSite = ""] = sites;
    // One changelist has the newest row of every site.
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
        ...fromContainers(target),
        signsIn("lms-admin", openEdx, "lms"),
        signsIn("application-admin", application, "application"),
        origin(application),
        backend(openEdx),
        ...sites.flatMap((site) => providerConfiguration(target, rows, site, site === lmsSite)),
        providerList(openEdx, lmsSite),
        ...client("lms", openEdx, openEdxConstants.tokenPath, openEdxConstants.authorizationPath),
        ...client("application", application, mitApplication.tokenPath, mitApplication.authorizationPath),
        ...worker(target),
        learnerTokens(target),
        ...environment(target),
        ...(profile.hasDiscovery ? [discovery(target)] : []),
        ...sites.map((site) => signInStart(target, site, site === lmsSite)),
        signInPage(target),
    ];
}
