import { accessToken, type AccessTokenInputs as Inputs, type AccessTokenOutputs as Outputs } from "./accessToken.ts";
import { defineProvider, UNKNOWN } from "../crud.ts";
import { FormError, ProviderError } from "../errors.ts";
import { utcOffset } from "./django-admin/adminPage.ts";
import type { AdminForm } from "./django-admin/form.ts";
import { removeOrFail } from "./django-admin/removal.ts";
import { adminSession, type AdminSession } from "./django-admin/session.ts";

const LIST = "/admin/oauth2_provider/accesstoken/";
const FORM = "accesstoken_form";
const DAY = 24 * 60 * 60 * 1000;
const DEFAULT_RENEW_BEFORE_DAYS = 30;
/** The form shows the server's local time: daylight saving time may shift it by an hour, which is no change. */
const SUMMER_TIME = 60 * 60 * 1000;

/** The operations of `AccessToken`, through the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>(accessToken, {
    defaults: expiryDefaults,
    faults({ expires, lifetimeDays, renewBeforeDays }) {
        if (expires !== undefined && expires !== UNKNOWN && Date.parse(expires) <= Date.now()) {
            return [{ property: "expires", reason: `${expires} has passed: set a later date` }];
        }
        return lifetimeDays !== undefined && renewBeforeDays !== undefined && renewBeforeDays >= lifetimeDays
            ? [{ property: "renewBeforeDays", reason: `must be less than lifetimeDays (${lifetimeDays})` }]
            : [];
    },
    // Deleting a user deletes their tokens.
    equal: { expires: (one, other) => Date.parse(one) === Date.parse(other) },

    async create(inputs) {
        const session = adminSession(inputs.connection);
        const { userId, offset } = await findUser(session, inputs.username);
        try {
            const id = await session.add(`${LIST}add/`, FORM, { user: userId, ...fieldsOf(inputs, offset) });
            return { id, outs: inputs };
        } catch (error) {
            // Tokens are unique: a refused one already exists, created by an interrupted run.
            if (!(error instanceof FormError && error.fields.has("token"))) {
                throw error;
            }
            return { id: await resume(session, userId, inputs), outs: inputs };
        }
    },

    async read(id, props) {
        const form = await adminSession(props.connection).form(changePage(id), FORM);
        if (form === undefined) {
            return undefined;
        }
        const expires = expiryOf(form);
        return {
            ...props,
            token: form.text("token"),
            username: form.document(".field-user strong").first().text().trim() || props.username,
            expires: Math.abs(Date.parse(expires) - Date.parse(props.expires)) <= SUMMER_TIME ? props.expires : expires,
        };
    },

    async update(id, _olds, news) {
        const session = adminSession(news.connection);
        const form = await session.knownForm(changePage(id), FORM, `The access token of "${news.username}"`);
        await session.save(fill(form, news));
        return news;
    },

    async delete(id, { connection, username }) {
        await removeOrFail(adminSession(connection), `${LIST}${id}/`, `The access token of "${username}"`);
    },

    async isThere(id, { token }, connection) {
        const form = await adminSession(connection).form(changePage(id), FORM);
        return form?.text("token") === token;
    },
});

/** The expiry for a period: the one from the last run, until less time than the margin is left. */
function expiryDefaults(
    { lifetimeDays, renewBeforeDays, expires }: Partial<Inputs>,
    olds: Partial<Inputs>,
): Partial<Inputs> {
    if (lifetimeDays === undefined || expires !== undefined) {
        return {};
    }
    const margin = (renewBeforeDays ?? DEFAULT_RENEW_BEFORE_DAYS) * DAY;
    const left = Date.parse(olds.expires ?? "") - Date.now();
    // If more time is left than a new token would have, somebody changed the expiry manually.
    const lasts = left > margin && left <= lifetimeDays * DAY + SUMMER_TIME;
    return {
        renewBeforeDays: DEFAULT_RENEW_BEFORE_DAYS,
        expires:
            olds.expires !== undefined && lasts && olds.lifetimeDays === lifetimeDays
                ? olds.expires
                : new Date(Date.now() + lifetimeDays * DAY).toISOString().replace(/\.\d+Z$/, "Z"),
    };
}

async function findUser(
    session: AdminSession,
    username: string,
): Promise<{ readonly userId: string; readonly offset: number }> {
    const { rows, utcOffset: offset } = await session.changelist("/admin/auth/user/", { username });
    const [user] = rows;
    if (user === undefined) {
        throw new ProviderError(`${session.url("/admin/auth/user/")} has no user "${username}" for the access token.`);
    }
    return { userId: user.id, offset };
}

/** The id of the existing token, updated to the given expiry. */
async function resume(session: AdminSession, userId: string, inputs: Inputs): Promise<string> {
    // By user: a token in a query string would end up in the server's log.
    const rows = await session.list(LIST, { user__id__exact: userId });
    const row = rows.find(({ cells }) => cells.get("token") === inputs.token);
    if (row === undefined) {
        throw new ProviderError(
            `The access token of "${inputs.username}" already belongs to another user: ${session.url(LIST)}.`,
        );
    }
    const form = fill(await session.newForm(changePage(row.id), FORM), inputs);
    if (form.differs()) {
        await session.save(form);
    }
    return row.id;
}

function changePage(id: string): string {
    return `${LIST}${id}/change/`;
}

function fill(form: AdminForm, inputs: Inputs): AdminForm {
    return form.fill(fieldsOf(inputs, utcOffset(form.document)));
}

function fieldsOf({ token, expires }: Inputs, offset: number): Record<string, string> {
    const [date = "", time = ""] = new Date(Date.parse(expires) + offset).toISOString().split(/[T.]/);
    return { token, expires_0: date, expires_1: time };
}

function expiryOf(form: AdminForm): string {
    const local = Date.parse(`${form.text("expires_0")}T${form.text("expires_1")}Z`);
    return new Date(local - utcOffset(form.document)).toISOString().replace(/\.\d+Z$/, "Z");
}
