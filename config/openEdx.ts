/** What is fixed on the side of Open edX, on every server. Source: handbook. */
export const openEdx = {
    /** The address of Tutor's development server. */
    url: "http://local.openedx.io:8000",
    /** The port of that server, which tells it from others. */
    developmentPort: "8000",
    /** The Compose project of Tutor's releases 20 to 22; the handbook's `tutor_main_dev` is Tutor's main branch. */
    project: "tutor_dev",
    /** The gateway of its network where this program makes that: the same on every rebuild. */
    gateway: "172.30.80.1",
    /** The service of Tutor's Compose project that is the LMS, and Django's own command in its container. */
    service: "lms",
    manage: ["./manage.py", "lms"],
    /** The e-mail address of the superuser that this program makes, where only a user name is given. */
    superuserDomain: "example.org",
    /** The backend of the package ol-social-auth, which is also the provider's slug. */
    backendName: "ol-oauth2",
    /** The text of the button on the sign-in page. */
    providerName: "Login with MIT App",
    /** The site that the LMS falls back to where no site has the name of the host that was asked for. */
    fallbackSite: "example.com",
    /** The name of the Tutor plug-in with the LMS's settings. */
    pluginName: "mit-integration",
    /** The image of Tutor's development server. */
    developmentImage: "openedx-dev",
    loginPath: "/auth/login/ol-oauth2/?auth_entry=login",
    completePath: "/auth/complete/ol-oauth2/",
    authorizationPath: "/oauth2/authorize",
    tokenPath: "/oauth2/access_token",
    logoutPath: "/logout",
    dashboardPath: "/dashboard",
    /** Whose token or session it is. */
    mePath: "/api/user/v1/me",
    /** The pages of its admin that the integration concerns; the last two show whether it works. */
    adminPages: {
        oauthApplications: "/admin/oauth2_provider/application/",
        accessTokens: "/admin/oauth2_provider/accesstoken/",
        sites: "/admin/sites/site/",
        providerConfigurations: "/admin/third_party_auth/oauth2providerconfig/",
        users: "/admin/auth/user/",
        userSocialAuths: "/admin/social_django/usersocialauth/",
    },
} as const;

/** The host by which containers on macOS and Windows reach what runs on the machine. */
export const dockerHost = "host.docker.internal";
