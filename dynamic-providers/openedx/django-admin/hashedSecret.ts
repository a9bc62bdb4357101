import { pbkdf2, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/**
 * Whether a secret matches what Django stored as `pbkdf2_sha256$<iterations>$<salt>$<hash>`, or `undefined` if the stored
 * text has another format.
 */
export async function matchesPbkdf2(secret: string, stored: string): Promise<boolean | undefined> {
    const [, iterations, salt, hash] = /^pbkdf2_sha256\$(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? [];
    if (iterations === undefined || salt === undefined || hash === undefined) {
        return undefined;
    }
    const expected = Buffer.from(hash, "base64");
    const actual = await promisify(pbkdf2)(secret, salt, Number(iterations), expected.length, "sha256");
    return timingSafeEqual(actual, expected);
}

/** Whether a stored text is a hash as Django writes it: `<algorithm>$…`. */
export function isHash(stored: string): boolean {
    return /^[a-z0-9_]+\$.+\$/.test(stored);
}
