import { createRequire } from "node:module";
import { ProviderError } from "./django-admin/errors.ts";

/** By type of resource: the module of this folder, `<name>.provider.ts`, that has its operations. */
export const modules: Readonly<Record<string, string>> = {
    "django:Superuser": "djangoSuperuser",
    "docker:ComposeLeftovers": "composeLeftovers",
    "docker:ComposeVolumes": "composeVolumes",
    "local:CopiedFile": "copiedFile",
    "local:EnvFile": "envFile",
    "openedx:AccessToken": "accessToken",
    "openedx:DjangoUser": "djangoUser",
    "openedx:OAuth2ProviderConfig": "oauth2ProviderConfig",
    "openedx:OAuthApplication": "oauthApplication",
    "openedx:OfferedBackend": "offeredBackend",
    "openedx:SignInPage": "signInPage",
    "openedx:Site": "site",
    "tutor:Network": "tutorNetwork",
    "tutor:Plugin": "tutorPlugin",
    "tutor:Server": "tutorServer",
};

const load = createRequire(import.meta.url);

/**
 * The operations of a type of resource. The state names the type, so that a module can be renamed or moved.
 *
 * @param type - for instance `openedx:OAuthApplication`.
 * @throws ProviderError where this version of the program has no such type.
 */
export function provider(type: string): unknown {
    const module = modules[type];
    if (module === undefined) {
        throw new ProviderError(
            `This version of the program has no resource of type ${type}, which the state names. Use the version that made it.`,
        );
    }
    return (load(`./${module}.provider.ts`) as { readonly provider: unknown }).provider;
}
