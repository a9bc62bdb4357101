import { randomBytes } from "node:crypto";
import type { Connection } from "./connection.ts";
import { defineProvider, sameMembers, type Created } from "../crud.ts";
import { ProviderError, AlreadyExistsError, alreadyExistsError } from "../errors.ts";
import type { AdminForm, FieldValue } from "./django-admin/form.ts";
import { restoreFormerValues, removeOrFail } from "./django-admin/removal.ts";
import { isHash, matchesPbkdf2 } from "./django-admin/hashedSecret.ts";
import { httpClient, jsonOf } from "./django-admin/http.ts";
import { adminSession, type AdminSession } from "./django-admin/session.ts";
import { forgetFormer, notedFormer, noteFormer, type ObjectKey } from "../formerValues.ts";
import { pulumiCommand } from "../pulumiCommand.ts";
import {
    oauthApplication,
    type OAuthApplicationInputs as Inputs,
    type OAuthApplicationOutputs as Outputs,
    type OAuthApplicationSettings as Settings,
} from "./oauthApplication.ts";

const LIST = "/admin/oauth2_provider/application/";
const FORM = "application_form";

/** The operations of `OAuthApplication`, through the Django admin of either server. */
export const provider = defineProvider<Inputs, Outputs>(oauthApplication, {
    equal: { redirectUris: sameMembers },
    title: ({ name }) => `OAuth application "${name}"`,

    async create(inputs) {
        const session = adminSession(inputs.connection);
        const existing = await findByName(session, inputs);
        if (existing === undefined) {
            const form = fill(await session.newForm(`${LIST}add/`, FORM), inputs);
            if (inputs.adopt !== false) {
                await noteFormer(keyOf(inputs), null);
            }
            return { id: await session.save(form), outs: { ...inputs, former: null } };
        }
        return isOurs(existing, inputs) ? resume(session, existing, inputs) : adopt(session, existing, inputs);
    },

    async expectCreatable(inputs) {
        const session = adminSession(inputs.connection);
        const existing = await findByName(session, inputs);
        if (existing !== undefined && !isOurs(existing, inputs)) {
            expectAdoptable(session, existing, inputs);
        }
    },

    async read(id, props) {
        const session = adminSession(props.connection);
        const [form] = await Promise.all([session.form(changePage(id), FORM), warnOfNamesakes(session, id, props)]);
        return form && { ...props, ...settingsOf(form), clientSecret: await readSecret(form, props) };
    },

    async update(id, olds, news) {
        const session = adminSession(news.connection);
        const form = await session.knownForm(changePage(id), FORM, `OAuth application "${news.name}"`);
        await session.save(fill(form, news));
        return { ...news, former: olds.former };
    },

    async delete(id, { connection, clientId, name, former }) {
        const session = adminSession(connection);
        if (former === null) {
            await removeOrFail(session, `${LIST}${id}/`, `OAuth application "${name}"`);
        } else {
            const fields = fieldsOf(former);
            await restoreFormerValues(
                session,
                { path: changePage(id), formId: FORM },
                { ...fields, redirect_uris: former.redirectUrisText ?? fields.redirect_uris },
                ["client_id", "client_secret"],
            );
        }
        await forgetFormer(keyOf({ connection, clientId }));
    },

    async isThere(id, { clientId, name }, connection) {
        const form = await adminSession(connection).form(changePage(id), FORM);
        return form?.text("client_id") === clientId && form.text("name") === name;
    },
});

interface Found {
    readonly id: string;
    readonly form: AdminForm;
    readonly settings: Settings;
}

/** The application with that name: ours, by its client id, or else somebody else's. */
async function findByName(session: AdminSession, { name, clientId }: Inputs): Promise<Found | undefined> {
    const named = await session.list(LIST, { name });
    const ours = named.length > 1 ? await session.list(LIST, { name, client_id: clientId }) : [];
    if (named.length > 1 && ours.length === 0) {
        const described = await Promise.all(named.map(({ id }) => describe(session, id)));
        throw new AlreadyExistsError(
            `${named.length} OAuth applications are named "${name}", none of them created by this stack: ` +
                `${described.join(", ")}. Delete all but one, because an MIT application works with only one of that ` +
                `name. Then adopt it: ${pulumiCommand("config set adopt true")}`,
        );
    }
    const id = (ours[0] ?? named[0])?.id;
    const form = id === undefined ? undefined : await session.form(changePage(id), FORM);
    return id === undefined || form === undefined ? undefined : { id, form, settings: settingsOf(form) };
}

/** An application's page, and what distinguishes it from others with the same name. */
async function describe(session: AdminSession, id: string): Promise<string> {
    const form = await session.form(changePage(id), FORM);
    const about =
        form === undefined
            ? "deleted just now"
            : isUntouched(settingsOf(form))
              ? "never configured, for instance created by MITx Online's migrations"
              : `client id ${form.text("client_id")}`;
    return `${session.url(changePage(id))} (${about})`;
}

/** Whether the application is this stack's: the client id is random. */
function isOurs({ settings }: Found, { clientId }: Inputs): boolean {
    return settings.clientId === clientId;
}

/** Finishes what an interrupted run began. */
async function resume(session: AdminSession, { id, form, settings }: Found, inputs: Inputs): Promise<Created<Outputs>> {
    const noted = await notedFormer<NonNullable<Outputs["former"]>>(keyOf(inputs));
    if (fill(form, inputs).differs()) {
        await session.save(form);
    }
    // An application that may have been adopted is never deleted. Without a note (the interrupted run was on another
    // machine), nobody knows what it was: delete then leaves it with credentials that nobody knows.
    const unknown = { ...settings, clientId: randomId(), clientSecret: randomId() };
    const former = noted === undefined ? (inputs.adopt === false ? null : unknown) : noted;
    return { id, outs: { ...inputs, former } };
}

async function adopt(session: AdminSession, { id, form, settings }: Found, inputs: Inputs): Promise<Created<Outputs>> {
    expectAdoptable(session, { id, settings }, inputs);
    const former = {
        ...settings,
        clientSecret: form.text("client_secret"),
        redirectUrisText: form.text("redirect_uris"),
    };
    await noteFormer(keyOf(inputs), former);
    await session.save(fill(form, inputs));
    return { id, outs: { ...inputs, former } };
}

/** @throws AlreadyExistsError if somebody else's application may not be taken over. */
function expectAdoptable(
    session: AdminSession,
    { id, settings }: Pick<Found, "id" | "settings">,
    { name, adopt: mode }: Inputs,
): void {
    if (mode === false || (mode === "untouched" && !isUntouched(settings))) {
        throw alreadyExistsError(`OAuth application "${name}"`, session.url(changePage(id)));
    }
}

/**
 * Whether nobody has configured the application since a migration created it: its client id looks generated by
 * django-oauth-toolkit, and its only redirect URI is the migration's. Source: MITx Online's
 * `openedx/migrations/0001_add_oauth_application.py`.
 */
function isUntouched({ clientId, redirectUris }: Settings): boolean {
    const [uri = "", ...more] = redirectUris;
    return /^[A-Za-z0-9]{40}$/.test(clientId) && more.length === 0 && /\/auth\/complete\/[\w-]+\/$/.test(uri);
}

/** MIT applications look up `edx-oauth-app` by name, and fail if there are two. */
async function warnOfNamesakes(session: AdminSession, id: string, { connection, name }: Inputs): Promise<void> {
    if (connection.kind === "django") {
        const others = (await session.list(LIST, { name })).filter((row) => row.id !== id);
        if (others.length > 0) {
            const pages = others.map((row) => session.url(changePage(row.id))).join(", ");
            console.warn(
                `Another OAuth application is named "${name}": ${pages}. ` +
                    "The application looks it up by that name and fails while there are two. Delete it, or rename it.",
            );
        }
    }
}

/** The client id is random, so it separates the notes on this stack's application from others. */
function keyOf({ connection, clientId }: Pick<Inputs, "connection" | "clientId">): ObjectKey {
    return { connection, path: LIST, mark: clientId };
}

function randomId(): string {
    return randomBytes(20).toString("hex");
}

function changePage(id: string): string {
    return `${LIST}${id}/change/`;
}

function fill(form: AdminForm, inputs: Settings & { clientSecret: string }): AdminForm {
    return form.fill(fieldsOf(inputs));
}

function fieldsOf(inputs: Settings & { clientSecret: string }) {
    return {
        client_id: inputs.clientId,
        client_secret: inputs.clientSecret,
        name: inputs.name,
        redirect_uris: inputs.redirectUris.join("\n"),
        client_type: inputs.clientType,
        authorization_grant_type: inputs.authorizationGrantType,
        skip_authorization: inputs.skipAuthorization,
        algorithm: inputs.algorithm,
    } satisfies Record<string, FieldValue>;
}

function settingsOf(form: AdminForm): Settings {
    return {
        clientId: form.text("client_id"),
        name: form.text("name"),
        redirectUris: form.text("redirect_uris").split(/\s+/).filter(Boolean),
        clientType: form.text("client_type") as Settings["clientType"],
        authorizationGrantType: form.text("authorization_grant_type") as Settings["authorizationGrantType"],
        skipAuthorization: form.checked("skip_authorization"),
        algorithm: form.text("algorithm") as Settings["algorithm"],
    };
}

/** Our secret if it is still valid, or else what the server shows: the secret, or the hash of an unknown one. */
async function readSecret(form: AdminForm, { connection, clientSecret }: Outputs): Promise<string> {
    const stored = form.text("client_secret");
    if (!isHash(stored)) {
        return stored;
    }
    const holds =
        (await matchesPbkdf2(clientSecret, stored)) ??
        (await tokenEndpointAccepts(connection, form.text("client_id"), clientSecret));
    return holds ? clientSecret : stored;
}

/**
 * Calls the token endpoint with a made-up code: it rejects a wrong client with `invalid_client` before it rejects the code
 * with `invalid_grant`. For hashes that can't be compared here.
 */
async function tokenEndpointAccepts(connection: Connection, clientId: string, clientSecret: string): Promise<boolean> {
    const answer = await httpClient(connection.baseUrl).send({
        method: "POST",
        path: "/oauth2/token/",
        data: new URLSearchParams({
            grant_type: "authorization_code",
            code: "does-it-still-hold",
            client_id: clientId,
            client_secret: clientSecret,
            redirect_uri: "http://localhost/",
        }),
        repeatable: true,
    });
    const { error } = jsonOf(answer);
    if (error !== "invalid_client" && error !== "invalid_grant") {
        throw new ProviderError(
            `${connection.baseUrl}/oauth2/token/ answered ${answer.status} (${typeof error === "string" ? error : "no error"}) ` +
                "where invalid_client or invalid_grant was expected: can't tell whether the client secret is still valid.",
        );
    }
    return error === "invalid_grant";
}
