/** The composition root: configuration, preflight, components, outputs. */
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
// Not awaited: slow DNS shouldn't hold up the deployment.
void warnUnresolvedHosts(browserHosts(config));

// Lazy import: `@pulumi/docker` and Compose's file format are needed only by a stack that runs the application.
const compose = machine.compose && { ...machine.compose, ...(await import("./components/composeResources.ts")) };
const { credentials, openEdxServer, applicationServer, openEdxRegistration, done } = integrate(config, compose);

/** The MIT application being integrated: `xpro`, `mitxonline` or `mitxonline-apisix`. */
export const application = config.application.name;

/**
 * OAuth client ids: `openEdx` is the MIT application's id in Open edX, `application` is Open edX's id in the application.
 */
export const clientIds = {
    openEdx: credentials.applicationAsClient.clientId,
    application: credentials.openEdxAsClient.clientId,
};

/** The matching client secrets (secret). */
export const clientSecrets = {
    openEdx: credentials.applicationAsClient.clientSecret,
    application: credentials.openEdxAsClient.clientSecret,
};

/** The access token the MIT application uses to call Open edX (secret). */
export const serviceWorkerToken = credentials.serviceWorkerToken;

/** Login for each admin site (secret): the superusers from the configuration, or the ones the stack created. */
export const superusers = {
    openEdx: { username: config.openEdx.connection.username, password: credentials.openEdxPassword },
    application: { username: config.application.connection.username, password: credentials.applicationPassword },
};

/** When `serviceWorkerToken` expires. */
export const serviceWorkerTokenExpires = openEdxRegistration.tokenExpires;

/** The hosts containers use to reach the other server. */
export const gateways = { openEdx: openEdxServer.gateway, application: applicationServer.gateway };

/** Links to both servers and to the admin pages the integration touches. */
export const urls = serverLinks(config);

/** The Tutor plugin, for an LMS set up elsewhere (secret: it may contain the client secret). */
export const tutorPlugin = pulumi.secret(openEdxServer.pluginText);

/** The URL for trying the sign-in. */
export const signInUrl = signInUrlOf(config);

/** What to do first, if that URL doesn't work on its own. */
export const signInFirst = signInFirstOf(config);

/**
 * Result of a few requests at the end of the run: `ok`, or what is wrong. Only with `checkHealth`. A preview also sends them
 * if everything already exists, so an unchanged output doesn't show up as a change.
 */
export const health = config.checksHealth
    ? pulumi.unsecret(
          pulumi
              .all([pulumi.output({ clientIds, clientSecrets, serviceWorkerToken, superusers, gateways }), done])
              // Lazy import: it pulls in everything the dynamic providers need.
              .apply(async ([outputs]) => {
                  const { health: ask } = await import("./verify/health.ts");
                  return ask(config, outputs, pulumi.getStack());
              }),
      )
    : "Not asked: see the key checkHealth, or npm run verify";

/** A Markdown page about the integration, with a diagram and links. Contains no secrets. */
export const readme = pulumi.output(gateways).apply((known) =>
    renderReadme(readFileSync(new URL("Pulumi.README.md", import.meta.url), "utf8"), {
        applicationTitle: config.application.profile.title,
        gateways: known,
        urls,
        signInUrl,
    }),
);
