import { lookup } from "node:dns/promises";
import * as pulumi from "@pulumi/pulumi";

/**
 * Warns about names a browser on this machine can't resolve, with the line to add to the hosts file. The program itself
 * doesn't need them.
 *
 * @param hosts - names, e.g. `mitxonline.odl.local`.
 */
export async function warnUnresolvedHosts(hosts: readonly string[]): Promise<void> {
    const unresolved = await unresolvedHosts(hosts);
    if (unresolved.length > 0) {
        await pulumi.log.warn(
            `A browser on this machine needs this line in the hosts file:\n127.0.0.1 ${unresolved.join(" ")}`,
        );
    }
}

/** Those of the names that this machine can't resolve, once each. */
export async function unresolvedHosts(hosts: readonly string[]): Promise<string[]> {
    const names = [...new Set(hosts)];
    const lookups = await Promise.allSettled(names.map((name) => lookup(name)));
    return names.filter((_, index) => lookups[index]?.status === "rejected");
}
