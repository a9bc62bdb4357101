import { openEdxConstants } from "./openEdx.ts";
import { mitApplication } from "./profiles.ts";
import type { StackConfig } from "./stackConfig.ts";

/** The URL for trying the sign-in; it ends up on the LMS dashboard. */
export function signInUrl({ openEdx }: Pick<StackConfig, "openEdx">): string {
    return openEdx.url + openEdxConstants.loginPath;
}

/**
 * What to do before opening that URL, if it doesn't work on its own: MITx Online on its own port has no sign-in page for
 * learners, so a browser without a session there loops.
 */
export function signInFirst({ application }: Pick<StackConfig, "application">): string {
    const { profile, connection } = application;
    if (profile.isBehindApisix) {
        return "Nothing: Keycloak asks to sign in. If that ends on MITx Online's dashboard, open signInUrl again";
    }
    if (profile.hasSignInPage) {
        return "Nothing: signInUrl works by itself";
    }
    return (
        `Sign in at ${connection.baseUrl}/admin/ first, as a user with an edx_username: at this port ${profile.title} ` +
        "has no sign-in page for learners. A browser can sign in there only where the application's .env has " +
        `CSRF_TRUSTED_ORIGINS=${new URL(connection.baseUrl).origin}`
    );
}

/** The host names a browser on this machine must resolve if the stack runs a server here; otherwise none. */
export function browserHosts({ openEdx, application, lms }: StackConfig): string[] {
    const { url, profile, connection } = application;
    return lms.from === "tutor" || connection.managedByStack === true
        ? [new URL(openEdx.url).hostname, new URL(url).hostname, ...(profile.keycloak ? [profile.keycloak.domain] : [])]
        : [];
}

/** Links to both servers and to the admin pages the integration touches. */
export function serverLinks({ openEdx, application }: Pick<StackConfig, "openEdx" | "application">) {
    const { oauthApplicationsPath: oauthApplications } = mitApplication;
    return {
        openEdx: {
            home: openEdx.url,
            ...absolute(openEdx.connection.baseUrl, openEdxConstants.adminPages),
        },
        application: {
            home: application.url,
            ...absolute(application.connection.baseUrl, { oauthApplications, ...application.profile.confirmPages }),
        },
    };
}

function absolute<Page extends string>(baseUrl: string, pages: Readonly<Record<Page, string>>): Record<Page, string> {
    const links = Object.entries<string>(pages).map(([page, path]) => [page, baseUrl + path]);
    return Object.fromEntries(links) as Record<Page, string>;
}
