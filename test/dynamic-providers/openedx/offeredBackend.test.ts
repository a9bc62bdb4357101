import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/openedx/offeredBackend.provider.ts";
import { down, up } from "../../../sandbox/sandbox.ts";
import { ManagedResource } from "../../support/engine.ts";
import { describeLife, nothing } from "../../support/lifeCycle.ts";
import { checked, connectionTo } from "../../support/providers.ts";
import { startServers, type TestServers } from "../../support/sandbox.ts";

/** Tells the sandbox's LMS whether the package and its settings are live. */
const SWITCH = "SANDBOX_OL_SOCIAL_AUTH";

let servers: TestServers<"lms">;
beforeAll(async () => {
    servers = await startServers(["lms"]);
});
afterAll(() => servers.stop());

const inputs = (patienceSeconds = 60, password = servers.lms.password) =>
    checked(provider, {
        connection: { ...connectionTo(servers.lms), password },
        backendName: "ol-oauth2",
        settings: "1",
        patienceSeconds,
    });
const sandbox = () => ({
    stateDirectory: servers.stateDirectory,
    servers: ["lms"] as const,
    ports: { lms: servers.lms.port },
});
async function restart(offers: "0" | "1") {
    await down(sandbox());
    await up({ ...sandbox(), environment: { [SWITCH]: offers } });
}

describe("a backend", () => {
    test("that is offered exists immediately, and again on every refresh", async () => {
        const given = await inputs();
        const { id, outs } = await provider.create(given);

        expect(id).toBe("ol-oauth2");
        expect(outs).toStrictEqual(given);
        await expect(provider.read(id, outs)).resolves.toMatchObject({ id });
        await provider.delete(id, outs);
    });

    test("that is not offered counts as gone on refresh, and is an error if it does not appear in time", async () => {
        const backend = await ManagedResource.up(provider, await inputs(0));
        await restart("0");

        await expect(backend.refresh()).resolves.toBe(true);
        await expect(backend.plan()).resolves.toBe("create");
        await expect(backend.up()).rejects.toThrow(
            `${servers.lms.baseUrl} does not offer the backend ol-oauth2: its settings, or the package ol-social-auth, are not live. For Tutor: tutor images build openedx-dev`,
        );
    });

    test("is waited for while the LMS restarts, when its settings change", async () => {
        await restart("1");
        const backend = await ManagedResource.up(provider, await inputs());
        await restart("0");
        const waiting = backend.up({ settings: "2" });
        await restart("1");

        await expect(waiting).resolves.toEqual(["update"]);
        await expect(backend.refresh()).resolves.toBe(false);
    });

    test("is not waited for if the sign-in is refused", async () => {
        const given = await inputs(60, "wrong");
        await expect(provider.create(given)).rejects.toThrow("refused the sign-in");
    });
});

describeLife("openedx:OfferedBackend", {
    provider,
    args: () => ({ connection: connectionTo(servers.lms), backendName: "ol-oauth2", settings: "1" }),
    inputs: {
        backendName: { to: "google-oauth2", does: "replace" },
        settings: { to: "2", does: "update" },
        patienceSeconds: { to: 30, does: "update" },
    },
    look: () => Promise.resolve(nothing),
    destroyed: nothing,
});
