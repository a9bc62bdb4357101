import { connect, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { mitApplication } from "../../config/profiles.ts";
import { portOf } from "../../config/stackConfig.ts";
import { foreignSession, isSignInPage, signInPath } from "../../dynamic-providers/openedx/django-admin/signIn.ts";
import { unresolvedHosts } from "../../preflight/warnUnresolvedHosts.ts";
import { type Check, type Finding, found, passed, skipped } from "../check.ts";
import type { CauseId } from "../causes.ts";
import { diagnose, diagnoseGateway } from "../diagnose.ts";
import type { Side, Target } from "../target.ts";
import { visitor, seen, textOf } from "../answers.ts";

/** How far apart clocks may be, in seconds. */
const CLOCK_TOLERANCE = 60;

/** How long a connection to a gateway may take, in milliseconds. */
const CONNECT_TIMEOUT = 3000;

export function names({ openEdx, application, profile }: Target): Check {
    const wanted = [openEdx.url, application.url].map((url) => new URL(url).hostname);
    const hosts = [...wanted, ...(profile.keycloak ? [profile.keycloak.domain] : [])];
    return {
        name: "names",
        title: "A browser finds both servers by name",
        async run() {
            const unknown = await unresolvedHosts(hosts);
            return unknown.length === 0
                ? passed()
                : found("name-unknown-to-browser", `this machine does not resolve ${unknown.join(", ")}`);
        },
    };
}

/** Checks that the server's sign-in page responds, and along with it the server's clock and cookies. */
export function answers(name: string, { title, connection }: Side, baseUrl: string, down: CauseId): Check {
    const path = signInPath(connection.kind);
    return {
        name,
        title: `${title} answers`,
        unreachable: down,
        isQuick: true,
        async run() {
            const http = visitor(baseUrl);
            const answer = await http.send({ method: "GET", path });
            if (!isSignInPage(connection.kind, answer)) {
                return found(diagnose(textOf(answer)) ?? "other-server", seen(`GET ${baseUrl}${path}`, answer));
            }
            const clock = clockFinding(baseUrl, String(answer.headers["date"]), Date.now());
            const foreign = foreignSession(http);
            return {
                findings: [
                    ...clock,
                    ...(foreign === undefined
                        ? []
                        : [
                              {
                                  cause: "foreign-cookies" as const,
                                  evidence: `${baseUrl} sets the cookie ${foreign[0]} for ${foreign[1]}`,
                              },
                          ]),
                ],
            };
        },
    };
}

/** Checks that the users' URL responds too, if it differs from the admin's. */
export function answersUsers(name: string, { title, url }: Side, down: CauseId): Check {
    return {
        name,
        title: `${title} answers at ${url}`,
        unreachable: down,
        async run() {
            const path = mitApplication.discoveryPath;
            const answer = await visitor(url).send({ method: "GET", path });
            return answer.status === 200
                ? passed()
                : found(diagnose(textOf(answer)) ?? "other-server", seen(`GET ${url}${path}`, answer));
        },
    };
}

/**
 * Checks that a server's clock agrees with this machine's.
 *
 * @param date - the server's `Date` header, with a resolution of seconds.
 * @param now - in milliseconds.
 */
export function clockFinding(baseUrl: string, date: string, now: number): Finding[] {
    const difference = Math.round((Date.parse(date) - now) / 1000);
    return Math.abs(difference) > CLOCK_TOLERANCE
        ? [
              {
                  cause: "wrong-clock",
                  evidence: `the clock of ${baseUrl} is ${Math.abs(difference)} s ${difference > 0 ? "ahead of" : "behind"} this machine's`,
              },
          ]
        : [];
}

/**
 * Checks that the port is open at the address that containers use for the server, as seen from this machine. If the
 * address is a name that only containers resolve, the check is skipped.
 */
export function gateway(name: string, { title, url, gateway: host }: Side, needs: string): Check {
    const port = portOf(url);
    return {
        name,
        title: `${title} is open at its gateway`,
        needs: [needs],
        async run() {
            if (!isIPv4(host)) {
                return skipped(`${host} is a name for containers only`);
            }
            const code = await connectionError(host, port);
            return code === undefined
                ? passed(`${host}:${port}`)
                : found(diagnoseGateway(code, isOwnAddress(host)), `${host}:${port} does not answer (${code})`);
        },
    };
}

/** The error code of a failed connection, or `undefined` if the connection is accepted. */
function connectionError(host: string, port: number): Promise<string | undefined> {
    return new Promise((settle) => {
        const socket = connect({ host, port, timeout: CONNECT_TIMEOUT });
        const end = (code?: string) => {
            socket.destroy();
            settle(code);
        };
        socket.once("connect", () => {
            end();
        });
        socket.once("timeout", () => {
            end("ETIMEDOUT");
        });
        socket.once("error", ({ code = "no connection" }: NodeJS.ErrnoException) => {
            end(code);
        });
    });
}

function isOwnAddress(address: string): boolean {
    const own = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map((one) => one.address));
    return address.startsWith("127.") || own.includes(address);
}
