/** The checks that sign a user in. Source: handbook, "Open edX Provider Configuration" step 7. */
import { resolvesToLoopback } from "../preflight/checks.ts";
import { type NewBrowser, PlainBrowser, withoutSecrets } from "./browser.ts";
import { type Check, notUnderstood, type Outcome, skipped } from "./check.ts";
import { makeUpLearner } from "./learner.ts";
import { SignIn } from "./signIn.ts";
import type { Target } from "./target.ts";

/**
 * Whether to try the sign-in by default: only if both servers are development servers, that is, have a development host
 * name or run on this machine. Elsewhere, a user is created only on request.
 */
export async function isForDevelopment({ openEdx, application }: Target): Promise<boolean> {
    const hosts = [openEdx.url, application.url].map((url) => new URL(url).hostname);
    const isOfDevelopment = async (host: string) =>
        /(^|\.)(local|local\.openedx\.io)$/.test(host) || resolvesToLoopback(host);
    return (await Promise.all(hosts.map(isOfDevelopment))).every(Boolean);
}

/**
 * Creates a user in the MIT application, signs them in to Open edX the way a browser does, looks for the rows listed in
 * the handbook's last step, signs in again and out, and deletes the user from both servers.
 *
 * @param isKept - whether to keep the user.
 * @param signal - aborts the run; whatever was created is still deleted.
 * @param newBrowser - starts a browser. Default: one that runs no JavaScript.
 */
export function signInChecks(
    target: Target,
    isKept: boolean,
    signal: AbortSignal,
    newBrowser: NewBrowser = (isOurs) => new PlainBrowser(target.openEdx.url, isOurs),
): Check[] {
    const signIn = new SignIn(target, makeUpLearner(isKept), newBrowser);
    const [lms, mit] = [target.openEdx.title, target.application.title];
    const rows = target.profile.confirmPages;
    const legs: Check[] = [
        {
            name: "sign-up",
            title: `A new user signs up at ${mit}`,
            needs: ["lms-admin", "application-admin", "sign-in", "sign-in-page"],
            unreachable: "application-down",
            run: () => signIn.signUp(),
        },
        {
            name: "account",
            title: `${mit} creates the user's account in ${lms}`,
            needs: ["sign-up", "application-client", "lms-client-secret", "lms-client-allows"],
            unreachable: "account-without-answer",
            run: () => signIn.account(),
        },
        {
            name: "account-row",
            title: `${mit} has a row for the account`,
            needs: ["account"],
            run: () => signIn.applicationRow(rows.openEdxUsers, (cells) => cells.get("has_been_synced") === "True"),
        },
        {
            name: "api-tokens",
            title: `${mit} has the user's API tokens for ${lms}`,
            needs: ["account"],
            run: () => signIn.applicationRow(rows.openEdxApiAuths, () => true),
        },
        {
            name: "dashboard",
            title: `The sign-in ends on the dashboard of ${lms}`,
            needs: ["sign-up", "provider", "provider-secret", "application-client-secret", "application-client-allows"],
            after: ["account"],
            unreachable: "lms-down",
            run: () => signIn.signInFirst(),
        },
        {
            name: "lms-user",
            title: `${lms} has the user`,
            needs: ["dashboard"],
            run: () => signIn.openEdxUser(),
        },
        {
            name: "lms-link",
            title: `${lms} links the user to ${mit}`,
            needs: ["dashboard"],
            run: () => signIn.openEdxLink(),
        },
        {
            name: "sign-in-again",
            title: "The same user signs in with another browser",
            needs: ["dashboard"],
            unreachable: "lms-down",
            run: () => signIn.signInAgain(),
        },
        {
            name: "sign-out-lms",
            title: `Signing out of ${lms} ends the session there`,
            needs: ["sign-in-again"],
            run: () => signIn.signOutOfOpenEdx(),
        },
        {
            name: "sign-out-application",
            title: `Signing out of ${mit} ends the session there`,
            needs: ["sign-out-lms"],
            run: () => signIn.signOutOfApplication(),
        },
    ];
    const whyNot = (check: Check) =>
        signal.aborted ? "interrupted" : check !== legs[0] && !signIn.hasUser ? "nobody could sign up" : undefined;
    return [
        ...legs.map((check) => ({ ...check, run: () => leg(check, whyNot(check)) })),
        {
            name: "user-removed",
            title: isKept ? "The user stays on both servers" : "The user is removed from both servers",
            after: legs.map(({ name }) => name),
            run: () => signIn.remove(isKept),
        },
    ];
}

/**
 * Runs a check and strips codes and states from its evidence: the URLs of a sign-in contain them.
 *
 * @param whyNot - why it can't run, if so.
 */
async function leg(check: Check, whyNot: string | undefined): Promise<Outcome> {
    if (whyNot !== undefined) {
        return skipped(whyNot);
    }
    try {
        return await check.run();
    } catch (error) {
        return notUnderstood(check, error, withoutSecrets);
    }
}
