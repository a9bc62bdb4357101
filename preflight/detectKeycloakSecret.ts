import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../dynamic-providers/command.ts";
import type { ApplicationProfile } from "../config/profiles.ts";

/** The part of a realm file used here. */
const realm = z.object({ clients: z.array(z.object({ clientId: z.string(), secret: z.string().optional() })) });

/**
 * APISIX's client secret in the realm that the checkout's Keycloak imports.
 *
 * @param checkout - the folder with the application's Compose files.
 * @returns `""` if there is no secret, or no checkout.
 */
export async function detectKeycloakSecret(
    { realms, clientId }: NonNullable<ApplicationProfile["keycloak"]>,
    checkout: string,
): Promise<string> {
    // Compose mounts the whole folder, and the name of the file in it has changed over time.
    const folder = join(checkout, realms);
    if (!existsSync(folder)) {
        return "";
    }
    const files = (await readdir(folder)).filter((file) => file.endsWith(".json")).sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    const clients = texts.flatMap((text) => realm.safeParse(readJson(text)).data?.clients ?? []);
    return clients.find((client) => client.clientId === clientId)?.secret ?? "";
}
