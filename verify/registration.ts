/** How Open edX registers a user who comes from an MIT application: at `/register`, or in the micro-frontend that replaces it. */
import { type Answer, jsonOf } from "../dynamic-providers/openedx/django-admin/http.ts";
import { addressOf } from "./answers.ts";
import type { Browser } from "./browser.ts";

/** Where both submit their form. */
export const REGISTRATION_PATH = "/api/user/v2/account/registration/";

/** What Open edX tells its pages about a sign-in in progress. */
export interface ThirdPartyAuth {
    /** Where the sign-in continues once the account exists. */
    readonly finishAuthUrl?: string | null;
    readonly currentProvider?: string | null;
    readonly errorMessage?: string | null;
    readonly pipelineUserDetails?: Readonly<Record<string, string>>;
}

/** A registration form, filled in with what the application says about the user. */
export interface RegistrationForm {
    readonly submitPath: string;
    readonly fields: URLSearchParams;
    /** Where the sign-in continues once the account exists. */
    readonly finishPath: string;
}

/** Whether a URL is that of the registration page, or of the micro-frontend's. */
export function isRegistration(url: URL, openEdxUrl: string): boolean {
    return addressOf(url) === `${openEdxUrl}/register` || /\/authn\/register\b/.test(url.pathname);
}

/** What Open edX tells its micro-frontends about the browser's sign-in in progress, or `undefined` if it does not answer. */
export async function thirdPartyAuth(browser: Browser, openEdxUrl: string): Promise<ThirdPartyAuth | undefined> {
    const answer = await browser.ask(`${openEdxUrl}/api/mfe_context`);
    return answer.status === 200 ? (jsonOf(answer)["contextData"] as ThirdPartyAuth) : undefined;
}

/** The form that Open edX embeds in its page as JSON for its own JavaScript, or `undefined` if this is another page. */
export function formOnPage({ data }: Answer): RegistrationForm | undefined {
    const [, json] = /\boptions\s*=\s*(\{.*?\});?\s*LogistrationFactory\(/s.exec(data) ?? [];
    if (json === undefined) {
        return undefined;
    }
    const { registration_form_desc: form, third_party_auth: auth } = JSON.parse(json) as {
        registration_form_desc: {
            submit_url: string;
            fields: { name: string; defaultValue?: string | boolean | null }[];
        };
        third_party_auth: ThirdPartyAuth;
    };
    const values = form.fields.map(({ name, defaultValue }): [string, string] => [name, String(defaultValue ?? "")]);
    return completed(form.submit_url, Object.fromEntries(values), auth);
}

/** The form that the micro-frontend makes of what Open edX tells it, or `undefined` if there is no sign-in in progress. */
export function formOfMicroFrontend(auth: ThirdPartyAuth = {}): RegistrationForm | undefined {
    return completed(REGISTRATION_PATH, auth.pipelineUserDetails ?? {}, auth);
}

function completed(
    submitPath: string,
    values: Readonly<Record<string, string>>,
    { finishAuthUrl, currentProvider }: ThirdPartyAuth,
): RegistrationForm | undefined {
    if (typeof finishAuthUrl !== "string") {
        return undefined;
    }
    const fields = new URLSearchParams({
        ...values,
        honor_code: "true",
        social_auth_provider: currentProvider ?? "",
    });
    return { submitPath, fields, finishPath: finishAuthUrl };
}
