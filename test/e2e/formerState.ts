import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Deployment } from "@pulumi/pulumi/automation/index.js";
import { parse } from "yaml";
import type { ApplicationName } from "../../config/profiles.ts";
import type { Ports } from "../../sandbox/sandbox.ts";
import type { cleanUpIn } from "../support/cleanUp.ts";
import { startServers, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig, sandboxServer } from "../support/sandboxStack.ts";
import { makeStack, type TestStack } from "../support/stack.ts";

/** The parts of a fixture that differ from test to test. */
export interface Addresses {
    readonly envFile: string;
    readonly ports: Ports;
    readonly server: "mitxonline" | "xpro";
}

/** A fixture's placeholders and their values. */
export function placeholders({ envFile, ports, server }: Addresses): [placeholder: string, value: string][] {
    return [
        ["{{envFile}}", envFile],
        ["{{lms}}", String(ports.lms)],
        ["{{server}}", String(ports[server])],
        ["{{apisix}}", String(ports["mitxonline-apisix"])],
    ];
}

/** A stack as an earlier version of this project left it, with its servers. */
export interface FormerStack {
    readonly servers: TestServers<"lms" | "mitxonline" | "xpro">;
    readonly stack: TestStack;
}

/**
 * Starts a stack and its servers from the fixtures that `fixtures/writeState.ts` wrote.
 *
 * @param cleanUp - takes the teardown of everything that is started.
 */
export async function restoreFormerStack(
    application: ApplicationName,
    cleanUp: ReturnType<typeof cleanUpIn>,
): Promise<FormerStack> {
    const server = sandboxServer(application);
    const restored = async (name: string, addresses: Addresses) => {
        const packed = await readFile(join(import.meta.dirname, "fixtures", application, `${name}.gz`));
        return placeholders(addresses).reduce(
            (text, [placeholder, value]) => text.replaceAll(placeholder, value),
            (await promisify(gunzip)(packed)).toString(),
        );
    };
    const addressesOf = (stateDirectory: string, ports: Ports): Addresses => ({
        envFile: join(stateDirectory, server, ".env"),
        ports,
        server,
    });
    let addresses: Addresses | undefined;
    const prepare = async (stateDirectory: string, ports: Ports) => {
        addresses = addressesOf(stateDirectory, ports);
        for (const name of ["lms", server]) {
            await mkdir(join(stateDirectory, name), { mode: 0o700 });
            // A dump is sorted by table name.
            const file = join(stateDirectory, name, "db.sqlite3");
            const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
            database.exec(await restored(`${name}.sql`, addresses));
            database.close();
        }
        await writeFile(addresses.envFile, await restored(".env", addresses), { mode: 0o600 });
    };
    const servers = await startServers(["lms", server], { prepare });
    cleanUp(() => servers.stop());
    const stack = await makeStack(sandboxConfig(application, servers));
    cleanUp(() => stack.remove());
    // The fixture's secrets are in plain text: this clone's passphrase encrypts them, not that of the clone that wrote
    // it.
    const settings = parse(await readFile(join(stack.folder, "Pulumi.test.yaml"), "utf8")) as {
        encryptionsalt: string;
    };
    const state = JSON.parse(await restored("deployment.json", addresses as unknown as Addresses)) as Deployment;
    const deployment = state.deployment as object;
    await stack.restore(
        JSON.stringify({
            ...state,
            deployment: {
                ...deployment,
                secrets_providers: { type: "passphrase", state: { salt: settings.encryptionsalt } },
            },
        }),
    );
    return { servers, stack };
}
