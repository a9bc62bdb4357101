import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { defineProvider } from "../crud.ts";
import { ProviderError, alreadyExistsError } from "../errors.ts";
import type { Row } from "./django-admin/changelist.ts";
import type { AdminForm, FieldValue } from "./django-admin/form.ts";
import { adminSession, type AdminSession } from "./django-admin/session.ts";
import { Turns } from "./turns.ts";
import { forgetFormer, notedFormer, noteFormer, type ObjectKey } from "../formerValues.ts";
import {
    oauth2ProviderConfig,
    type OAuth2ProviderConfigInputs as Inputs,
    type OAuth2ProviderConfigOutputs as Outputs,
    type OAuth2ProviderConfigSettings as Settings,
} from "./oauth2ProviderConfig.ts";

/** The admin's list of provider configurations. */
export const LIST = "/admin/third_party_auth/oauth2providerconfig/";
/** The id of the form on a configuration's page. */
export const FORM = "oauth2providerconfig_form";

/** The operations of `OAuth2ProviderConfig`, through the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>(oauth2ProviderConfig, {
    title: ({ site, backendName }) => `Provider configuration ${backendName} of ${site}`,

    async create(inputs) {
        const session = adminSession(inputs.connection);
        const newest = await findNewest(session, inputs);
        const form = await session.newForm(addPage(newest?.id), FORM);
        const isOurs = form.text("key") === inputs.clientId;
        const isLive = newest !== undefined && isEnabled(newest);
        if (isLive && !isOurs) {
            expectAdoptable(session, inputs);
        }
        // If the newest row is ours, an interrupted run added it, and its note has the row before.
        const formerRowId = isOurs ? ((await notedFormer<string>(keyOf(inputs))) ?? null) : isLive ? newest.id : null;
        if (formerRowId !== null && !isOurs) {
            await noteFormer(keyOf(inputs), formerRowId);
        }
        const rowId = newest && isUpToDate(form, inputs) ? newest.id : await append(session, form, inputs);
        // Even if the row exists: an interrupted run may have added it without getting this far.
        await refreshProviderList(session, inputs.backendName);
        return { id: idOf(inputs), outs: { ...inputs, providerId: `oa2-${inputs.backendName}`, rowId, formerRowId } };
    },

    async expectCreatable(inputs) {
        const session = adminSession(inputs.connection);
        const newest = await findNewest(session, inputs, "shared");
        if (newest !== undefined && isEnabled(newest) && !(await hasClientId(session, newest, inputs))) {
            expectAdoptable(session, inputs);
        }
    },

    async read(_id, props) {
        const session = adminSession(props.connection);
        const newest = await findNewest(session, props, "shared");
        if (newest === undefined || !isEnabled(newest)) {
            return undefined;
        }
        // Rows never change: as long as ours is the newest, its settings are unchanged.
        if (newest.id === props.rowId) {
            return props;
        }
        const form = await session.newForm(addPage(newest.id), FORM);
        return { ...props, ...settingsOf(form), rowId: newest.id };
    },

    async update(_id, olds, news) {
        const session = adminSession(news.connection);
        const newest = await findNewest(session, news);
        const form = await session.newForm(addPage(newest?.id), FORM);
        const { providerId, formerRowId } = olds;
        const rowId = newest && isUpToDate(form, news) ? newest.id : await append(session, form, news);
        await refreshProviderList(session, news.backendName);
        return { ...news, providerId, rowId, formerRowId };
    },

    async delete(_id, props) {
        const session = adminSession(props.connection);
        const newest = await findNewest(session, props, "shared");
        // Without a row, the configuration was deleted along with its site.
        const last = newest && (await lastRow(session, newest, props));
        if (last !== undefined) {
            await save(session, last);
        }
        await refreshProviderList(session, props.backendName);
        await forgetFormer(keyOf(props));
    },

    async isThere(_id, props, connection) {
        const session = adminSession(connection);
        const newest = await findNewest(session, props);
        return newest !== undefined && (await hasClientId(session, newest, props));
    },
});

/** The client id is random, so it separates the notes on this stack's configuration from others. */
function keyOf(props: Pick<Inputs, "connection" | "site" | "backendName" | "clientId">): ObjectKey {
    return { connection: props.connection, path: `${LIST}${idOf(props)}`, mark: props.clientId };
}

/**
 * The row that is in effect for the site and backend: the list shows only the newest row per key.
 *
 * @param use - `shared`: with a response that the other sites' configurations use too, if this run has not changed this one.
 */
async function findNewest(
    session: AdminSession,
    { site, backendName }: Inputs,
    use: "own" | "shared" = "own",
): Promise<Row | undefined> {
    const query = { backend_name: backendName };
    const rows = await (use === "shared" ? session.sharedList(LIST, query) : session.list(LIST, query));
    return rows.find(({ cells }) => cells.get("site") === site);
}

function isEnabled({ cells }: Row): boolean {
    return cells.get("enabled") === "True";
}

async function hasClientId(session: AdminSession, { id }: Row, { clientId }: Inputs): Promise<boolean> {
    return (await session.newForm(addPage(id), FORM)).text("key") === clientId;
}

/** @throws AlreadyExistsError if somebody else's enabled configuration may not be taken over. */
function expectAdoptable(session: AdminSession, inputs: Inputs): void {
    if (!inputs.adopt) {
        throw alreadyExistsError(
            `An enabled provider configuration for ${idOf(inputs)}`,
            session.url(`${LIST}?backend_name=${inputs.backendName}`),
        );
    }
}

/** The page that adds a row, prefilled from another row. Posting to `<id>/change/` would bring back an old row. */
export function addPage(sourceId?: string): string {
    return sourceId === undefined ? `${LIST}add/` : `${LIST}add/?source=${sourceId}`;
}

/** The row that undoes the configuration, or `undefined` if the newest row already does. */
async function lastRow(session: AdminSession, newest: Row, { formerRowId }: Outputs): Promise<AdminForm | undefined> {
    const isLive = isEnabled(newest);
    if (formerRowId === null) {
        return isLive ? (await session.newForm(addPage(newest.id), FORM)).fill({ enabled: false }) : undefined;
    }
    const former = await session.newForm(addPage(formerRowId), FORM);
    const current = await session.newForm(addPage(newest.id), FORM);
    return isLive && isDeepStrictEqual(settingsOf(former), settingsOf(current)) ? undefined : former;
}

async function append(session: AdminSession, form: AdminForm, inputs: Inputs): Promise<string> {
    form.fill({
        ...fieldsOf(inputs),
        site: choose(form, "site", inputs.site, "Create the site first (/admin/sites/site/)."),
        backend_name: choose(
            form,
            "backend_name",
            inputs.backendName,
            "It is missing from AUTHENTICATION_BACKENDS: the package ol-social-auth or the LMS's settings are not live.",
        ),
    });
    return save(session, form);
}

/** The value of a select's option by its text, as ids differ from server to server. */
function choose(form: AdminForm, field: string, text: string, remedy: string): string {
    const options = form.options(field);
    const value = options.get(text);
    if (value === undefined) {
        throw new ProviderError(
            `The LMS offers no ${field} "${text}" for provider configurations ` +
                `(it has: ${[...options.keys()].filter((option) => !option.startsWith("---")).join(", ") || "none"}). ${remedy}`,
        );
    }
    return value;
}

/**
 * By LMS: saves of rows, and refreshes of the list. Open edX empties its cache before it commits a new row; a refresh at that
 * moment would put the former row back into the cache, for ten minutes.
 */
const turns = new WeakMap<AdminSession, Turns<"save" | "refresh">>();

function turnsOf(session: AdminSession): Turns<"save" | "refresh"> {
    const its = turns.get(session) ?? new Turns();
    turns.set(session, its);
    return its;
}

/** Saves a row while no list is being refreshed. */
function save(session: AdminSession, form: AdminForm): Promise<string> {
    return turnsOf(session).take("save", () => session.save(form));
}

/**
 * Refreshes the LMS's list of providers, which it caches for ten minutes under a key that saving does not clear. The row is
 * already saved, so a failure is only a warning: it must not cause the row to be posted again.
 */
async function refreshProviderList(session: AdminSession, backendName: string): Promise<void> {
    // Only staff may bypass the cache.
    const path = `/api/mfe_context?tpa_hint=oa2-${backendName}&force_cache_miss=true`;
    try {
        const answer = await turnsOf(session).take("refresh", async () => {
            const first = await session.getAsUser(path);
            if (first.status !== 500 || hasFreshList(first)) {
                return first;
            }
            // Any page of the admin shows the pending messages.
            await session.get("/admin/sites/site/");
            return session.getAsUser(path);
        });
        if (!hasFreshList(answer)) {
            throw new ProviderError(`${session.url(path)}: the server answered ${answer.status}.`);
        }
    } catch (error) {
        if (!(error instanceof ProviderError)) {
            throw error;
        }
        console.warn(`${error.message} Open edX may offer its former sign-in providers for up to ten minutes.`);
    }
}

/**
 * Whether the list is fresh after a response. Then Open edX may still fail on the session's pending admin messages
 * (`msg.extra_tags.split()[0]`); only a development server says so, any other answers a plain 500.
 */
function hasFreshList({ status, data }: { readonly status: number; readonly data: string }): boolean {
    return status === 200 || (status === 500 && data.includes("IndexError"));
}

function isUpToDate(form: AdminForm, inputs: Inputs): boolean {
    // The LMS stores the other settings re-indented, so their text can't be compared.
    const sameText = { other_settings: form.text("other_settings") };
    const { otherSettings } = settingsOf(form);
    return (
        isDeepStrictEqual(otherSettings, inputs.otherSettings) &&
        !form.fill({ ...fieldsOf(inputs), ...sameText }).differs()
    );
}

function idOf({ site, backendName }: Pick<Inputs, "site" | "backendName">): string {
    return `${site}/${backendName}`;
}

function fieldsOf(inputs: Settings): Record<string, FieldValue> {
    return {
        enabled: true,
        name: inputs.name,
        slug: inputs.slug,
        key: inputs.clientId,
        secret: inputs.clientSecret,
        other_settings: JSON.stringify(inputs.otherSettings),
        skip_hinted_login_dialog: inputs.skipHintedLoginDialog,
        skip_registration_form: inputs.skipRegistrationForm,
        skip_email_verification: inputs.skipEmailVerification,
        sync_learner_profile_data: inputs.syncLearnerProfileData,
        enable_sso_id_verification: inputs.enableSsoIdVerification,
    };
}

/** A row's settings. */
export function settingsOf(form: AdminForm): Settings {
    return {
        name: form.text("name"),
        slug: form.text("slug"),
        clientId: form.text("key"),
        clientSecret: form.text("secret"),
        otherSettings: parsed(form.text("other_settings") || "{}"),
        skipHintedLoginDialog: form.checked("skip_hinted_login_dialog"),
        skipRegistrationForm: form.checked("skip_registration_form"),
        skipEmailVerification: form.checked("skip_email_verification"),
        syncLearnerProfileData: form.checked("sync_learner_profile_data"),
        enableSsoIdVerification: form.checked("enable_sso_id_verification"),
    };
}

/** The other settings as they are. A script may have stored text that is no JSON object, which equals no other settings. */
function parsed(text: string): Record<string, unknown> {
    try {
        return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    } catch {
        return { "(not a JSON object)": text };
    }
}
