import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";

/** Development names that stand for this machine; they often lack in DNS and in the hosts file. No other name does. */
const LOOPBACK_NAMES = /(^|\.)(odl\.local|local\.openedx\.io|localhost)$/;
const unresolvable = new Set<string>();

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * `dns.lookup`, but development names such as `mitxonline.odl.local` that do not resolve go to the loopback address, so
 * that provisioning needs no hosts file.
 */
export function lookup(hostname: string, options: LookupOptions, callback: LookupCallback): void {
    const loopback = () => {
        if (options.all === true) {
            callback(null, [{ address: "127.0.0.1", family: 4 }]);
        } else {
            callback(null, "127.0.0.1", 4);
        }
    };
    if (unresolvable.has(hostname)) {
        loopback();
        return;
    }
    dnsLookup(hostname, options, (error, address, family) => {
        if (error !== null && LOOPBACK_NAMES.test(hostname)) {
            unresolvable.add(hostname);
            loopback();
        } else {
            callback(error, address, family);
        }
    });
}
