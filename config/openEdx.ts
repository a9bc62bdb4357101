/** Open edX constants, the same on every server. Source: handbook. */
export const openEdxConstants = {
    /** The URL of Tutor's development server. */
    url: "http://local.openedx.io:8000",
    /** The port of that server, which identifies it. */
    developmentPort: "8000",
    /** The Compose project of Tutor 20 to 22; the handbook's `tutor_main_dev` belongs to Tutor's main branch. */
    project: "tutor_dev",
    /** The gateway of its network if this program creates it: the same on every rebuild. */
    gateway: "172.30.80.1",
    /** The LMS service in Tutor's Compose project, and its Django management command. */
    service: "lms",
    manage: ["./manage.py", "lms"],
    /** The email domain of a superuser this program creates, if only a user name is given. */
    superuserDomain: "example.org",
    /** The backend from the ol-social-auth package; also the provider's slug. */
    backendName: "ol-oauth2",
    /** The label of the button on the sign-in page. */
    providerName: "Login with MIT App",
    /** The site the LMS falls back to if no site matches the request's host name. */
    fallbackSite: "example.com",
    /** The name of the Tutor plugin with the LMS settings. */
    pluginName: "mit-integration",
    /** The image of Tutor's development server. */
    developmentImage: "openedx-dev",
    loginPath: "/auth/login/ol-oauth2/?auth_entry=login",
    completePath: "/auth/complete/ol-oauth2/",
    authorizationPath: "/oauth2/authorize",
    tokenPath: "/oauth2/access_token",
    logoutPath: "/logout",
    dashboardPath: "/dashboard",
    /** The user that a token or session belongs to. */
    mePath: "/api/user/v1/me",
    /** The admin pages the integration touches; the last two show whether it works. */
    adminPages: {
        oauthApplications: "/admin/oauth2_provider/application/",
        accessTokens: "/admin/oauth2_provider/accesstoken/",
        sites: "/admin/sites/site/",
        providerConfigurations: "/admin/third_party_auth/oauth2providerconfig/",
        users: "/admin/auth/user/",
        userSocialAuths: "/admin/social_django/usersocialauth/",
    },
} as const;

/** The host that containers on macOS and Windows use to reach the machine they run on. */
export const dockerHost = "host.docker.internal";
