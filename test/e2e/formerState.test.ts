import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { applicationNames } from "../../config/profiles.ts";
import { AdminBrowser } from "../support/adminBrowser.ts";
import { cleanUpIn } from "../support/cleanUp.ts";
import { sandboxServer } from "../support/sandboxStack.ts";
import { type FormerStack, restoreFormerStack } from "./formerState.ts";

describe.each(applicationNames)("a stack of %s whose state an earlier version wrote", (application) => {
    let former: FormerStack;
    const cleanUp = cleanUpIn(afterAll);

    beforeAll(async () => {
        former = await restoreFormerStack(application, cleanUp);
    });

    const rows = async (server: "lms" | "mitxonline" | "xpro", model: string, query = "") =>
        (await AdminBrowser.signIn(former.servers[server])).list(model, query);

    test("has nothing to change: for preview and refresh", async () => {
        await expect(former.stack.preview()).resolves.toEqual({});
        await expect(former.stack.refresh()).resolves.toEqual({});
    });

    test("is updated in place, where its configuration changed and nowhere else", async () => {
        const history = () => rows("lms", "third_party_auth/oauth2providerconfig", "show_history=1");
        const before = (await history()).length;
        await former.stack.configure({ applicationGateway: "127.0.0.2", tokenLifetimeDays: "100" });
        // Both provider configurations, and the token.
        await expect(former.stack.up()).resolves.toEqual({ update: 3 });
        await expect(former.stack.refresh()).resolves.toEqual({});
        expect((await history()).length).toBe(before + 2);
    });

    test("is deleted by destroy", async () => {
        const server = sandboxServer(application);
        const { envFile } = former.servers[server];
        expect(existsSync(envFile)).toBe(true);
        await former.stack.destroy();
        expect(existsSync(envFile)).toBe(false);
        await expect(rows("lms", "oauth2_provider/application")).resolves.toEqual([]);
        await expect(rows("lms", "oauth2_provider/accesstoken")).resolves.toEqual([]);
        await expect(rows("lms", "auth/user", "username=mitserviceworker")).resolves.toEqual([]);
        const configurations = await rows("lms", "third_party_auth/oauth2providerconfig");
        expect(configurations.map((row) => row["enabled"])).toEqual(["False", "False"]);
    });
});
