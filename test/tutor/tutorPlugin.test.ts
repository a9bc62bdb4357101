import { existsSync } from "node:fs";
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { execa } from "execa";
import { parse } from "yaml";
import { profiles } from "../../config/profiles.ts";
import { tutorPlugin, type TutorPluginOptions, tutorReleases } from "../../config/tutorPlugin.ts";
import { provider } from "../../dynamic-providers/tutor/tutorPlugin.provider.ts";
import { configurationIn } from "../../dynamic-providers/tutor/tutor.ts";
import { deleteTutorBackup, restoreTutorConfigurations } from "../../dynamic-providers/tutor/tutorConfiguration.ts";
import type { TutorPluginInputs, TutorPluginOutputs } from "../../dynamic-providers/tutor/tutorPlugin.ts";
import { ManagedResource } from "../support/engine.ts";
import { checked } from "../support/providers.ts";
import { tutorCommand, usualPlugins } from "./tutor.ts";

/** Reads the patches as Tutor does, and runs the settings among them as an LMS would; prints what came of it. */
const RUN_SETTINGS = `
import json, runpy, sys
from tutor import hooks
runpy.run_path(sys.argv[1])
patches = dict(hooks.Filters.ENV_PATCHES.iterate())
class Found: pass
import importlib.util
importlib.util.find_spec = lambda name: Found if sys.argv[2] == "installed" else None
settings = {"FEATURES": {}, "REGISTRATION_EXTRA_FIELDS": {"city": "hidden"}, "AUTHENTICATION_BACKENDS": ["own"], "IDA_LOGOUT_URI_LIST": ["http://own/logout"]}
exec(patches["openedx-lms-development-settings"], settings)
print(json.dumps({name: value for name, value in settings.items() if name.isupper()}))
`;

const flags = {
    ALLOW_PUBLIC_ACCOUNT_CREATION: true,
    ENABLE_COMBINED_LOGIN_REGISTRATION: true,
    ENABLE_THIRD_PARTY_AUTH: true,
    ENABLE_OAUTH2_PROVIDER: true,
    SKIP_EMAIL_VALIDATION: true,
    ENABLE_AUTHN_MICROFRONTEND: false,
    ENABLE_UNICODE_USERNAME: true,
};

describe.each(tutorReleases)("the plugin for Tutor %s", (release) => {
    const command = tutorCommand(release);
    let folder: string;
    let root: string;
    let plugins: string;
    let file: string;
    let former: Record<string, string | undefined>;

    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), "tutor-"));
        root = join(folder, "root");
        plugins = join(folder, "plugins");
        file = join(plugins, "mit-integration.py");
        const variables = ["TUTOR_ROOT", "TUTOR_PLUGINS_ROOT", "PYTHONPATH"];
        former = Object.fromEntries(variables.map((name) => [name, process.env[name]]));
        Object.assign(process.env, { TUTOR_ROOT: root, TUTOR_PLUGINS_ROOT: plugins });
        await execa(command, ["config", "save"]);
        await rename(root, join(folder, "new"));
    });
    afterAll(async () => {
        for (const [name, value] of Object.entries(former)) {
            if (value === undefined) {
                Reflect.deleteProperty(process.env, name);
            } else {
                process.env[name] = value;
            }
        }
        await rm(folder, { recursive: true });
    });

    /** A new Open edX, without the plugin. */
    const begin = async () => {
        await deleteTutorBackup(configurationIn(root));
        await Promise.all([root, plugins].map((made) => rm(made, { recursive: true, force: true })));
        await cp(join(folder, "new"), root, { recursive: true });
    };

    const text = (more: Partial<TutorPluginOptions> = {}) =>
        tutorPlugin({
            owner: "project/stack",
            release,
            application: { name: "xpro", profile: profiles.xpro, url: "http://xpro.odl.local:8053" },
            redirectsVisitors: true,
            ...more,
        });
    const inputs = (more: Partial<TutorPluginInputs> = {}) =>
        checked(provider, { tutor: command, name: "mit-integration", text: text(), ...more });
    const config = async () => parse(await readFile(configurationIn(root), "utf8")) as { PLUGINS: string[] };
    const rendered = (path: string) => readFile(join(root, "env", path), "utf8");
    const developmentSettings = () => rendered("apps/openedx/settings/lms/development.py");
    const runSettings = async (plugin: string, packages: "installed" | "missing" = "installed") => {
        const path = join(folder, "plugin.py");
        await writeFile(path, plugin);
        const python = join(command, "..", "python");
        return JSON.parse((await execa(python, ["-c", RUN_SETTINGS, path, packages])).stdout) as object;
    };

    // Every call of Tutor takes its time, so these tests continue with what the one before left.
    describe("from its first up to its destroy", () => {
        let before: object;
        let settings: string;
        let plugin: ManagedResource<TutorPluginInputs, TutorPluginOutputs>;

        beforeAll(async () => {
            await begin();
            // Enabling any plugin makes Tutor forget those that are enabled and not installed.
            await execa(command, ["plugins", "disable", "all"]);
            before = await config();
            settings = await developmentSettings();
            plugin = await ManagedResource.up(provider, await inputs());
        });

        test("is written for its owner only, enabled and rendered", async () => {
            expect(plugin.id).toBe(file);
            expect(plugin.outputs).toMatchObject({ root, file });
            expect((await stat(file)).mode & 0o777).toBe(0o600);
            expect((await config()).PLUGINS).toContain("mit-integration");
            await expect(developmentSettings()).resolves.toContain(
                'IDA_LOGOUT_URI_LIST) + ["http://xpro.odl.local:8053/',
            );
            const pinned = release === "20" ? ["0.2.2", "1.2.0"] : ["0.3.0", "1.3.0"];
            await expect(rendered("build/openedx/Dockerfile")).resolves.toContain(
                `RUN \${PIP_COMMAND:-pip} install "ol-social-auth==${String(pinned[0])}" "openedx-companion-auth==${String(pinned[1])}"\n`,
            );
        });

        test("is finished by the next run if one was killed while Tutor wrote its configuration", async () => {
            await writeFile(configurationIn(root), "");
            jest.spyOn(console, "warn").mockReturnValue();

            await restoreTutorConfigurations();

            jest.restoreAllMocks();
            await expect(config()).resolves.toStrictEqual(before);
            await expect(plugin.up({}, { refresh: true })).resolves.toStrictEqual(["create"]);
            expect((await config()).PLUGINS).toContain("mit-integration");
        });

        test("that was edited manually is repaired by up --refresh", async () => {
            await expect(plugin.up({}, { refresh: true })).resolves.toStrictEqual(["same"]);

            await appendFile(file, "# edited\n");
            await expect(plugin.up({}, { refresh: true })).resolves.toStrictEqual(["update"]);

            await expect(readFile(file, "utf8")).resolves.toBe(text());
        });

        test("is rendered again when its text changes", async () => {
            await expect(plugin.up({ text: text({ redirectsVisitors: false }) })).resolves.toStrictEqual(["update"]);

            await expect(developmentSettings()).resolves.toContain("MITX_REDIRECT_ENABLED = False");
        });

        test("that was disabled manually, or not enabled yet by a run that was killed, counts as gone, and is recreated", async () => {
            await execa(command, ["plugins", "disable", "mit-integration"]);
            expect(existsSync(file)).toBe(true);
            await expect(plugin.up({}, { refresh: true })).resolves.toStrictEqual(["create"]);
            expect(plugin.id).toBe(file);
            expect((await config()).PLUGINS).toContain("mit-integration");
        });

        test("that was deleted manually counts as gone, and is recreated", async () => {
            await rm(file);
            await expect(plugin.up({}, { refresh: true })).resolves.toStrictEqual(["create"]);
            expect(existsSync(file)).toBe(true);
        });

        test("is removed without a trace, and removed again without an error", async () => {
            await provider.delete(plugin.id, plugin.outputs);

            expect(existsSync(file)).toBe(false);
            await expect(config()).resolves.toStrictEqual(before);
            await expect(developmentSettings()).resolves.toBe(settings);
            await provider.delete(plugin.id, plugin.outputs);
        });

        test("that is someone else's is not touched", async () => {
            await writeFile(file, "# my own plugin\n");

            await expect(inputs().then((given) => provider.create(given))).rejects.toThrow(
                `${file} already exists and does not belong to this stack`,
            );
            await provider.delete(plugin.id, plugin.outputs);

            await expect(readFile(file, "utf8")).resolves.toBe("# my own plugin\n");
        });

        test("is removed if Tutor's folder is gone, and no new one is created", async () => {
            await writeFile(file, plugin.outputs.text);
            await rm(root, { recursive: true });

            await provider.delete(plugin.id, plugin.outputs);

            expect(existsSync(file)).toBe(false);
            expect(existsSync(root)).toBe(false);
        });

        test("requires an Open edX that is set up", async () => {
            await expect(inputs().then((given) => provider.create(given))).rejects.toThrow(
                `Tutor has no configuration in ${root} yet. Set Open edX up first: tutor dev launch`,
            );
        });
    });

    test("has every line of the handbook's private.py, flags in both forms", async () => {
        await expect(runSettings(text())).resolves.toStrictEqual({
            ...flags,
            FEATURES: flags,
            ENABLE_MITXONLINE_OAUTH: false,
            ENABLE_MITXPRO_OAUTH: true,
            REGISTRATION_EXTRA_FIELDS: { city: "hidden", country: "hidden" },
            THIRD_PARTY_AUTH_BACKENDS: ["ol_social_auth.backends.OLOAuth2"],
            AUTHENTICATION_BACKENDS: ["ol_social_auth.backends.OLOAuth2", "own"],
            IDA_LOGOUT_URI_LIST: ["http://own/logout", "http://xpro.odl.local:8053/logout"],
            MITX_REDIRECT_ENABLED: true,
            MITX_REDIRECT_LOGIN_URL: "/auth/login/ol-oauth2/?auth_entry=login",
        });
    });

    test("follows the configuration: application, redirects, where the client secret is", async () => {
        const plugin = text({
            application: {
                name: "mitxonline-apisix",
                profile: profiles["mitxonline-apisix"],
                url: "http://mitxonline.odl.local:9080",
            },
            redirectsVisitors: false,
            clientSecret: "the-secret",
        });

        await expect(runSettings(plugin)).resolves.toMatchObject({
            ENABLE_MITXONLINE_OAUTH: true,
            ENABLE_MITXPRO_OAUTH: false,
            IDA_LOGOUT_URI_LIST: ["http://own/logout", "http://mitxonline.odl.local:9080/logout"],
            MITX_REDIRECT_ENABLED: false,
            SOCIAL_AUTH_OAUTH_SECRETS: { "ol-oauth2": "the-secret" },
        });
    });

    test("lets an LMS without the package start", async () => {
        await expect(runSettings(text(), "missing")).resolves.toMatchObject({ AUTHENTICATION_BACKENDS: ["own"] });
    });

    test("reports Tutor's own words if it fails", async () => {
        await begin();
        await writeFile(join(root, "config.yml"), "LMS_HOST: [\n");

        await expect(inputs().then((given) => provider.create(given))).rejects.toThrow(
            /printroot failed \(exit code 1\):[\s\S]*yaml.parser.ParserError/,
        );
    });

    test("has the last word among the settings of mfe and indigo, which people usually have, and is written where Tutor says even if another plugin prints lines too", async () => {
        await begin();
        await mkdir(plugins);
        await writeFile(join(plugins, "noisy.py"), 'print("Hello from /no/such/folder!")\n');
        process.env["PYTHONPATH"] = usualPlugins(release);
        await execa(command, ["plugins", "enable", "mfe", "indigo", "noisy"]);
        const { id, outs } = await provider.create(await inputs());

        expect({ id, outs }).toMatchObject({ id: file, outs: { root, file } });
        expect((await config()).PLUGINS).toEqual(["indigo", "mfe", "mit-integration", "noisy"]);
        const settings = await developmentSettings();
        const theirs = settings.indexOf("FEATURES['ENABLE_AUTHN_MICROFRONTEND'] = True");
        expect(theirs).toBeGreaterThan(0);
        expect(settings.indexOf('"ENABLE_AUTHN_MICROFRONTEND": False')).toBeGreaterThan(theirs);

        await provider.delete(id, outs);
        expect((await config()).PLUGINS).toEqual(["indigo", "mfe", "noisy"]);
        await expect(developmentSettings()).resolves.not.toContain("MITX_REDIRECT_ENABLED");
    });
});

test("a command that does not exist is reported by name", async () => {
    const given = await checked(provider, { tutor: "no-such-tutor", name: "mit-integration", text: "# whose\n" });

    await expect(provider.create(given)).rejects.toThrow(
        /Command not found: no-such-tutor\. Install Tutor .*, or set its path: pulumi config set tutor PATH/,
    );
});
