import { createHash } from "node:crypto";
import { defineProvider, type Created } from "../crud.ts";
import {
    ExpiredError,
    FormError,
    PartlyCreatedError,
    ProviderError,
    alreadyExistsError,
    UnreachableError,
} from "../errors.ts";
import type { AdminForm, FieldValue } from "./django-admin/form.ts";
import { restoreFormerValues } from "./django-admin/removal.ts";
import { adminSession, type AdminSession } from "./django-admin/session.ts";
import { forgetFormer, notedFormer, noteFormer, type ObjectKey } from "../formerValues.ts";
import {
    djangoUser,
    type DjangoUserInputs as Inputs,
    type DjangoUserOutputs as Outputs,
    type DjangoUserSettings as Settings,
    type FormerDjangoUser as Former,
} from "./djangoUser.ts";

const LIST = "/admin/auth/user/";
const FORM = "user_form";
/** The maximum in the real LMS's form. */
const LAST_NAME_LENGTH = 30;

/** The operations of `DjangoUser`, through the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>(djangoUser, {
    // The LMS has no page that sets a password, so a new password means a new user. An adopted user keeps theirs.
    replaces: ({ former }) => (former === null ? ["password"] : []),

    async create(inputs) {
        const session = adminSession(inputs.connection);
        if (inputs.password === undefined) {
            return takeOver(session, inputs);
        }
        const form = (await session.newForm(`${LIST}add/`, FORM)).fill({
            username: inputs.username,
            password1: inputs.password,
            password2: inputs.password,
        });
        let id: string;
        try {
            id = await namingSameEmail(session, inputs.username, "", () => add(session, form));
        } catch (error) {
            // User names are unique: a refused one already exists.
            if (error instanceof FormError && error.fields.has("username")) {
                return takeOver(session, inputs);
            }
            throw error;
        }
        const outs: Outputs = { ...inputs, former: null };
        try {
            await namingSameEmail(session, inputs.username, inputs.email, () => finish(session, id, form, inputs));
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            throw new PartlyCreatedError(id, { ...outs, email: "" }, reason);
        }
        return { id, outs };
    },

    async expectCreatable(inputs) {
        const session = adminSession(inputs.connection);
        const existing = await findByName(session, inputs);
        if (existing !== undefined && !isCreatedHere(existing, inputs)) {
            expectAdoptable(session, existing, inputs);
        }
    },

    async read(id, props) {
        const form = await adminSession(props.connection).form(changePage(id), FORM);
        if (form === undefined) {
            return undefined;
        }
        // The API refuses the token of a user without a password. The password itself can't be read.
        const { password, ...known } = { ...props, ...settingsOf(form) };
        return hasPassword(form) && password !== undefined ? { ...known, password } : known;
    },

    async update(id, olds, news) {
        const session = adminSession(news.connection);
        const form = await session.knownForm(changePage(id), FORM, `User "${news.username}"`);
        expectPassword(form, session.url(changePage(id)), news);
        if (
            fill(form, news)
                .fill(olds.former === null ? ownerName(news) : {})
                .differs()
        ) {
            await namingSameEmail(session, news.username, news.email, () => session.save(form));
        }
        return { ...news, former: olds.former };
    },

    async delete(id, props) {
        const { connection, username, former } = props;
        const session = adminSession(connection);
        if (former !== null) {
            await restoreFormerValues(session, { path: changePage(id), formId: FORM }, fieldsOf(former), []);
            await forgetFormer(keyOf(props));
        } else if (!(await session.remove(`${LIST}${id}/`))) {
            await disable(session, id, username);
        }
    },

    async isThere(id, props, connection) {
        const form = await adminSession(connection).form(changePage(id), FORM);
        return form !== undefined && usernameOf(form) === props.username && isOurs(form, props);
    },
});

/** Finishes a user that an interrupted run created, or adopts one if that is allowed. */
async function takeOver(session: AdminSession, inputs: Inputs): Promise<Created<Outputs>> {
    const existing = await findByName(session, inputs);
    if (existing === undefined) {
        throw new ProviderError(
            `${session.url(LIST)} has no user "${inputs.username}", and creating one takes a password.`,
        );
    }
    const { id, form } = existing;
    const createdHere = isCreatedHere(existing, inputs);
    if (!createdHere) {
        expectAdoptable(session, existing, inputs);
    }
    expectPassword(form, session.url(changePage(id)), inputs);
    const differs = fill(form, inputs)
        .fill(createdHere ? ownerName(inputs) : {})
        .differs();
    // A user who is already as wanted may have been adopted by an interrupted run, whose note then has the former values.
    const former = createdHere
        ? null
        : ((differs ? undefined : await notedFormer<Former>(keyOf(inputs))) ?? settingsOf(form));
    if (differs) {
        if (former !== null) {
            await noteFormer(keyOf(inputs), former);
        }
        await namingSameEmail(session, inputs.username, inputs.email, () => session.save(form));
    }
    return { id, outs: { ...inputs, former } };
}

interface Found {
    readonly id: string;
    readonly form: AdminForm;
}

async function findByName(session: AdminSession, { username }: Inputs): Promise<Found | undefined> {
    const [row] = await session.list(LIST, { username });
    const form = row && (await session.form(changePage(row.id), FORM));
    return row && form && { id: row.id, form };
}

/** Whether this stack created the user, perhaps in a run that was interrupted. */
function isCreatedHere({ form }: Found, inputs: Inputs): boolean {
    const { email, isStaff } = settingsOf(form);
    // Between the two steps, a new user has no email address yet; nobody else leaves a user without one.
    return isOurs(form, inputs) || (email === "" && !isStaff && form.text("last_login_0") === "");
}

/** @throws AlreadyExistsError if somebody else's user may not be taken over. */
function expectAdoptable(session: AdminSession, { id }: Found, { username, adopt }: Inputs): void {
    if (!adopt) {
        throw alreadyExistsError(`User "${username}"`, session.url(changePage(id)));
    }
}

/**
 * Adds the user, with a profile if possible: without one the LMS can't sign a user in, and it creates one if the inline form
 * is filled in. If the server requires more for a profile than a name, the user gets none.
 */
async function add(session: AdminSession, form: AdminForm): Promise<string> {
    try {
        return await session.save(form.with({ "profile-0-name": String(form.changes.get("username")) }));
    } catch (error) {
        const own = ["", ...form.changes.keys()];
        if (error instanceof FormError && !own.some((field) => error.fields.has(field))) {
            return session.save(form);
        }
        throw error;
    }
}

/**
 * Saves a user. The LMS's database allows no two accounts with the same email address, nor two without one, as a new user
 * is at first; its admin does not check that, and answers with a bare 500.
 *
 * @param email - the user's address after saving.
 * @throws ProviderError that names the other account.
 */
async function namingSameEmail<Result>(
    session: AdminSession,
    username: string,
    email: string,
    save: () => Promise<Result>,
): Promise<Result> {
    try {
        return await save();
    } catch (error) {
        if (error instanceof UnreachableError && error.mayHaveSucceeded) {
            const other = (await session.list(LIST, { email })).find(({ cells }) => cells.get("username") !== username);
            if (other !== undefined) {
                const has =
                    email === "" ? "no email address either, as a new user has none at first" : `the address ${email}`;
                throw new ProviderError(
                    `User "${username}" can't be saved: no two accounts of the LMS have the same email address. ` +
                        `"${other.cells.get("username") ?? other.id}" has ${has}. Change that account: ${session.url(changePage(other.id))}`,
                );
            }
        }
        throw error;
    }
}

/**
 * The second step of creating a user: whatever the add form does not ask for. A brand-new user has nothing that an omitted
 * field could lose, so the form need not be loaded; inline formsets are declared empty. The form is loaded if the server
 * requires more than that, if the session ended in the meantime, or if the response is lost.
 */
async function finish(session: AdminSession, id: string, added: AdminForm, inputs: Inputs): Promise<void> {
    const [date = "", time = ""] = new Date().toISOString().split(/[T.]/);
    const body = new URLSearchParams({
        csrfmiddlewaretoken: added.text("csrfmiddlewaretoken"),
        username: inputs.username,
        email: inputs.email,
        is_active: "on",
        ...(inputs.isStaff ? { is_staff: "on" } : {}),
        ...(inputs.isSuperuser ? { is_superuser: "on" } : {}),
        date_joined_0: date,
        date_joined_1: time,
        _continue: "1",
        ...ownerName(inputs),
    });
    for (const inline of added.inlines()) {
        body.set(`${inline}-TOTAL_FORMS`, "0");
        body.set(`${inline}-INITIAL_FORMS`, "0");
    }
    try {
        await session.post(changePage(id), FORM, body);
    } catch (error) {
        const isLost = error instanceof UnreachableError && error.mayHaveSucceeded;
        if (!(error instanceof FormError || error instanceof ExpiredError || isLost)) {
            throw error;
        }
        const form = await session.knownForm(changePage(id), FORM, `User "${inputs.username}"`);
        if (fill(form, inputs).fill(ownerName(inputs)).differs()) {
            await session.save(form);
        }
    }
}

/**
 * Strips a user whom the server keeps, because protected objects refer to them, of all permissions, and deactivates the
 * account.
 */
async function disable(session: AdminSession, id: string, username: string): Promise<void> {
    const form = await session.form(changePage(id), FORM);
    if (form === undefined) {
        return;
    }
    if (form.fill({ is_active: false, is_staff: false, is_superuser: false }).differs()) {
        await session.save(form);
    }
    console.warn(
        `User "${username}" can't be deleted, because protected objects refer to it: ${session.url(changePage(id))}. ` +
            "It is now inactive and has no permissions.",
    );
}

/** The name that identifies a user created here. */
function ownerName({ owner }: Pick<Inputs, "owner">): Record<string, string> {
    return { first_name: "Managed by Pulumi", last_name: shortened(owner) };
}

/** Whether this stack created the user; earlier versions of this program wrote the owner's full name. */
function isOurs(form: AdminForm, { owner }: Pick<Inputs, "owner">): boolean {
    return (
        form.text("first_name") === "Managed by Pulumi" && [owner, shortened(owner)].includes(form.text("last_name"))
    );
}

/** An owner in the 30 characters that the LMS's form allows for a last name: its beginning, and a hash to tell it apart. */
function shortened(owner: string): string {
    const digest = createHash("sha256").update(owner).digest("hex").slice(0, 8);
    return owner.length <= LAST_NAME_LENGTH ? owner : `${owner.slice(0, LAST_NAME_LENGTH - 9)}-${digest}`;
}

/** @throws ProviderError if the user has no password: it can't be set here, as the LMS has no page for that. */
function expectPassword(form: AdminForm, page: string, { username }: Inputs): void {
    if (!hasPassword(form)) {
        throw new ProviderError(
            `User "${username}" has no password, so the LMS refuses their access tokens: ${page}. ` +
                `Set one: tutor dev run lms ./manage.py lms changepassword ${username}`,
        );
    }
}

/** Whether the user has a password at all: if so, the form shows how it is stored, never the password itself. */
function hasPassword(form: AdminForm): boolean {
    const shown = form.document(`#${form.formId} .field-password`);
    return shown.length === 0 || shown.find("bdi").length > 0;
}

function keyOf({ connection, username, owner }: Pick<Inputs, "connection" | "username" | "owner">): ObjectKey {
    return { connection, path: `${LIST}?username=${username}`, mark: owner };
}

/** The LMS's form only displays the user name, since it must not change there. */
function usernameOf(form: AdminForm): string {
    return form.text("username") || form.document(`#${form.formId} .field-username .readonly`).text().trim();
}

function changePage(id: string): string {
    return `${LIST}${id}/change/`;
}

function fill(form: AdminForm, inputs: Settings): AdminForm {
    return form.fill(fieldsOf(inputs));
}

function fieldsOf({ email, isStaff, isSuperuser, isActive = true }: Former): Record<string, FieldValue> {
    return { email, is_staff: isStaff, is_superuser: isSuperuser, is_active: isActive };
}

function settingsOf(form: AdminForm): Settings {
    return {
        email: form.text("email"),
        isStaff: form.checked("is_staff"),
        isSuperuser: form.checked("is_superuser"),
        isActive: form.checked("is_active"),
    };
}
