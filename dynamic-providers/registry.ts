import { createRequire } from "node:module";
import { ProviderError } from "./errors.ts";

/** For each resource type: the module in this folder, `<name>.provider.ts`, that has its operations. */
export const modules: Readonly<Record<string, string>> = {
    "django:Superuser": "docker/djangoSuperuser",
    "docker:ComposeLeftovers": "docker/composeLeftovers",
    "docker:ComposeVolumes": "docker/composeVolumes",
    "local:CopiedFile": "files/copiedFile",
    "local:EnvFile": "files/envFile",
    "openedx:AccessToken": "openedx/accessToken",
    "openedx:DjangoUser": "openedx/djangoUser",
    "openedx:OAuth2ProviderConfig": "openedx/oauth2ProviderConfig",
    "openedx:OAuthApplication": "openedx/oauthApplication",
    "openedx:OfferedBackend": "openedx/offeredBackend",
    "openedx:SignInPage": "openedx/signInPage",
    "openedx:Site": "openedx/site",
    "tutor:Network": "tutor/tutorNetwork",
    "tutor:Plugin": "tutor/tutorPlugin",
    "tutor:Server": "tutor/tutorServer",
};

const load = createRequire(import.meta.url);

/**
 * The operations of a resource type. The state has the type's name, so a module can be renamed or moved.
 *
 * @param type - for instance `openedx:OAuthApplication`.
 * @throws ProviderError if this version of the program has no such type.
 */
export function provider(type: string): unknown {
    const module = modules[type];
    if (module === undefined) {
        throw new ProviderError(
            `This version of the program has no resource type ${type}, but the state does. Use the version that created it.`,
        );
    }
    return (load(`./${module}.provider.ts`) as { readonly provider: unknown }).provider;
}
