/** What is specific to one MIT application. Every handbook constant that differs by application lives here. */
export interface ApplicationProfile {
    readonly title: string;
    readonly domain: string;
    /** The port users connect to. */
    readonly port: number;
    /** The port of its Django admin: behind APISIX, Keycloak handles `/admin/login`. */
    readonly adminPort: number;
    /** The gateway of its network if this program creates it: the same on every rebuild. */
    readonly gateway: string;
    /** The Compose service that runs Django. */
    readonly service: string;
    /** The folder `git clone` creates; Compose names the network after it (`<folder>_default`). */
    readonly checkout: string;
    /** The name of its OAuth application in Open edX. */
    readonly openEdxApplicationName: string;
    /** Whether its own migrations create the OAuth application `edx-oauth-app`; if so, the stack takes over that row. */
    readonly hasEdxApplication: boolean;
    /** Whether Open edX discovers its endpoints; xPro's discovery document has no user info endpoint. */
    readonly hasDiscovery: boolean;
    /** Whether a browser without a session gets a sign-in page at its URL. */
    readonly hasSignInPage: boolean;
    /** Whether users come in through the APISIX gateway and sign in with Keycloak. */
    readonly isBehindApisix: boolean;
    /** The `.env` variable for its own URL, which its Compose file passes on. */
    readonly baseUrlVariable: string;
    /** The `.env` variable for the URL Open edX's containers use to reach it, if there is one. */
    readonly dockerBaseUrlVariable?: string;
    /** Additional fixed `.env` lines. */
    readonly environment: Readonly<Record<string, string>>;
    /** `.env` lines it needs to boot, whatever their values. */
    readonly bootEnvironment: Readonly<Record<string, string>>;
    /** The same, only for checkouts whose Compose files use them. */
    readonly environmentIfUsed?: Readonly<Record<string, string>>;
    /**
     * `.env` variables that point to a devstack at `edx.odl.local` by default, with values for Tutor's development server;
     * `HOST` is replaced with its host.
     */
    readonly devstackVariables: Readonly<Record<string, string>>;
    /** Whether its nginx strips the port from `Host`; Django then only accepts forms from trusted origins. */
    readonly needsTrustedOrigins: boolean;
    /** What its Keycloak needs from the checkout, if it has one. */
    readonly keycloak?: {
        /** The host name browsers are sent to. */
        readonly domain: string;
        /** The folder with the realm it imports, which contains the secret of APISIX's client. */
        readonly realms: string;
        readonly clientId: string;
        /** Files that must be copied from a template, `<file>.default`, before Keycloak starts. */
        readonly copies: readonly string[];
    };
    /** The endpoint its profile completion page posts to, if it has such a page. */
    readonly profilePath?: string;
    /** The requests a browser makes to sign out, in order. */
    readonly signOut: readonly { readonly method: "GET" | "POST"; readonly path: string }[];
    /** Admin pages that show whether the integration works. */
    readonly confirmPages: {
        readonly openEdxUsers: string;
        readonly openEdxApiAuths: string;
    };
}

/** Neither application boots with these empty; no mail is sent with them. */
const mail = { MAILGUN_KEY: "not-set", MAILGUN_SENDER_DOMAIN: "odl.local" };

const mitxOnline: ApplicationProfile = {
    title: "MITx Online",
    domain: "mitxonline.odl.local",
    port: 8013,
    adminPort: 8013,
    gateway: "172.30.13.1",
    service: "web",
    checkout: "mitxonline",
    openEdxApplicationName: "mitxonline-oauth-app",
    hasEdxApplication: true,
    hasDiscovery: true,
    hasSignInPage: false,
    isBehindApisix: false,
    baseUrlVariable: "MITX_ONLINE_BASE_URL",
    dockerBaseUrlVariable: "MITXONLINE_DOCKER_BASE_URL",
    // Compose can't parse MITx Online's file without these ports, even if the services that use them don't run.
    environment: { APISIX_PORT: "9080", KEYCLOAK_PORT: "7080", KEYCLOAK_SSL_PORT: "7443" },
    bootEnvironment: mail,
    devstackVariables: {
        OPENEDX_STUDIO_API_BASE_URL: "http://studio.HOST:8001",
        OPENEDX_COURSE_BASE_URL: "http://apps.HOST:2000/learning/course/",
    },
    needsTrustedOrigins: true,
    profilePath: "/api/profile/details/",
    // Its own sign-out page goes to APISIX's, which isn't in front of this port.
    signOut: [{ method: "POST", path: "/admin/logout/" }],
    confirmPages: {
        openEdxUsers: "/admin/openedx/openedxuser/",
        openEdxApiAuths: "/admin/openedx/openedxapiauth/",
    },
};

/** The MIT applications, by their name in the `application` setting. Source: handbook, all tables. */
export const profiles = {
    xpro: {
        title: "MIT xPro",
        domain: "xpro.odl.local",
        port: 8053,
        adminPort: 8053,
        gateway: "172.30.53.1",
        service: "web",
        checkout: "mitxpro",
        openEdxApplicationName: "xpro-oauth-app",
        hasEdxApplication: false,
        hasDiscovery: false,
        hasSignInPage: true,
        isBehindApisix: false,
        baseUrlVariable: "MITXPRO_BASE_URL",
        environment: {},
        bootEnvironment: { ...mail, EXTERNAL_COURSE_SYNC_API_KEY: "not-set" },
        devstackVariables: {},
        needsTrustedOrigins: false,
        signOut: [{ method: "POST", path: "/logout/" }],
        confirmPages: {
            openEdxUsers: "/admin/courseware/coursewareuser/",
            openEdxApiAuths: "/admin/courseware/openedxapiauth/",
        },
    },
    mitxonline: mitxOnline,
    "mitxonline-apisix": {
        ...mitxOnline,
        title: "MITx Online (APISIX, Keycloak)",
        port: 9080,
        hasSignInPage: true,
        isBehindApisix: true,
        signOut: [
            { method: "GET", path: "/logout" },
            { method: "GET", path: "/logout/oidc" },
        ],
        keycloak: {
            domain: "kc.odl.local",
            realms: "config/keycloak/realms",
            clientId: "apisix",
            copies: ["config/keycloak/tls/tls.crt", "config/keycloak/tls/tls.key"],
        },
        environment: {
            ...mitxOnline.environment,
            COMPOSE_PROFILES: "keycloak,apisix",
            MITOL_APIGATEWAY_DISABLE_MIDDLEWARE: "False",
            MITOL_APIGATEWAY_USERINFO_CREATE: "True",
            MITOL_APIGATEWAY_USERINFO_UPDATE: "True",
        },
        // For a keystore that Keycloak creates in a volume; Keycloak doesn't start if it's empty.
        environmentIfUsed: { KEYCLOAK_SVC_KEYSTORE_PASSWORD: "local-keystore" },
    },
} satisfies Record<string, ApplicationProfile>;

/** The name of an MIT application in the configuration. */
export type ApplicationName = keyof typeof profiles;

/** All names the configuration allows. */
export const applicationNames = Object.keys(profiles) as ApplicationName[];

/** What all MIT applications share. Source: handbook, "Configure Open edX" and "MIT xPro/MITx Online Setup". */
export const mitApplication = {
    /** Its OAuth application for Open edX, which it looks up by this name. */
    edxApplicationName: "edx-oauth-app",
    /** The Django management command in its container. */
    manage: ["./manage.py"],
    /** The email domain of a superuser this program creates; the local part is the user name. */
    superuserDomain: "odl.local",
    /** Where Open edX redirects browsers back to. */
    redirectPaths: ["/login/_private/complete", "/_/auth/complete"],
    oauthApplicationsPath: "/admin/oauth2_provider/application/",
    authorizationPath: "/oauth2/authorize/",
    tokenPath: "/oauth2/token/",
    discoveryPath: "/.well-known/openid-configuration",
    /** Returns the current user; responds to anonymous requests too. */
    mePath: "/api/users/me",
} as const;
