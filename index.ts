/** The composition root: configuration, machine, components, outputs. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { integrate } from "./components/integration.ts";
import { browserHosts, serverLinks, signInFirst as signInFirstOf, signInUrl as signInUrlOf } from "./config/links.ts";
import { loadSettings } from "./config/load.ts";
import { renderReadme } from "./config/readme.ts";
import { resolveConfig } from "./config/stackConfig.ts";
import { preflight } from "./preflight/preflight.ts";
import { warnUnresolvedHosts } from "./preflight/warnUnresolvedHosts.ts";

const settings = loadSettings();
const machine = await preflight(settings);
const config = resolveConfig(settings, machine.detected);
// Beside the deployment: a slow name service delays nothing.
void warnUnresolvedHosts(browserHosts(config));

const { credentials, openEdxServer, applicationServer, openEdxRegistration, done } = integrate(
    config,
    machine.application,
);

/** The MIT application that is integrated: `xpro`, `mitxonline` or `mitxonline-apisix`. */
export const application = config.application.name;

/** Client ids: in `openEdx` that of the MIT application, in `application` that of Open edX. */
export const clientIds = {
    openEdx: credentials.openEdx.clientId,
    application: credentials.application.clientId,
};

/** The client secrets that go with them (secret). */
export const clientSecrets = {
    openEdx: credentials.openEdx.clientSecret,
    application: credentials.application.clientSecret,
};

/** The access token by which the MIT application calls Open edX (secret). */
export const serviceWorkerToken = credentials.serviceWorkerToken;

/** Who signs in to each admin (secret): the superusers of the configuration, or those that were made. */
export const superusers = {
    openEdx: { username: config.openEdx.connection.username, password: credentials.openEdxPassword },
    application: { username: config.application.connection.username, password: credentials.applicationPassword },
};

/** When that token expires. */
export const serviceWorkerTokenExpires = openEdxRegistration.tokenExpires;

/** The hosts by which containers reach the other server. */
export const gateways = { openEdx: openEdxServer.gateway, application: applicationServer.gateway };

/** Both servers, and the pages of their admins that the integration concerns. */
export const urls = serverLinks(config);

/** The Tutor plug-in, to hand over for an LMS that is set up elsewhere (secret, as it may hold the client secret). */
export const tutorPlugin = pulumi.secret(openEdxServer.pluginText);

/** The address to try the sign-in with. */
export const signInUrl = signInUrlOf(config);

/** What to do before that, where the address does not work by itself. */
export const signInFirst = signInFirstOf(config);

/**
 * Whether it works, as far as a few requests at the end tell: `ok`, or what is wrong. Only with `checkHealth`. A preview
 * asks too where everything is there already, so that an output that stays the same is no change.
 */
export const health = config.checksHealth
    ? pulumi.unsecret(
          pulumi
              .all([pulumi.output({ clientIds, clientSecrets, serviceWorkerToken, superusers, gateways }), done])
              // Loaded only where it is asked for: it needs what the dynamic providers need.
              .apply(async ([outputs]) => {
                  const { health: ask } = await import("./verify/health.ts");
                  return ask(config, outputs, pulumi.getStack());
              }),
      )
    : "Not asked: see the key checkHealth, or npm run verify";

/** The integration as a page with a diagram and links, in Markdown. It holds no secret. */
export const readme = pulumi.output(gateways).apply((known) =>
    renderReadme(readFileSync(new URL("Pulumi.README.md", import.meta.url), "utf8"), {
        applicationTitle: config.application.profile.title,
        gateways: known,
        urls,
        signInUrl,
    }),
);
