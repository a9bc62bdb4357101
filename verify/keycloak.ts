/** Users of Keycloak, where learners sign in behind APISIX. Source: Keycloak's admin REST API. */
import { z } from "zod";
import { effectiveValues, valuesOutside } from "../dynamic-providers/files/dotEnvBlock.ts";
import { readDotEnv } from "../dynamic-providers/files/dotEnvFaults.ts";
import { ProviderError } from "../dynamic-providers/errors.ts";
import { type HttpClient, jsonOf } from "../dynamic-providers/openedx/django-admin/http.ts";
import { readJson } from "../dynamic-providers/command.ts";
import { seen, visitor } from "./answers.ts";
import { fieldsOf, isRemovable, type Learner, MARK } from "./learner.ts";

const foundUsers = z.array(z.object({ id: z.string(), email: z.string().optional() }));

/** Keycloak's administrator has another password than the `.env` says. */
export class KeycloakRefusedError extends ProviderError {}

/** One realm of a Keycloak. */
export class Keycloak {
    /** The realm, for people. */
    readonly title: string;
    readonly #http: HttpClient;
    readonly #usersPath: string;
    readonly #envFile: string;

    /**
     * The Keycloak that a page belongs to, or `undefined`.
     *
     * @param envFile - the application's `.env`, which may name another administrator than its Compose file does.
     */
    static at({ origin, pathname }: URL, envFile: string): Keycloak | undefined {
        const [, realm] = /^\/realms\/([^/]+)\//.exec(pathname) ?? [];
        return realm === undefined ? undefined : new Keycloak(origin, realm, envFile);
    }

    private constructor(origin: string, realm: string, envFile: string) {
        this.title = `realm ${realm} of ${origin}`;
        this.#http = visitor(origin);
        this.#usersPath = `/admin/realms/${realm}/users`;
        this.#envFile = envFile;
    }

    /**
     * Makes a user who signs in with their email address and password.
     *
     * @throws KeycloakRefusedError if nobody may make users, and ProviderError if Keycloak refuses this one.
     */
    async add(learner: Learner): Promise<void> {
        const { email, firstName, lastName, password } = fieldsOf(learner);
        const credentials = [{ type: "password", value: password, temporary: false }];
        const user = { username: email, email, firstName, lastName, credentials, emailVerified: true, enabled: true };
        const answer = await this.#ask("POST", this.#usersPath, JSON.stringify(user));
        if (answer.status !== 201) {
            throw new ProviderError(seen(`POST ${this.#http.baseUrl}${this.#usersPath}`, answer));
        }
    }

    /** Deletes the user, and those whom a killed run left. */
    async remove(learner: Learner): Promise<void> {
        const answer = await this.#ask("GET", `${this.#usersPath}?search=${MARK}&max=100`);
        for (const { id, email = "" } of foundUsers.parse(readJson(answer.data))) {
            if (isRemovable(email, learner)) await this.#ask("DELETE", `${this.#usersPath}/${id}`);
        }
    }

    /** Asks the admin API. A token is valid for a minute only, so each request has its own. */
    async #ask(method: "GET" | "POST" | "DELETE", path: string, data?: string) {
        const headers = { Authorization: `Bearer ${await this.#token()}`, "Content-Type": "application/json" };
        return this.#http.send({ method, path, headers, ...(data !== undefined && { data }) });
    }

    async #token(): Promise<string> {
        const text = readDotEnv(this.#envFile);
        const values = { ...valuesOutside(text), ...effectiveValues(text) };
        const { KEYCLOAK_SVC_ADMIN: username = "admin", KEYCLOAK_SVC_ADMIN_PASSWORD: password = "admin" } = values;
        const path = "/realms/master/protocol/openid-connect/token";
        const data = new URLSearchParams({ grant_type: "password", client_id: "admin-cli", username, password });
        const answer = await this.#http.send({ method: "POST", path, data, repeatable: true });
        if (answer.status === 401) {
            throw new KeycloakRefusedError(seen(`POST ${this.#http.baseUrl}${path}`, answer));
        }
        return String(jsonOf(answer)["access_token"]);
    }
}
