import { z } from "zod";
import { connectionSchema, defineProvider, type Created } from "./crud.ts";
import { FormError, PartlyCreatedError, ProviderError, strangerError } from "./django-admin/errors.ts";
import type { AdminForm, FieldValue } from "./django-admin/form.ts";
import { adminSession, type AdminSession } from "./django-admin/session.ts";
import type {
    DjangoUserInputs as Inputs,
    DjangoUserOutputs as Outputs,
    DjangoUserSettings as Settings,
} from "./djangoUser.ts";

const LIST = "/admin/auth/user/";
const FORM = "user_form";

const schema = z.strictObject({
    connection: connectionSchema,
    username: z.string().regex(/^[\w.@+-]{1,150}$/, "must be letters, digits and @ . + - _ only"),
    owner: z.string().min(1, "must not be empty").max(150),
    email: z.email("must be an e-mail address"),
    password: z.string().min(1, "must not be empty").exactOptional(),
    isStaff: z.boolean(),
    isSuperuser: z.boolean(),
    adopt: z.boolean(),
});

/** The operations of `DjangoUser`, over the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>({
    schema,
    defaults: () => ({ isStaff: false, isSuperuser: false, adopt: false }),
    replaceOn: ["username"],
    local: ["adopt"],

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
            id = await add(session, form);
        } catch (error) {
            // User names are unique: a refused one is there already.
            if (error instanceof FormError && error.fields.has("username")) {
                return takeOver(session, inputs);
            }
            throw error;
        }
        const outs: Outputs = { ...inputs, former: null };
        try {
            await finish(session, id, form, inputs);
        } catch (error) {
            const reason = error instanceof Error ? error.message : String(error);
            throw new PartlyCreatedError(id, { ...outs, email: "" }, reason);
        }
        return { id, outs };
    },

    async read(id, props) {
        const form = await adminSession(props.connection).form(changePage(id), FORM);
        return form && { ...props, ...settingsOf(form) };
    },

    async update(id, olds, news) {
        const session = adminSession(news.connection);
        const form = await session.knownForm(changePage(id), FORM, `User "${news.username}"`);
        if (
            fill(form, news)
                .fill(olds.former === null ? madeBy(news) : {})
                .differs()
        ) {
            await session.save(form);
        }
        if (news.password !== undefined && news.password !== olds.password) {
            await setPassword(session, id, news.password);
        }
        return { ...news, former: olds.former };
    },

    async delete(id, { connection, former }) {
        const session = adminSession(connection);
        if (former === null) {
            await session.remove(`${LIST}${id}/`);
            return;
        }
        const form = await session.form(changePage(id), FORM);
        if (form !== undefined) {
            await session.save(fill(form, former));
        }
    },
});

/** Finishes a user that an interrupted run made, or adopts one where that is allowed. */
async function takeOver(session: AdminSession, inputs: Inputs): Promise<Created<Outputs>> {
    const [row] = await session.list(LIST, { username: inputs.username });
    const form = row && (await session.form(changePage(row.id), FORM));
    if (row === undefined || form === undefined) {
        throw new ProviderError(
            `${session.url(LIST)} has no user "${inputs.username}", and none can be made without a password.`,
        );
    }
    const former = settingsOf(form);
    const madeHere =
        Object.entries(madeBy(inputs)).every(([field, value]) => form.text(field) === value) ||
        // Between its two steps a new user has no e-mail address yet; nobody else leaves one without.
        (former.email === "" && !former.isStaff && form.text("last_login_0") === "");
    if (!madeHere && !inputs.adopt) {
        throw strangerError(
            `User "${inputs.username}"`,
            session.url(changePage(row.id)),
            "set adopt: true (pulumi config set adopt true)",
        );
    }
    if (
        fill(form, inputs)
            .fill(madeHere ? madeBy(inputs) : {})
            .differs()
    ) {
        await session.save(form);
    }
    return { id: row.id, outs: { ...inputs, former: madeHere ? null : former } };
}

/**
 * Adds the user, with a profile if possible: without one the LMS can't sign a user in, and it makes one where the inline
 * form is filled in. A server that wants more for a profile than a name gets none.
 */
async function add(session: AdminSession, form: AdminForm): Promise<string> {
    try {
        return await session.save(form.with({ "profile-0-name": String(form.changes.get("username")) }));
    } catch (error) {
        const own = [...form.changes.keys()];
        if (error instanceof FormError && !own.some((field) => error.fields.has(field))) {
            return session.save(form);
        }
        throw error;
    }
}

/**
 * The second step of making a user: what the form for adding does not ask for. A user who was made a moment ago has
 * nothing that a field left out could lose, so the form need not be loaded; inline formsets are declared empty. It is
 * loaded where the server wants more than that.
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
        ...madeBy(inputs),
    });
    for (const inline of added.inlines()) {
        body.set(`${inline}-TOTAL_FORMS`, "0");
        body.set(`${inline}-INITIAL_FORMS`, "0");
    }
    try {
        await session.post(changePage(id), body);
    } catch (error) {
        if (!(error instanceof FormError)) {
            throw error;
        }
        const form = await session.knownForm(changePage(id), FORM, `User "${inputs.username}"`);
        await session.save(fill(form, inputs).fill(madeBy(inputs)));
    }
}

async function setPassword(session: AdminSession, id: string, password: string): Promise<void> {
    const form = await session.newForm(`${LIST}${id}/password/`, FORM);
    await session.save(form.fill({ password1: password, password2: password }));
}

/** The name by which a user that was made here is known again. */
function madeBy({ owner }: Inputs): Record<string, string> {
    return { first_name: "Managed by Pulumi", last_name: owner };
}

function changePage(id: string): string {
    return `${LIST}${id}/change/`;
}

function fill(form: AdminForm, { email, isStaff, isSuperuser }: Settings): AdminForm {
    return form.fill({
        email,
        is_staff: isStaff,
        is_superuser: isSuperuser,
    } satisfies Record<string, FieldValue>);
}

function settingsOf(form: AdminForm): Settings {
    return {
        email: form.text("email"),
        isStaff: form.checked("is_staff"),
        isSuperuser: form.checked("is_superuser"),
    };
}
