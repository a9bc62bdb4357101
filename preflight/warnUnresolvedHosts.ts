import { lookup } from "node:dns/promises";
import * as pulumi from "@pulumi/pulumi";

/**
 * Warns of names that a browser on this machine would not find, with the line that the hosts file lacks. The program
 * itself does without.
 *
 * @param wanted - for instance `mitxonline.odl.local`.
 */
export async function warnUnresolvedHosts(wanted: readonly string[]): Promise<void> {
    const names = [...new Set(wanted)];
    const found = await Promise.allSettled(names.map((name) => lookup(name)));
    const unknown = names.filter((_, index) => found[index]?.status === "rejected");
    if (unknown.length > 0) {
        await pulumi.log.warn(
            `A browser on this machine needs this line in the hosts file:\n127.0.0.1 ${unknown.join(" ")}`,
        );
    }
}
