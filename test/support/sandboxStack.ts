import type { ApplicationName } from "../../config/profiles.ts";
import type { Servers } from "../../sandbox/sandbox.ts";

/** The sandbox server for a profile's application. */
export function sandboxServer(application: ApplicationName): "mitxonline" | "xpro" {
    return application === "xpro" ? "xpro" : "mitxonline";
}

/**
 * The configuration of a stack that integrates the sandbox servers.
 *
 * @throws Error if the application's server is not among them.
 */
export function sandboxConfig(
    application: ApplicationName,
    servers: Pick<Servers, "lms"> & Partial<Servers>,
): Record<string, string> {
    const { lms } = servers;
    const server = servers[sandboxServer(application)];
    if (server === undefined) {
        throw new Error(`The servers have no ${sandboxServer(application)}, which is ${application}.`);
    }
    return {
        application,
        lmsUrl: lms.baseUrl,
        lmsUsername: lms.email,
        lmsPassword: lms.password,
        lmsGateway: "127.0.0.1",
        applicationUrl:
            application === "mitxonline-apisix" && "apisixBaseUrl" in server ? server.apisixBaseUrl : server.baseUrl,
        applicationAdminUrl: server.baseUrl,
        applicationUsername: server.username,
        applicationPassword: server.password,
        applicationGateway: "127.0.0.1",
        envFile: server.envFile,
        keycloakClientSecret: "client-secret-of-the-realm",
    };
}
