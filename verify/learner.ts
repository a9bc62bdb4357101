import { randomBytes } from "node:crypto";
import { openEdxConstants } from "../config/openEdx.ts";
import { ProviderError } from "../dynamic-providers/errors.ts";
import type { Row } from "../dynamic-providers/openedx/django-admin/changelist.ts";
import { parseHtml } from "../dynamic-providers/openedx/django-admin/html.ts";
import { adminSession, type AdminSession } from "../dynamic-providers/openedx/django-admin/session.ts";
import { once } from "./answers.ts";
import type { Target } from "./target.ts";

const FORM = "user_form";
/** The start of the usernames of users that this or a later run deletes, and of users that no run deletes. */
export const MARK = "integration-check-";
const KEPT_MARK = "integration-kept-";
/** Users older than this are left from a run that was killed; a run takes minutes. In milliseconds. */
const OLD = 60 * 60 * 1000;
/** Mail to this domain goes nowhere. */
const DOMAIN = "verify.invalid";

/** A new user who signs up and signs in to test whether that works. */
export interface Learner {
    readonly username: string;
    readonly email: string;
    readonly name: string;
    /** Secret. */
    readonly password: string;
}

/**
 * Makes up a user that no server knows yet. The name contains the time: another run may be under way.
 *
 * @param isKept - whether to keep the user on the servers. Otherwise, if this run can't delete them, a later run does.
 */
export function makeUpLearner(isKept: boolean): Learner {
    const time = Math.floor(Date.now() / 1000).toString(16);
    const username = (isKept ? KEPT_MARK : MARK) + time + randomBytes(2).toString("hex");
    const password = `Aa1-${randomBytes(12).toString("hex")}`;
    return { username, email: `${username}@${DOMAIN}`, name: "Integration Check", password };
}

/** The values under the field names that the forms of Django, the MIT applications and Keycloak use. */
export function fieldsOf({ username, email, name, password }: Learner): Record<string, string> {
    const [firstName = "", lastName = ""] = name.split(" ");
    const passwords = { password, password1: password, password2: password, "password-confirm": password };
    return { username, email, name, firstName, lastName, ...passwords };
}

/** The users in one server's admin. */
export interface Users {
    readonly session: AdminSession;
    /** Path of the admin's user changelist. */
    readonly path: () => Promise<string>;
}

/**
 * The users of both servers. The MIT applications have a custom user model; the admin index links to its changelist.
 */
export function usersOf({ openEdx: lms, application }: Target): { openEdx: Users; application: Users } {
    const session = adminSession(application.connection);
    return {
        openEdx: {
            session: adminSession(lms.connection),
            path: () => Promise.resolve(openEdxConstants.adminPages.users),
        },
        application: { session, path: once(() => userPage(session)) },
    };
}

async function userPage(session: AdminSession): Promise<string> {
    const $ = parseHtml((await session.get("/admin/")).data);
    const targets = $("a[href$='/user/']").toArray();
    const path = targets
        .map((link) => $(link).attr("href"))
        .find((target) => /^\/admin\/\w+\/user\/$/.test(target ?? ""));
    if (path === undefined) {
        throw new ProviderError(`${session.url("/admin/")} lists no users: is this the expected server?`);
    }
    return path;
}

/** A user's changelist row, or `undefined`. */
export async function userRow({ session, path }: Users, { email }: Learner): Promise<Row | undefined> {
    return (await session.list(await path(), { email }))[0];
}

/**
 * Creates the user in the application's admin as staff without permissions: such a user can sign in at `/admin/`. For
 * applications whose sign-up page requires JavaScript or email.
 */
export async function addInAdmin({ session, path }: Users, learner: Learner): Promise<void> {
    const list = await path();
    const form = await session.newForm(`${list}add/`, FORM);
    const id = await session.save(form.fill(fieldsOf(learner)));
    const change = await session.newForm(`${list}${id}/change/`, FORM);
    const address = { first_name: "Integration", last_name: "Check", country: "US" };
    change.fill({ ...fieldsOf(learner), first_name: "Integration", is_active: true, is_staff: true });
    // The MIT applications return 500 for users without a legal address or profile; their sign-up creates both.
    for (const inline of change.inlines()) {
        const fields = { ...address, year_of_birth: "1980", birth_year: "1980" };
        change.fill(
            Object.fromEntries(Object.entries(fields).map(([field, value]) => [`${inline}-0-${field}`, value])),
        );
    }
    await session.save(change);
}

/** Whether to delete a user: the one of this run, and those that an earlier run had to leave. */
export function isRemovable(email: string, own: Learner): boolean {
    const [, time = ""] = new RegExp(`^${MARK}([0-9a-f]{8})[0-9a-f]{4}@${DOMAIN}$`).exec(email) ?? [];
    return email === own.email || parseInt(time, 16) * 1000 < Date.now() - OLD;
}

/**
 * Deletes this run's user, and those that earlier runs left, by their email addresses.
 *
 * @returns the pages of users that a server keeps because protected objects refer to them.
 */
export async function removeLearners(target: Target, own: Learner): Promise<string[]> {
    const left = await Promise.all(Object.values(usersOf(target)).map((users) => removeFrom(users, own)));
    return left.flat();
}

async function removeFrom({ session, path }: Users, own: Learner): Promise<string[]> {
    const list = await path();
    const left: string[] = [];
    for (const { id, cells } of await session.list(list, { email__startswith: MARK })) {
        if (isRemovable(cells.get("email") ?? "", own) && !(await session.remove(`${list}${id}/`))) {
            left.push(session.url(`${list}${id}/delete/`));
        }
    }
    return left;
}
