import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";

/** Development names for this machine, which are often missing from DNS and the hosts file. No other name qualifies. */
const LOOPBACK_NAMES = /(^|\.)(odl\.local|local\.openedx\.io|localhost)$/;
const unresolvable = new Set<string>();

/** Whether a host name is used for development only, on this machine. */
export function isDevelopmentName(hostname: string): boolean {
    return LOOPBACK_NAMES.test(hostname);
}

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/**
 * `dns.lookup`, except that development names such as `mitxonline.odl.local` resolve to the loopback address if they don't
 * resolve otherwise, so provisioning needs no hosts file.
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
        if (error !== null && isDevelopmentName(hostname)) {
            unresolvable.add(hostname);
            loopback();
        } else {
            callback(error, address, family);
        }
    });
}
