/** What an MIT application has of its own. Every constant of the handbook that differs by application stands here. */
export interface ApplicationProfile {
    readonly title: string;
    readonly domain: string;
    /** The port that users reach it on. */
    readonly port: number;
    /** The port of its Django admin: behind APISIX `/admin/login` belongs to Keycloak. */
    readonly adminPort: number;
    /** The gateway of its network where this program makes that: the same on every rebuild. */
    readonly gateway: string;
    /** The service of its Compose project with Django in it. */
    readonly service: string;
    /** The folder that `git clone` makes, after which Compose names the network (`<folder>_default`). */
    readonly checkout: string;
    /** The name of its OAuth application in Open edX. */
    readonly openEdxApplicationName: string;
    /** Whether its own migrations make the OAuth application `edx-oauth-app`: that row is then taken over. */
    readonly hasEdxApplication: boolean;
    /** Whether Open edX finds its endpoints by discovery; xPro's discovery document names no user info endpoint. */
    readonly hasDiscovery: boolean;
    /** Whether somebody without a session finds a page to sign in on at its address. */
    readonly hasSignInPage: boolean;
    /** Whether users reach it through the gateway APISIX and sign in with Keycloak. */
    readonly isBehindApisix: boolean;
    /** The variable of `.env` with its own address, which its Compose file passes on. */
    readonly baseUrlVariable: string;
    /** The variable of `.env` with the address at which Open edX's containers reach it, where it has one. */
    readonly dockerBaseUrlVariable?: string;
    /** Further lines of `.env` that never differ. */
    readonly environment: Readonly<Record<string, string>>;
    /** Lines of `.env` that it does not boot without, whatever their values. */
    readonly bootEnvironment: Readonly<Record<string, string>>;
    /** The same for those of its checkouts whose Compose files ask for them. */
    readonly askedEnvironment?: Readonly<Record<string, string>>;
    /**
     * Variables of `.env` that name a devstack at `edx.odl.local` unless they are set, with their values for Tutor's
     * development server, whose host is `HOST`.
     */
    readonly devstackVariables: Readonly<Record<string, string>>;
    /** Whether its nginx strips the port from `Host`: Django then takes a browser's forms from trusted origins only. */
    readonly needsTrustedOrigins: boolean;
    /** What its Keycloak needs of the checkout, where it has one. */
    readonly keycloak?: {
        /** The name that a browser is sent to. */
        readonly domain: string;
        /** The folder of the realm that is imported, in which the client of APISIX has its secret. */
        readonly realms: string;
        readonly clientId: string;
        /** Files that have to be copied from a template, `<file>.default`, before Keycloak starts. */
        readonly copies: readonly string[];
    };
    /** Where its page for completing the profile sends what somebody filled in, where it has such a page. */
    readonly profilePath?: string;
    /** What a browser asks for when somebody signs out, in this order. */
    readonly signOut: readonly { readonly method: "GET" | "POST"; readonly path: string }[];
    /** Pages of its admin that show whether the integration works. */
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
    // Compose can't read MITx Online's file without these ports, whether the services that use them run or not.
    environment: { APISIX_PORT: "9080", KEYCLOAK_PORT: "7080", KEYCLOAK_SSL_PORT: "7443" },
    bootEnvironment: mail,
    devstackVariables: {
        OPENEDX_STUDIO_API_BASE_URL: "http://studio.HOST:8001",
        OPENEDX_COURSE_BASE_URL: "http://apps.HOST:2000/learning/course/",
    },
    needsTrustedOrigins: true,
    profilePath: "/api/profile/details/",
    // Its own sign-out leads to that of APISIX, which does not stand before this port.
    signOut: [{ method: "POST", path: "/admin/logout/" }],
    confirmPages: {
        openEdxUsers: "/admin/openedx/openedxuser/",
        openEdxApiAuths: "/admin/openedx/openedxapiauth/",
    },
};

/** The MIT applications, by the name that the configuration's `application` takes. Source: handbook, all tables. */
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
        // Of a store that Keycloak makes in a volume; with an empty one it does not start.
        askedEnvironment: { KEYCLOAK_SVC_KEYSTORE_PASSWORD: "local-keystore" },
    },
} satisfies Record<string, ApplicationProfile>;

/** The name of an MIT application in the configuration. */
export type ApplicationName = keyof typeof profiles;

/** All names, as the configuration allows them. */
export const applicationNames = Object.keys(profiles) as ApplicationName[];

/** What all MIT applications have in common. Source: handbook, "Configure Open edX" and "MIT xPro/MITx Online Setup". */
export const mitApplication = {
    /** Its OAuth application for Open edX, which it looks up by this name. */
    edxApplicationName: "edx-oauth-app",
    /** Django's own command in its container. */
    manage: ["./manage.py"],
    /** The e-mail address of the superuser that this program makes, after the user name. */
    superuserDomain: "odl.local",
    /** Where Open edX sends a browser back to. */
    redirectPaths: ["/login/_private/complete", "/_/auth/complete"],
    oauthApplicationsPath: "/admin/oauth2_provider/application/",
    authorizationPath: "/oauth2/authorize/",
    tokenPath: "/oauth2/token/",
    discoveryPath: "/.well-known/openid-configuration",
    /** Who asks; everybody gets an answer. */
    mePath: "/api/users/me",
} as const;
