import { portOf } from "../config/stackConfig.ts";
import type { CauseId } from "./causes.ts";
import type { Side, Target } from "./target.ts";

/** Server messages and their causes. The first match wins. */
const signatures: readonly (readonly [RegExp, CauseId])[] = [
    [/The following settings are missing/, "application-lacks-settings"],
    [/Can't fetch setting of a disabled backend/, "provider-disabled"],
    [/Cannot mix str and non-str arguments/, "provider-addresses"],
    [/Backend not found/, "plugin-not-live"],
    [
        /Connection error: HTTPS?ConnectionPool|Failed to establish a new connection|Max retries exceeded/,
        "application-unreachable-from-lms",
    ],
    [/Wrong state parameter|Authentication process canceled|Session value state missing/, "state-lost"],
    [/User has no edx_username|409 Client Error.*\/(userinfo|users\/me)\b/, "no-edx-username"],
    [/Invalid key\/secret, perhaps expired|Your credentials aren.t allowed/, "provider-secret"],
    [/tpa-invalid-access-token|400 Client Error.*\/account\/registration/, "user-info-refused"],
    [/401 Client Error.*\/oauth2\/access_token/, "client-secret"],
    [/redirected to '?\S+\/oauth2\/authorize/i, "consent"],
    [/duplicate-(email|username)|409 Client Error.*\/account\/registration/, "account-taken"],
    [/Origin checking failed/, "origin-refused"],
    [/MultipleObjectsReturned/, "client-name-twice"],
    [/Mismatching redirect URI/i, "redirect-uri"],
    [/Invalid client_id/i, "client-gone"],
    [/\binvalid_client\b/, "client-secret"],
    [/token_expired/, "token-expired"],
    [/token_nonexistent/, "token-gone"],
    [/user_not_active/, "worker-inactive"],
    [/user_is_disabled/, "worker-disabled"],
    [/ is blocking sign-ins of |Too many failed login attempts/, "too-many-sign-ins"],
    [/ refused the sign-in of /, "superuser-refused"],
    [/is not allowed there; use a superuser|may view .* but not change it/, "superuser-not-allowed"],
    [/server's cookies are for /, "foreign-cookies"],
    [/ENOTFOUND|EAI_AGAIN|ERR_NAME_NOT_RESOLVED/, "name-unknown"],
];

/** The cause for a server's message, or `undefined` if it suggests none. */
export function diagnose(words: string): CauseId | undefined {
    return signatures.find(([signature]) => signature.test(words))?.[1];
}

/**
 * The cause for a server's message. If one of the server's connections failed, the message contains the address it
 * tried, which shows the direction.
 */
export function diagnoseFor(
    words: string,
    { openEdx, application }: Pick<Target, "openEdx" | "application">,
    asked: CauseId,
): CauseId | undefined {
    const [, host = "", port] = /HTTPS?ConnectionPool\(host='([^']+)', port=(\d+)\)/.exec(words) ?? [];
    const isOf = ({ url, gateway }: Side) =>
        [new URL(url).hostname, gateway].includes(host) && port === String(portOf(url));
    const unreachable = isOf(openEdx)
        ? "lms-unreachable-from-application"
        : isOf(application)
          ? "application-unreachable-from-lms"
          : asked;
    return port === undefined ? diagnose(words) : unreachable;
}

/** The cause for a container's error, beyond the fact that nothing answered. */
export function diagnoseSilence(error: string): CauseId | undefined {
    return /^gaierror\b|Name or service not known|Temporary failure in name resolution/.test(error)
        ? "name-unknown-in-container"
        : undefined;
}

/**
 * The cause when nothing answers at a gateway.
 *
 * @param code - the error code of the connection, such as `ECONNREFUSED`.
 * @param isOwn - whether the address belongs to this machine.
 */
export function diagnoseGateway(code: string, isOwn: boolean): CauseId {
    return code === "ECONNREFUSED" && isOwn ? "port-on-loopback-only" : "stale-gateway";
}
