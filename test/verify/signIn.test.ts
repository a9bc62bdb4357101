import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ApplicationName } from "../../config/profiles.ts";
import { parseSettings } from "../../config/load.ts";
import { resolveConfig } from "../../config/stackConfig.ts";
import { runChecks } from "../../verify/check.ts";
import { signInChecks } from "../../verify/signIn.ts";
import { targetOf } from "../../verify/target.ts";
import { integrate } from "../support/integrated.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";

let servers: TestServers<"lms" | "mitxonline" | "xpro">;
beforeAll(async () => {
    servers = await startServers(["lms", "mitxonline", "xpro"], { environment: { SANDBOX_FAST_HASHES: "1" } });
});
afterAll(() => servers.stop());

function targetFor(application: ApplicationName) {
    const { lms } = servers;
    const server = application === "xpro" ? servers.xpro : servers.mitxonline;
    return targetOf(resolveConfig(parseSettings(sandboxConfig(application, servers))), {
        clientIds: { openEdx: "a", application: "b" },
        clientSecrets: { openEdx: "a", application: "b" },
        serviceWorkerToken: "t",
        superusers: {
            openEdx: { username: lms.email, password: lms.password },
            application: { username: server.username, password: server.password },
        },
        gateways: { openEdx: "127.0.0.1", application: "127.0.0.1" },
    });
}

test.each(["xpro", "mitxonline", "mitxonline-apisix"] as const)(
    "somebody new signs up at %s, signs in and out",
    async (application) => {
        await integrate(application, servers);
        const results = await runChecks(signInChecks(targetFor(application), false, new AbortController().signal));
        expect(results.filter(({ state }) => state !== "passed")).toEqual([]);
    },
);
