import { openEdxConstants } from "./openEdx.ts";
import type { ApplicationName, ApplicationProfile } from "./profiles.ts";

/** A Tutor release this program supports: 20 is Open edX Teak, 21 Ulmo, 22 Verawood. */
export type TutorRelease = "20" | "21" | "22";

/** The packages the LMS needs, by release. On 20, newer versions would upgrade Django. */
export const lmsPackages: Readonly<Record<TutorRelease, readonly string[]>> = {
    "20": ["ol-social-auth==0.2.2", "openedx-companion-auth==1.2.0"],
    "21": ["ol-social-auth==0.3.0", "openedx-companion-auth==1.3.0"],
    "22": ["ol-social-auth==0.3.0", "openedx-companion-auth==1.3.0"],
};

/** All releases, oldest first. */
export const tutorReleases = Object.keys(lmsPackages) as TutorRelease[];

/** The release to assume if Tutor can't be asked: the newest. */
export const newestTutorRelease = "22" satisfies TutorRelease;

/** The inputs of the plugin. */
export interface TutorPluginOptions {
    /** The plugin's owner, e.g. `project/stack`. */
    readonly owner: string;
    readonly release: TutorRelease;
    readonly application: {
        readonly name: ApplicationName;
        readonly profile: ApplicationProfile;
        /** The public URL, e.g. `http://xpro.odl.local:8053`. */
        readonly url: string;
    };
    /** Whether anonymous visitors to the LMS go straight to the MIT application. */
    readonly redirectsVisitors: boolean;
    /** The client secret, if it lives in the settings instead of the provider configurations. */
    readonly clientSecret?: string | undefined;
}

/**
 * The source (Python) of a Tutor plugin with everything the LMS needs: settings and packages. It replaces the handbook's
 * `private.py`, which loads too early: Tutor's own settings come later and undo some of it.
 *
 * The text is in the state, and its first line marks the file as the stack's: any change here is an update of every stack.
 *
 * Each flag is set both ways, because newer releases read `X` and older ones `FEATURES["X"]`. Without the `ol-social-auth`
 * package, an LMS with these settings still starts; it just doesn't offer the backend.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export function tutorPlugin(options: TutorPluginOptions): string {
    const { owner, release, application } = options;
    return `# Tutor plug-in of ${owner} (managed by Pulumi: edits in here are undone)
# Users of Open edX sign in through ${application.profile.title}.
from tutor import hooks

SETTINGS = r"""
${settings(options)}"""

DOCKERFILE = r"""
RUN \${PIP_COMMAND:-pip} install ${lmsPackages[release].map((requirement) => `"${requirement}"`).join(" ")}
"""

# After the patches of all other plug-ins, so that none of them undoes these.
for name, content in (
    ("openedx-lms-development-settings", SETTINGS),
    ("openedx-lms-production-settings", SETTINGS),
    ("openedx-dockerfile-post-python-requirements", DOCKERFILE),
):
    hooks.Filters.ENV_PATCHES.add_item((name, content), priority=hooks.priorities.LOW)
`;
}

function settings({ application, redirectsVisitors, clientSecret }: TutorPluginOptions): string {
    const isXpro = application.name === "xpro";
    const secrets =
        clientSecret === undefined
            ? ""
            : `SOCIAL_AUTH_OAUTH_SECRETS = {${literal(openEdxConstants.backendName)}: ${literal(clientSecret)}}\n`;
    return `import importlib.util

ENABLE_MITXONLINE_OAUTH = ${literal(!isXpro)}
ENABLE_MITXPRO_OAUTH = ${literal(isXpro)}
for flag, value in {
    "ALLOW_PUBLIC_ACCOUNT_CREATION": True,
    "ENABLE_COMBINED_LOGIN_REGISTRATION": True,
    "ENABLE_THIRD_PARTY_AUTH": True,
    "ENABLE_OAUTH2_PROVIDER": True,
    "SKIP_EMAIL_VALIDATION": True,
    "ENABLE_AUTHN_MICROFRONTEND": False,
    "ENABLE_UNICODE_USERNAME": True,
}.items():
    FEATURES[flag] = value
    globals()[flag] = value
REGISTRATION_EXTRA_FIELDS["country"] = "hidden"
THIRD_PARTY_AUTH_BACKENDS = ["ol_social_auth.backends.OLOAuth2"]
if importlib.util.find_spec("ol_social_auth"):
    AUTHENTICATION_BACKENDS = THIRD_PARTY_AUTH_BACKENDS + list(AUTHENTICATION_BACKENDS)
IDA_LOGOUT_URI_LIST = list(IDA_LOGOUT_URI_LIST) + [${literal(application.url + openEdxConstants.logoutPath)}]
${secrets}MITX_REDIRECT_ENABLED = ${literal(redirectsVisitors)}
MITX_REDIRECT_LOGIN_URL = ${literal(openEdxConstants.loginPath)}
`;
}

/** A Python literal. Strings are only URLs from the configuration and generated secrets. */
function literal(value: string | boolean): string {
    return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}
