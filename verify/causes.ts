import { pulumiCommand } from "../dynamic-providers/pulumiCommand.ts";

/** Why a check fails, and what to do about it. `docs/troubleshooting.md` has the same text. */
export interface Cause {
    /** What is wrong, in a few words. */
    readonly title: string;
    /** Why it is wrong. */
    readonly why: string;
    /** What to do. `{up}` stands for the Pulumi command `up` on this stack; the same goes for other commands. */
    readonly step: string;
    /** Whether the integration still works, for some users or for now. */
    readonly isWarning?: boolean;
}

const repair = "`{up --refresh}` repairs it.";
const startServers = "In the sandbox: `npm start`.";

const table = {
    "lms-down": {
        title: "Open edX does not answer",
        why: "The LMS isn't running, is still starting, or has another address than `lmsUrl`.",
        step: `\`tutor dev start --detach\`; if that doesn't help, \`tutor dev logs lms\` shows why. ${startServers}`,
    },
    "application-down": {
        title: "The MIT application does not answer",
        why: "It isn't running, is still starting, or has another address than `applicationUrl`.",
        step: `\`docker compose up --detach\` in its checkout; if that doesn't help, \`docker compose logs web\` shows why. ${startServers}`,
    },
    "application-lacks-settings": {
        title: "The MIT application runs without its settings",
        why: "It started before its `.env` had the block of this stack, or the block is gone.",
        step: "`{up --refresh}` writes the block; then `docker compose up --detach` in the checkout.",
    },
    "other-server": {
        title: "Another server answers at this address",
        why: "Another program uses the port, or a proxy is in front of it.",
        step: "Find out from the evidence and from `docker ps` what uses the port. Stop it, or set `lmsUrl`, `applicationUrl` or `applicationAdminUrl`.",
    },
    "name-unknown": {
        title: "A host name does not resolve",
        why: "Neither DNS nor this machine's hosts file has it.",
        step: "Add the line to the hosts file (macOS and Linux: `/etc/hosts`): `127.0.0.1 local.openedx.io mitxonline.odl.local xpro.odl.local kc.odl.local`.",
    },
    "name-unknown-to-browser": {
        title: "A browser on this machine can't resolve a server's name",
        why: "The hosts file lacks the name. `verify` needs no entry there; a browser does.",
        step: "Add the line to the hosts file (macOS and Linux: `/etc/hosts`): `127.0.0.1 local.openedx.io mitxonline.odl.local xpro.odl.local kc.odl.local`.",
        isWarning: true,
    },
    "name-unknown-in-container": {
        title: "A container can't resolve the other server's name",
        why: "Public DNS doesn't have the name, or has 127.0.0.1 for it, which in a container is the container itself. The container lacks the line in `extra_hosts` that leads to this machine.",
        step: "With `applicationFrom compose`: `{up --refresh}`. Otherwise, add the name to the service's `extra_hosts` in the checkout's Compose file, as `local.openedx.io:host-gateway`; then `docker compose up --detach` there.",
    },
    "container-gone": {
        title: "The server does not run in the stack's containers",
        why: "The stack runs it in Docker, but no container has its port: another program has the port, or the `docker` command uses another daemon than the stack did.",
        step: "`docker ps` and `docker context ls` show which. `{up --refresh}` starts the containers again.",
    },
    "port-on-loopback-only": {
        title: "A port is open on 127.0.0.1 only",
        why: "Containers reach the other server through the gateway of a network. Its port is bound to another address, so nothing answers there.",
        step: "Publish the port for all addresses (`8000:8000`, not `127.0.0.1:8000:8000`) in the Compose file or its override, and start the server again.",
    },
    "stale-gateway": {
        title: "The gateway isn't that of the network",
        why: "The network was recreated after the last `up` and has another address, or a firewall blocks it.",
        step: "`{up --refresh}` reads the gateway from Docker and writes it to `.env` and to the provider configurations. If you set `lmsGateway` or `applicationGateway`, correct it.",
    },
    "wrong-clock": {
        title: "The clocks differ",
        why: "Codes, tokens and sessions expire too early or too late when a server's clock is wrong, for example in a virtual machine after sleep.",
        step: "Set the clock, or restart Docker (Docker Desktop, Colima: its virtual machine).",
    },
    "foreign-cookies": {
        title: "The session cookies are for another host name",
        why: "Browsers ignore cookies that a server sets for a name other than its own. Then nobody stays signed in, and a sign-in ends with `Wrong state parameter given`.",
        step: "Use the name that the cookies are for: `{config set lmsUrl URL}` (or `applicationUrl`), then `{up}`.",
    },
    "origin-refused": {
        title: "The MIT application refuses forms that a browser sends",
        why: "Its nginx strips the port from `Host`, so Django doesn't recognize the browser's `Origin` (`Origin checking failed`). The stack's block in `.env` sets `CSRF_TRUSTED_ORIGINS`, unless an earlier version of this program wrote the block, or `.env` sets the variable outside it.",
        step: "In its `.env`, outside the block, add the origins that the evidence names to `CSRF_TRUSTED_ORIGINS`, separated by commas; then `docker compose up --detach` in the checkout.",
        isWarning: true,
    },
    "superuser-refused": {
        title: "The superuser can't sign in",
        why: "The password was changed on the server, or the user was deleted, disabled or locked.",
        step: "Correct it: `{config set --secret lmsPassword}` or `{config set --secret applicationPassword}`, then `{up}`.",
    },
    "superuser-not-allowed": {
        title: "The superuser lacks rights",
        why: "The user can sign in, but may not view the admin's pages: it's staff at most.",
        step: "Make it a superuser, on the LMS with `tutor dev do createuser --staff --superuser NAME EMAIL`, or use another one: `{config set lmsUsername NAME}` (or `applicationUsername`).",
    },
    "too-many-sign-ins": {
        title: "The LMS accepts no more sign-ins for now",
        why: "It allows 30 sign-ins in five minutes for one account, successes included.",
        step: "Wait five minutes, then run the command again.",
    },
    "plugin-not-live": {
        title: "Open edX doesn't have the backend ol-oauth2",
        why: "The package `ol-social-auth` is not installed, or the Tutor plugin's settings aren't live (`Backend not found`, no `ol-oauth2` under `backend_name`).",
        step: "With `lmsFrom tutor`: `{up --refresh}`. Otherwise, `npm run tutor-plugin` prints what to set; then `tutor images build openedx-dev` and `tutor dev start --detach`.",
    },
    "site-missing": {
        title: "Open edX lacks a site",
        why: "No Django site has the address's host and port as its domain, so the LMS falls back to another site.",
        step: repair,
    },
    "provider-disabled": {
        title: "The site has no enabled provider configuration",
        why: "The newest row for the site and `ol-oauth2` is disabled, or there is none (`Can't fetch setting of a disabled backend/provider`).",
        step: `${repair} Also check that \`lmsUrl\` is the address in the browser, including its port.`,
    },
    "provider-client-id": {
        title: "The provider configuration has another client id",
        why: "Somebody added a newer row with another client id than that of `edx-oauth-app`.",
        step: repair,
    },
    "provider-secret": {
        title: "The provider configuration has another client secret",
        why: "Somebody added a newer row with another client secret than that of `edx-oauth-app`. The LMS then fails at `/auth/complete/ol-oauth2/`.",
        step: repair,
    },
    "provider-addresses": {
        title: "The provider configuration has other addresses",
        why: "The other settings of the newest row are not those that follow from the stack's configuration: a former gateway, another port, no JSON, or no `AUTHORIZATION_URL` (`Cannot mix str and non-str arguments`).",
        step: repair,
    },
    "provider-list-stale": {
        title: "Open edX shows an outdated list of sign-in providers",
        why: "It caches the list for ten minutes; saving a provider configuration doesn't clear it.",
        step: "Wait ten minutes, or open `/api/mfe_context?tpa_hint=oa2-ol-oauth2&force_cache_miss=true` as a superuser.",
        isWarning: true,
    },
    "application-unreachable-from-lms": {
        title: "Open edX can't reach the MIT application",
        why: "The LMS asked for the discovery document or the token at the gateway, and got no answer (`Connection error: HTTPConnectionPool`): the network was recreated, the port is bound to 127.0.0.1, or the application is down.",
        step: "`{up --refresh}` reads the gateway from Docker; also see what `verify` reports about ports and gateways.",
    },
    "lms-unreachable-from-application": {
        title: "The MIT application can't reach Open edX",
        why: "Its containers got no response at the LMS's name or gateway.",
        step: "`{up --refresh}` reads the gateway from Docker and writes it to `.env`; also see what `verify` reports about ports and gateways.",
    },
    "client-gone": {
        title: "The OAuth application is gone, or has another client id",
        why: "It was deleted or recreated by hand, or `configure_instance --edx-oauth-client` wrote another id to it. Learners' API tokens are deleted with an application: they get 401 from then on, until the learners sign in again.",
        step: repair,
    },
    "client-secret": {
        title: "The OAuth application has another client secret",
        why: "The token endpoint answers `invalid_client` to the stack's client id and secret: somebody changed the secret. Pulumi shows `update` for it without naming a property, because it hides secrets.",
        step: repair,
    },
    "client-name-twice": {
        title: "Two OAuth applications have the same name",
        why: "The MIT application looks `edx-oauth-app` up by its name and fails with `MultipleObjectsReturned`.",
        step: "Delete or rename the one that doesn't have this stack's client ID (`{stack output clientIds}`).",
    },
    "redirect-uri": {
        title: "The OAuth application lacks a redirect URI",
        why: "The authorization endpoint refuses the address that a browser is sent back to (`Mismatching redirect URI`).",
        step: repair,
    },
    consent: {
        title: "The OAuth application asks for consent",
        why: "`Skip authorization` is off, so each sign-in stops at a page that asks for permission, and the application's own sign-in to the LMS fails there.",
        step: repair,
    },
    "worker-missing": {
        title: "Open edX lacks the service worker",
        why: "The user was deleted, and the access token with it.",
        step: repair,
    },
    "worker-inactive": {
        title: "The service worker is not active",
        why: "Somebody unchecked `Active` for the user; APIs that need an active user refuse it (`user_not_active`).",
        step: repair,
    },
    "worker-disabled": {
        title: "The service worker is disabled",
        why: "The user has no usable password (`user_is_disabled`), which Open edX treats as a disabled account.",
        step: repair,
    },
    "worker-not-staff": {
        title: "The service worker is not staff",
        why: "The application's calls for other users' enrollments need a staff user.",
        step: repair,
    },
    "token-gone": {
        title: "Open edX doesn't have the access token",
        why: "It was deleted or changed, or its user was deleted (`token_nonexistent`).",
        step: repair,
    },
    "token-expired": {
        title: "The access token has expired",
        why: "Its date has passed, or somebody moved it (`token_expired`).",
        step: "`{up --refresh}` extends it. The token stays the same, so the application needs no restart.",
    },
    "token-expires-soon": {
        title: "The access token expires soon",
        why: "Fewer days than `tokenRenewBeforeDays` are left.",
        step: "`{up --refresh}` extends it.",
        isWarning: true,
    },
    "learner-token-dead": {
        title: "Open edX doesn't have a learner's token",
        why: "The tokens that the application uses to call Open edX for its learners were deleted with its OAuth application there, which was recreated. Such calls get 401 until the tokens expire.",
        step: "Delete the rows that the evidence names, in the application's admin. It then gets new tokens by itself: MITx Online with its next call, xPro with its scheduled task that repairs users.",
        isWarning: true,
    },
    "env-block-missing": {
        title: "The .env lacks the stack's block",
        why: "The file or the block in it was deleted, or the file has another stack's block.",
        step: "`{up --refresh}` writes it; then `docker compose up --detach` in the checkout.",
    },
    "env-differs": {
        title: "The .env has other values",
        why: "Somebody edited the block, or a line below it sets a variable again.",
        step: "`{up --refresh}` repairs the block; then `docker compose up --detach` in the checkout.",
    },
    "env-not-read": {
        title: "The running application has other settings than its .env",
        why: "Its containers started before the file changed, or the Compose file sets the variable itself, which wins over `.env`.",
        step: "`docker compose up --detach` in the checkout recreates the containers; with `applicationFrom compose`: `{up --refresh}`. If the Compose file sets the variable, remove it there.",
    },
    "env-other-set-up": {
        title: "The application uses addresses of another Open edX",
        why: "Unless its `.env` sets them, MITx Online uses the devstack's addresses, `edx.odl.local:18000` and `studio.edx.odl.local:18001`, for links to courses and for Studio. The stack sets them only for an LMS on Tutor's port, 8000, and not in a block that an earlier version of this program wrote.",
        step: "In the sandbox, which has neither, ignore it. Otherwise, set them in its `.env`, outside the block; with Tutor: `OPENEDX_STUDIO_API_BASE_URL=http://studio.local.openedx.io:8001` and `OPENEDX_COURSE_BASE_URL=http://apps.local.openedx.io:2000/learning/course/`. Then `docker compose up --detach` in the checkout.",
        isWarning: true,
    },
    "discovery-addresses": {
        title: "The discovery document has other addresses",
        why: "The running application has other base URLs than the stack wrote to its `.env`: it started before the file changed.",
        step: "`docker compose up --detach` in the checkout; with `applicationFrom compose`: `{up --refresh}`.",
    },
    "sign-in-loop": {
        title: "The sign-in loops",
        why: "MITx Online at its own port has no sign-in page for learners: `/oauth2/authorize/` redirects to `/login/`, which redirects back.",
        step: "To let learners sign in, integrate `mitxonline-apisix`: `{config set application mitxonline-apisix}` (in the sandbox, the settings at the top of `Pulumi.sandbox.yaml`), then `{up}`. At its own port, sign in at `/admin/` first, as a user with an `edx_username`.",
        isWarning: true,
    },
    "sign-in-circle": {
        title: "The sign-in never shows a page to sign in on",
        why: "The MIT application sends a visitor from `/oauth2/authorize/` to its sign-in page, and that page sends them back. Behind APISIX, `/login/` has to lead to Keycloak: APISIX doesn't run with the checkout's configuration, or another server answers at its port.",
        step: "`docker compose up --detach` in the checkout; then `docker compose ps` and `docker compose logs api` show whether APISIX runs.",
    },
    "keycloak-down": {
        title: "Keycloak does not answer",
        why: "APISIX sends users to Keycloak, which isn't running or is still starting.",
        step: "`docker compose up --detach keycloak` in the checkout; `docker compose logs keycloak` shows why it doesn't start.",
    },
    "state-lost": {
        title: "The sign-in is lost halfway",
        why: "Cookies or host names differ between the way there and the way back (`Wrong state parameter given`, `Authentication process canceled`).",
        step: "Use one name for each server, the one in `lmsUrl` and `applicationUrl`, in a new browser session.",
    },
    "no-edx-username": {
        title: "The user has no edx_username",
        why: "MITx Online answers 409 `User has no edx_username` to the LMS, which then fails with 500 at `/auth/complete/ol-oauth2/`. Superusers often have none.",
        step: "Sign in as another user, or give this one an Open edX user in MITx Online's admin.",
    },
    "no-sign-up": {
        title: "`verify` can't create a user in Keycloak",
        why: "Registration is off in the realm of MITx Online's checkout, so `verify` creates a user with Keycloak's admin API, which refuses the administrator. It's `KEYCLOAK_SVC_ADMIN` with `KEYCLOAK_SVC_ADMIN_PASSWORD` in `.env`, or `admin` with password `admin`.",
        step: "Set both variables in `.env` to the administrator that Keycloak created on its first start. Or sign in with a browser, as `student@odl.local` with password `student`.",
        isWarning: true,
    },
    "authn-mfe": {
        title: "Open edX registers users in its authn micro-frontend",
        why: "`ENABLE_AUTHN_MICROFRONTEND` is on, so `/register` leads to another server. `verify` registered the user with the request that the micro-frontend sends, but can't confirm that its page sends it.",
        step: "Turn it off, as the handbook does: `{up --refresh}` with `lmsFrom tutor`; otherwise, `npm run tutor-plugin` prints the settings. Or run the micro-frontend (`tutor dev start --detach`) and try again with `--browser`.",
        isWarning: true,
    },
    "account-not-made": {
        title: "The MIT application can't create a user's account in Open edX",
        why: "It calls Open edX for that: registration, sign-in, authorization, tokens. One of these calls failed.",
        step: "The evidence shows the call and the server's message; `docker compose logs web` in the checkout shows more. `{up --refresh}` repairs the settings of both servers.",
    },
    "account-without-answer": {
        title: "The MIT application doesn't finish creating a user's account",
        why: "While it waits for Open edX, Open edX asks the application who the user is. An application with one worker can't respond then, and both wait.",
        step: "Run the application with two workers or more (`granian --workers 2`, or `UWSGI_PROCESSES=2`).",
    },
    "account-row-missing": {
        title: "The MIT application lacks a row for a user's account in Open edX",
        why: "It couldn't create the account or its API tokens, only logged the error, and tries again later through Celery.",
        step: "`docker compose logs web celery` in its checkout shows the error.",
    },
    "user-info-refused": {
        title: "Open edX can't ask the MIT application who a user is",
        why: "The application registers a user with a token; Open edX asks its user info with that (`API_ROOT`), and got no response or another user's (`tpa-invalid-access-token`).",
        step: "`{up --refresh}` writes the address to the provider configurations; also see what `verify` reports about ports and gateways.",
    },
    "registration-refused": {
        title: "Open edX doesn't register a user who comes from the MIT application",
        why: "Its registration page fills itself in with the application's data about the user. Open edX refuses that, or the sign-in had timed out by then.",
        step: "The evidence shows Open edX's message. `{up --refresh}` repairs the provider configuration.",
    },
    "account-taken": {
        title: "Open edX has another account with the user's name or email address",
        why: "Open edX doesn't link an account that was created there to a user of the application; it shows its own sign-in page.",
        step: "Sign in there with the account's password to link it, or delete the account in the LMS's admin.",
    },
    "user-not-linked": {
        title: "Open edX doesn't have the user, or has no link to the MIT application",
        why: "The sign-in reached the dashboard, but the LMS has no user with that email address, or no row of `usersocialauth`: the session is on another server.",
        step: "Check that `lmsUrl` is the address of the LMS whose admin the evidence names; `docker ps` shows which servers run.",
    },
    "session-lost": {
        title: "The MIT application loses the session",
        why: "The user signed in there, but Open edX sends the browser to another host name, where the session isn't valid.",
        step: "`AUTHORIZATION_URL`, or the discovery document, must have the name of `applicationUrl`: `{up --refresh}`, then `docker compose up --detach` in the checkout.",
    },
    "sign-out": {
        title: "A sign-out doesn't end the session",
        why: "Its page responded, but the browser is still signed in: it's another server's page, or the cookie is for another name.",
        step: "Use one name for each server, the one in `lmsUrl` and `applicationUrl`.",
    },
    "user-left": {
        title: "A user that `verify` created is still there",
        why: "The server refuses to delete the user, because protected objects refer to it.",
        step: "Open the page in the evidence: it lists these objects. Delete them, then the user.",
    },
    "unexpected-answer": {
        title: "A server gives an unexpected response",
        why: "Something is broken that no other check covers, or the server's version behaves differently.",
        step: "See the evidence and the server's log: `tutor dev logs lms`, or `docker compose logs web` in the checkout.",
    },
} satisfies Record<string, Cause>;

/** The name of a cause. */
export type CauseId = keyof typeof table;

/** Every cause that a check can report. */
export const causes: Readonly<Record<CauseId, Cause>> = table;

/** A step with its Pulumi commands spelled out for this user. */
export function stepOf(cause: CauseId): string {
    return withCommands(causes[cause].step, pulumiCommand);
}

/** A text with its commands spelled out. */
export function withCommands(text: string, command: (args: string) => string): string {
    return text.replaceAll(/\{([^}]+)\}/g, (_, args: string) => command(args));
}
