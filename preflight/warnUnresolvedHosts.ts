import { lookup } from "node:dns/promises";
import * as pulumi from "@pulumi/pulumi";

/**
 * Warns about names a browser on this machine can't resolve, with the line to add to the hosts file. The program itself
 * doesn't need them.
 *
 * @param wanted - host names, e.g. `mitxonline.odl.local`.
 */
export async function warnUnresolvedHosts(wanted: readonly string[]): Promise<void> {
    const unknown = await unresolvedHosts(wanted);
    if (unknown.length > 0) {
        await pulumi.log.warn(
            `A browser on this machine needs this line in the hosts file:\n127.0.0.1 ${unknown.join(" ")}`,
        );
    }
}

/** Those of the names that this machine can't resolve, once each. */
export async function unresolvedHosts(wanted: readonly string[]): Promise<string[]> {
    const names = [...new Set(wanted)];
    const found = await Promise.allSettled(names.map((name) => lookup(name)));
    return names.filter((_, index) => found[index]?.status === "rejected");
}
