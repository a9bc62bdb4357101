import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ApplicationProfile } from "../config/profiles.ts";

/** The part of a realm file used here. */
const realm = z.object({ clients: z.array(z.object({ clientId: z.string(), secret: z.string().optional() })) });

/**
 * APISIX's client secret in the realm that the checkout's Keycloak imports.
 *
 * @param checkout - the folder with the application's Compose files.
 * @returns `""` if there is no secret, or no checkout.
 */
export function detectKeycloakSecret(
    { realms, clientId }: NonNullable<ApplicationProfile["keycloak"]>,
    checkout: string,
): string {
    // Compose mounts the whole folder, and the name of the file in it has changed over time.
    const folder = join(checkout, realms);
    if (!existsSync(folder)) {
        return "";
    }
    const clients = readdirSync(folder)
        .filter((file) => file.endsWith(".json"))
        .sort()
        .flatMap((file) => realm.safeParse(parseJson(readFileSync(join(folder, file), "utf8"))).data?.clients ?? []);
    return clients.find((client) => client.clientId === clientId)?.secret ?? "";
}

function parseJson(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}
