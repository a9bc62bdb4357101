import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { environmentLines, placeholders } from "../../config/environmentLines.ts";
import { parseSettings } from "../../config/load.ts";
import { configuredValues } from "../../config/stackConfig.ts";
import { effectiveValues, parseDotEnv, withBlock, withoutBlock } from "../../dynamic-providers/files/dotEnvBlock.ts";
import { preflight } from "../../preflight/preflight.ts";

/** All keys without a default. */
const required = {
    lmsPassword: "correct horse",
    applicationPassword: "battery staple",
    platform: "linux",
    lmsGateway: "172.18.0.1",
    applicationGateway: "172.19.0.1",
};

describe("a .env copied from the application's example", () => {
    // Shaped like the files of both applications: names without values, examples of values to choose, addresses of
    // another setup, comments after values.
    const xpro =
        "MAILGUN_KEY=\nMAILGUN_SENDER_DOMAIN=\nSECRET_KEY=\n#OPENEDX_IP=172.22.0.1\n\n\nLOGOUT_REDIRECT_URL=\n\nHMAC_SECRET=example  # not a secret\nEXTERNAL_COURSE_SYNC_API_KEY=example\n";
    const mitxonline = [
        "MAILGUN_KEY=\nMITX_ONLINE_BASE_URL=http://mitxonline.odl.local:8013",
        "MITXONLINE_DOCKER_BASE_URL=http://host.docker.internal:9080\nAPISIX_PORT=9080\n",
        "KEYCLOAK_SVC_HOSTNAME=kc.odl.local\nKEYCLOAK_PORT=7080\nKEYCLOAK_SSL_PORT=7443\n",
        "KEYCLOAK_CLIENT_ID=\nKEYCLOAK_CLIENT_SECRET=\n\nAPISIX_SESSION_SECRET_KEY=at_least_16_chars",
        "MITOL_APIGATEWAY_DISABLE_MIDDLEWARE=False\nMITOL_APIGATEWAY_USERINFO_CREATE=True",
        "MITOL_APIGATEWAY_USERINFO_UPDATE=True\n\n# Host of a service\nBEARER_TOKEN='test'\n",
    ].join("\n");
    let folder: string;
    beforeEach(async () => {
        folder = await mkdtemp(join(tmpdir(), "checkout-"));
    });
    afterEach(() => rm(folder, { recursive: true }));

    const load = async (text: string, values: Record<string, string>) => {
        const envFile = join(folder, ".env");
        await writeFile(envFile, text);
        return preflight(parseSettings({ ...required, envFile, ...values }));
    };

    test.each([
        ["xpro", {}, []],
        ["mitxonline", { platform: "macos", lmsGateway: "" }, ["line 3: MITXONLINE_DOCKER_BASE_URL"]],
        ["mitxonline", {}, ["line 3: MITXONLINE_DOCKER_BASE_URL"]],
        [
            "mitxonline-apisix",
            { keycloakClientSecret: "of the realm" },
            [
                "line 2: MITX_ONLINE_BASE_URL",
                "line 3: MITXONLINE_DOCKER_BASE_URL",
                "line 13: APISIX_SESSION_SECRET_KEY",
            ],
        ],
    ])(
        "of %s with %j is reported once, with every line that the stack would comment out",
        async (name, more, lines) => {
            const values: Record<string, string> = { application: name, ...more };
            const text = name === "xpro" ? xpro : mitxonline;
            const told = await load(text, values).then(
                () => [],
                (error: unknown) => [(error as Error).message],
            );

            expect(told).toStrictEqual(
                lines.length === 0
                    ? []
                    : [
                          "Found a problem on this machine; nothing was changed.\n\n" +
                              `  ${join(folder, ".env")} sets variables that this stack sets to something else:\n` +
                              lines.map((line) => `      ${line}\n`).join("") +
                              "    let the stack comment out the lines until it is destroyed: " +
                              "pulumi config set adopt true; or delete them",
                      ],
            );
            // A stack that adopts existing lines accepts it, and leaves nothing of it in effect.
            const { detected } = await load(text, { ...values, adopt: "true" });
            const made = Object.fromEntries(Object.keys(placeholders).map((key) => [key, `made-${key}`]));
            const settings = parseSettings({ ...required, ...values });
            const block = environmentLines(
                configuredValues(settings, detected.ownLines),
                made as unknown as typeof placeholders,
            );
            const written = withBlock(parseDotEnv(text), "project/stack", block);
            expect(effectiveValues(parseDotEnv(written))).toStrictEqual(block);
            expect(withoutBlock(parseDotEnv(written))).toBe(text);
        },
    );

    test("names the Compose files in which required variables are searched", async () => {
        const key = "KEYCLOAK_SVC_KEYSTORE_PASSWORD";
        await writeFile(join(folder, "mine.yml"), `command: --config-keystore-password=\${${key}}`);
        const apisix = { application: "mitxonline-apisix", keycloakClientSecret: "of the realm" };
        const linesWith = async (text: string) => (await load(text, apisix)).detected.ownLines;

        await expect(linesWith("COMPOSE_FILE=missing.yml:mine.yml\n")).resolves.toHaveProperty(key);
        await expect(linesWith("")).resolves.not.toHaveProperty(key);
    });

    test("is reported before anything is created if its folder does not exist, or if it is a folder itself", async () => {
        const message = (envFile: string) =>
            preflight(parseSettings({ ...required, envFile })).catch((error: unknown) => (error as Error).message);

        await expect(message(join(folder, "no", ".env"))).resolves.toContain(
            `${join(folder, "no")}, the application's checkout, does not exist\n`,
        );
        await expect(message(folder)).resolves.toContain(`${folder} is a folder\n`);
    });
});
