/** Everything a new user does, from sign-up to sign-out, and what it shows. */
import { openEdxConstants } from "../config/openEdx.ts";
import { mitApplication } from "../config/profiles.ts";
import { ProviderError } from "../dynamic-providers/errors.ts";
import { jsonOf } from "../dynamic-providers/openedx/django-admin/http.ts";
import { adminSession } from "../dynamic-providers/openedx/django-admin/session.ts";
import { foreignSession } from "../dynamic-providers/openedx/django-admin/signIn.ts";
import { addressOf, textOf } from "./answers.ts";
import {
    type Browser,
    type Landing,
    type NewBrowser,
    passwordForm,
    seenAt,
    signUpAddress,
    withoutSecrets,
} from "./browser.ts";
import type { CauseId } from "./causes.ts";
import { found, type Outcome, passed, skipped } from "./check.ts";
import { runInContainer } from "./container.ts";
import { diagnose, diagnoseFor } from "./diagnose.ts";
import { Keycloak, KeycloakRefusedError } from "./keycloak.ts";
import { addInAdmin, fieldsOf, type Learner, removeLearners, userRow, usersOf } from "./learner.ts";
import { formOfMicroFrontend, formOnPage, isRegistration, REGISTRATION_PATH, thirdPartyAuth } from "./registration.ts";
import type { Target } from "./target.ts";

const { dashboardPath, loginPath, logoutPath, mePath: openEdxMePath } = openEdxConstants;
/**
 * What xPro does on sign-up, which requires email: it creates the Open edX account of the user whose address is on
 * stdin.
 */
const MAKE_ACCOUNT = `
import sys
from django.contrib.auth import get_user_model
from courseware.api import create_user
create_user(get_user_model().objects.get(email=sys.stdin.read()))`;

/** One run through everything a user does, from sign-up to sign-out. Call the methods in that order. */
export class SignIn {
    readonly #target: Target;
    readonly #learner: Learner;
    readonly #start: string;
    readonly #newBrowser: () => Browser;
    #browser: Browser;
    /** How the user was created: with the application's own form, in its admin, or in Keycloak. */
    #way: "form" | "admin" | "keycloak" | undefined;
    /** Where the user signs in behind APISIX. */
    #keycloak: Keycloak | undefined;
    /** Why the application has no account for the user, if that is not its fault. */
    #noAccount: string | undefined;
    /** Where the browser ended up after the sign-up form. */
    #signedUp: Landing | undefined;

    constructor(target: Target, learner: Learner, newBrowser: NewBrowser) {
        this.#target = target;
        this.#learner = learner;
        this.#start = target.openEdx.url + loginPath;
        // A micro-frontend runs in the browser and need not answer here.
        const hosts = [target.openEdx.url, target.application.url].map((url) => new URL(url).host);
        this.#newBrowser = () =>
            newBrowser(({ host, hostname }) => hosts.includes(host) || hostname === target.profile.keycloak?.domain);
        this.#browser = this.#newBrowser();
    }

    /** Whether there is a user who can sign in. */
    get hasUser(): boolean {
        return this.#way !== undefined;
    }

    /**
     * Follows a browser's path: from Open edX to the application's sign-in page or to Keycloak's, and from there to the
     * sign-up form.
     */
    async signUp(): Promise<Outcome> {
        const left = await removeLearners(this.#target, this.#learner);
        if (left.length > 0) {
            return found("user-left", left.join(", "));
        }
        const { application, profile, envFile } = this.#target;
        const page = await this.#browser.open(this.#start);
        const isError = page.end === "page" && page.answer.status !== 200;
        if (isError || (page.end === "circle" && profile.hasSignInPage)) {
            return this.#failed(page, page.end === "circle" ? "sign-in-circle" : undefined);
        }
        const keycloak = page.end === "page" ? Keycloak.at(page.url, envFile) : undefined;
        if (keycloak !== undefined) {
            return this.#signUpIn(keycloak, page);
        }
        const address = page.end === "page" ? signUpAddress(page) : undefined;
        const signedUp = address === undefined ? undefined : await this.#signUpAt(address, page.trail);
        if (signedUp !== undefined) {
            return signedUp;
        }
        if (page.url.origin !== application.url) {
            return this.#failed(page, "provider-addresses");
        }
        await addInAdmin(usersOf(this.#target).application, this.#learner);
        const landing = await this.#signInAtAdmin();
        if (!(await this.#isSignedIn())) {
            return this.#failed(landing);
        }
        this.#way = "admin";
        const why = page.end === "circle" ? "the sign-in loops without a session" : "its sign-in page has no form";
        return {
            ...passed(`made in ${application.url}/admin/, as ${why}`),
            trail: [...page.trail, ...landing.trail],
        };
    }

    /** Creates the user in Keycloak, as its realm lets nobody register, and signs in there. */
    async #signUpIn(keycloak: Keycloak, page: Landing): Promise<Outcome> {
        try {
            await keycloak.remove(this.#learner);
            this.#keycloak = keycloak;
            await keycloak.add(this.#learner);
        } catch (error) {
            if (error instanceof KeycloakRefusedError) {
                return found("no-sign-up", error.message);
            }
            throw error;
        }
        const landing = (await this.#submitPassword(page)) ?? page;
        if (!(await this.#isSignedIn())) {
            return this.#failed(landing);
        }
        this.#way = "keycloak";
        return { ...passed(`made in Keycloak, ${keycloak.title}`), trail: [...page.trail, ...landing.trail] };
    }

    /** Keycloak's form has the email address in its field `username`. */
    #submitPassword(page: Landing): Promise<Landing | undefined> {
        const fields = fieldsOf(this.#learner);
        const username = this.#keycloak === undefined ? this.#learner.username : this.#learner.email;
        return this.#browser.submit(page, { ...fields, username });
    }

    /** @returns `undefined` if there is no form with a password to sign up with. */
    async #signUpAt(address: string, before: readonly string[]): Promise<Outcome | undefined> {
        const page = await this.#browser.open(address);
        const landing = page.answer.status === 200 ? await this.#browser.submit(page, fieldsOf(this.#learner)) : page;
        if (landing === undefined) {
            return undefined;
        }
        if (!(await this.#isSignedIn())) {
            return this.#failed(landing);
        }
        [this.#way, this.#signedUp] = ["form", landing];
        return { ...passed(`at ${addressOf(page.url)}`), trail: [...before, ...page.trail, ...landing.trail] };
    }

    /**
     * The application's calls to Open edX. The sign-up form triggers them; without one, the page that completes the
     * profile does.
     */
    async account(): Promise<Outcome> {
        const { application, profile } = this.#target;
        if (this.#way === "form") {
            const landing = this.#signedUp;
            const isRefused = landing?.end === "page" && landing.answer.status >= 400 && this.#isOfApplication(landing);
            return isRefused ? this.#accountFailed(landing) : passed();
        }
        if (profile.profilePath === undefined) {
            return this.#accountFromContainer();
        }
        const { username, name } = this.#learner;
        const landing = await this.#browser.post(application.url + profile.profilePath, {
            username,
            name,
            legal_address: { first_name: "Integration", last_name: "Check", country: "US" },
            user_profile: { year_of_birth: 1980 },
        });
        return landing.end === "page" && landing.answer.status < 300
            ? { ...passed(), trail: landing.trail }
            : this.#accountFailed(landing);
    }

    /**
     * Diagnoses why the application's calls failed. One of them is a sign-in; the application often can't say why it
     * failed, but a browser doing the same can.
     */
    async #accountFailed(landing: Landing): Promise<Outcome> {
        const outcome = await this.#failed(landing, "account-not-made");
        if (outcome.findings[0]?.cause !== "account-not-made") {
            return outcome;
        }
        const tried = await this.#reachDashboard(await this.#browser.open(this.#start));
        const [{ cause } = { cause: undefined }] = tried.findings;
        // Users get an Open edX username only once the account exists.
        return cause === undefined || cause === "no-edx-username" ? outcome : tried;
    }

    async #accountFromContainer(): Promise<Outcome> {
        const { application } = this.#target;
        const command = [...mitApplication.manage, "shell", "-c", MAKE_ACCOUNT];
        try {
            const ran = await runInContainer(application, command, this.#learner.email);
            if (typeof ran === "string") {
                this.#noAccount = `${application.title} does that when somebody signs up, which needs an email; and ${ran}`;
                return skipped(this.#noAccount);
            }
            return passed(`in ${ran.where}`);
        } catch (error) {
            if (!(error instanceof ProviderError)) {
                throw error;
            }
            return found(
                diagnoseFor(error.message, this.#target, "lms-unreachable-from-application") ?? "account-not-made",
                withoutSecrets(error.message),
            );
        }
    }

    /** Looks for the user's row in the application's admin. */
    async applicationRow(page: string, isAsWanted: (cells: ReadonlyMap<string, string>) => boolean): Promise<Outcome> {
        const { application } = this.#target;
        if (this.#noAccount !== undefined) {
            return skipped(this.#noAccount);
        }
        const session = adminSession(application.connection);
        const user = await userRow(usersOf(this.#target).application, this.#learner);
        const rows = user === undefined ? [] : await session.list(page, { user__id__exact: user.id });
        return rows.some(({ cells }) => isAsWanted(cells))
            ? passed(session.url(page))
            : found(
                  "account-row-missing",
                  `${session.url(page)} has ${rows.length === 0 ? "no row" : "no finished row"} for ${this.#learner.username}`,
              );
    }

    async signInFirst(): Promise<Outcome> {
        // The sign-up form continues to the dashboard, unless the account was not created.
        const landing = this.#signedUp;
        return this.#reachDashboard(
            landing === undefined || this.#isOfApplication(landing) ? await this.#browser.open(this.#start) : landing,
        );
    }

    async openEdxUser(): Promise<Outcome> {
        const users = usersOf(this.#target).openEdx;
        const address = users.session.url(await users.path());
        return (await userRow(users, this.#learner))
            ? passed(address)
            : found("user-not-linked", `${address} has no ${this.#learner.email}`);
    }

    async openEdxLink(): Promise<Outcome> {
        const session = adminSession(this.#target.openEdx.connection);
        const { userSocialAuths } = openEdxConstants.adminPages;
        const address = session.url(userSocialAuths);
        const rows = await session.list(userSocialAuths, { uid: this.#learner.username });
        return rows.length > 0
            ? passed(address)
            : found("user-not-linked", `${address} has no ${this.#learner.username}`);
    }

    /** Uses a browser without cookies: signs in with the password, without registering. */
    async signInAgain(): Promise<Outcome> {
        this.#browser = this.#newBrowser();
        if (this.#way === "admin") {
            await this.#signInAtAdmin();
            return this.#reachDashboard(await this.#browser.open(this.#start));
        }
        const page = await this.#browser.open(this.#start);
        const landing = page.end === "page" ? await this.#submitPassword(page) : undefined;
        if (landing === undefined) {
            return this.#failed(page);
        }
        // Behind APISIX, a sign-in ends on the application's dashboard, whatever page asked for it.
        const end = this.#isOfApplication(landing) ? await this.#browser.open(this.#start) : landing;
        return this.#reachDashboard(end, [...page.trail, ...(end === landing ? [] : landing.trail)]);
    }

    async signOutOfOpenEdx(): Promise<Outcome> {
        const { url } = this.#target.openEdx;
        const { trail } = await this.#browser.open(url + logoutPath);
        if (trail.some((step) => step.startsWith(`GET ${url}${new URL(this.#start).pathname}:`))) {
            return { ...passed("Open edX then signs in anew, as the application's session lasts"), trail };
        }
        const username = await this.#usernameInOpenEdx();
        return username === undefined
            ? { ...passed(), trail }
            : { ...found("sign-out", `after ${trail.join(", ")} the session is still that of ${username}`), trail };
    }

    /**
     * Uses each application's own sign-out. The user is still signed in there, because signing out of Open edX ends
     * only its own session.
     */
    async signOutOfApplication(): Promise<Outcome> {
        const { application, profile } = this.#target;
        const trails: (readonly string[])[] = [];
        for (const { method, path } of profile.signOut) {
            const address = application.url + path;
            const landing = await (method === "GET"
                ? this.#browser.open(address)
                : this.#browser.post(address, new URLSearchParams()));
            trails.push(landing.trail);
        }
        const trail = trails.flat();
        return (await this.#isSignedIn())
            ? {
                  ...found(
                      "sign-out",
                      `after ${trail.join(", ")} the session is still that of ${this.#learner.username}`,
                  ),
                  trail,
              }
            : { ...passed(), trail };
    }

    async remove(isKept: boolean): Promise<Outcome> {
        if (isKept) {
            return passed(
                this.#way &&
                    `${this.#learner.username}: set a password in the application's admin to sign in as this user`,
            );
        }
        await this.#keycloak?.remove(this.#learner);
        const left = await removeLearners(this.#target, this.#learner);
        return left.length === 0 ? passed() : found("user-left", left.join(", "));
    }

    async #signInAtAdmin(): Promise<Landing> {
        const page = await this.#browser.open(`${this.#target.application.url}/admin/login/?next=/admin/`);
        return (await this.#browser.submit(page, fieldsOf(this.#learner))) ?? page;
    }

    /** Whether the application recognizes the browser's session. The endpoint returns 200 to everyone. */
    async #isSignedIn(): Promise<boolean> {
        const answer = await this.#browser.ask(this.#target.application.url + mitApplication.mePath);
        return jsonOf(answer)["is_authenticated"] === true;
    }

    async #usernameInOpenEdx(): Promise<string | undefined> {
        const answer = await this.#browser.ask(this.#target.openEdx.url + openEdxMePath);
        const username = answer.status === 200 ? jsonOf(answer)["username"] : undefined;
        return typeof username === "string" && username !== "" ? username : undefined;
    }

    /**
     * Continues from where the application sent the browser to the dashboard, through registration if Open edX asks for
     * it.
     */
    async #reachDashboard(landing: Landing, before: readonly string[] = []): Promise<Outcome> {
        const { url } = this.#target.openEdx;
        const waits = isRegistration(landing.url, url);
        const end = waits ? await this.#register(landing) : landing;
        if ("findings" in end) {
            return end;
        }
        const trail = [...before, ...(waits ? landing.trail : []), ...end.trail];
        const isNew = trail.some((step) => step.startsWith(`POST ${url}${REGISTRATION_PATH}:`));
        const isThere = end.trail.some((step) => step.startsWith(`GET ${url}${dashboardPath}:`));
        if (!isThere || (await this.#usernameInOpenEdx()) === undefined) {
            return { ...(await this.#failed(end)), trail };
        }
        if (waits && landing.end === "elsewhere") {
            return { ...found("authn-mfe", `${url}/register leads to ${addressOf(landing.url)}`), trail };
        }
        return { ...passed(`${addressOf(end.url)}${isNew ? ", after registering at Open edX" : ""}`), trail };
    }

    /**
     * Does what the JavaScript of `/register`, or of the micro-frontend that replaces it, does: the form submits
     * itself. Where a browser did that and is still there, this shows why.
     */
    async #register(landing: Landing): Promise<Landing | Outcome> {
        const { openEdx } = this.#target;
        const form =
            formOnPage(landing.answer) ?? formOfMicroFrontend(await thirdPartyAuth(this.#browser, openEdx.url));
        if (form === undefined) {
            return this.#failed(landing, "registration-refused");
        }
        const sent = await this.#browser.post(openEdx.url + form.submitPath, form.fields);
        if (sent.answer.status !== 200) {
            return {
                ...found(diagnose(sent.answer.data) ?? "registration-refused", seenAt(sent)),
                trail: [...landing.trail, ...sent.trail],
            };
        }
        const end = await this.#browser.open(openEdx.url + form.finishPath);
        return { ...end, trail: [...sent.trail, ...end.trail] };
    }

    #isOfApplication({ url }: Landing): boolean {
        return url.origin === this.#target.application.url;
    }

    /** Diagnoses a browser that ended up in the wrong place. */
    async #failed(landing: Landing, otherwise: CauseId = "unexpected-answer"): Promise<Outcome> {
        const asked =
            otherwise === "account-not-made" ? "lms-unreachable-from-application" : "application-unreachable-from-lms";
        const message = await this.#errorMessage(landing);
        const words = `${landing.end === "page" ? textOf(landing.answer) : ""} ${message}`;
        const evidence = `${seenAt(landing)} ${withoutSecrets(message)}`.trim();
        const foreign = foreignSession(this.#browser);
        return {
            ...(foreign === undefined
                ? found(diagnoseFor(words, this.#target, asked) ?? this.#causeOfPlace(landing) ?? otherwise, evidence)
                : found("foreign-cookies", `${evidence}; the cookie ${foreign[0]} is for ${foreign[1]}`)),
            trail: landing.trail,
        };
    }

    /** What Open edX tells its sign-in page, or the micro-frontend that replaces it, about a failed sign-in. */
    async #errorMessage(landing: Landing): Promise<string> {
        return this.#isSignInPage(landing)
            ? ((await thirdPartyAuth(this.#browser, this.#target.openEdx.url))?.errorMessage ?? "")
            : "";
    }

    /** The cause to infer from the location when the message says nothing. */
    #causeOfPlace(landing: Landing): CauseId | undefined {
        const { url, answer, end } = landing;
        if (end === "page" && url.pathname.startsWith(openEdxConstants.authorizationPath)) {
            return answer.status === 200 ? "consent" : "redirect-uri";
        }
        const isBack = end === "circle" || (answer.status === 200 && passwordForm(landing) !== undefined);
        if (this.#way !== undefined && isBack && this.#isOfApplication(landing)) {
            return "session-lost";
        }
        return this.#way !== undefined && this.#isSignInPage(landing) ? "account-taken" : undefined;
    }

    /** Whether this is Open edX's sign-in page or the micro-frontend's. */
    #isSignInPage(landing: Landing): boolean {
        return landing.url.pathname.endsWith("/login") && !this.#isOfApplication(landing);
    }
}
