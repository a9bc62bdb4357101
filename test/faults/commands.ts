import type { Server } from "../../sandbox/sandbox.ts";
import { runSql } from "./servers.ts";

/** A Pulumi run to inject a fault into. */
export interface Command {
    readonly title: string;
    /** The stack's initial state: empty, created, or created on servers with objects that it adopted. */
    readonly begins: Beginning;
    /** What somebody changed on the servers since then. */
    readonly before?: (servers: TwoServers) => void;
    /** The configuration it runs with. */
    readonly program: ProgramName;
    /** The Pulumi command. */
    readonly runs: "up" | "up --refresh" | "destroy";
    /** The admin models whose pages it must request: a command that requests nothing meets no fault. */
    readonly asksFor: readonly string[];
}

export type Beginning = "empty" | "with strangers" | "made" | "adopted";
export type ProgramName = "usual" | "changed" | "adopting";

/** The LMS and a profile's application. */
export interface TwoServers {
    readonly lms: Server;
    readonly application: Server;
}

const APPLICATION = "oauth2_provider/application";
const TOKEN = "oauth2_provider/accesstoken";
const CONFIGURATION = "third_party_auth/oauth2providerconfig";
const everything = [
    `lms ${APPLICATION}`,
    `lms ${TOKEN}`,
    `lms ${CONFIGURATION}`,
    "lms auth/user",
    "lms sites/site",
    `application ${APPLICATION}`,
];

/** The first run of a stack. */
export const up: Command = { title: "up", begins: "empty", program: "usual", runs: "up", asksFor: everything };

/** The commands, each with its initial state. */
export const commands: readonly Command[] = [
    up,
    {
        title: "up --refresh, drifted",
        begins: "made",
        before: drift,
        program: "usual",
        runs: "up --refresh",
        asksFor: everything,
    },
    {
        title: "up, changed",
        begins: "made",
        program: "changed",
        runs: "up",
        asksFor: [`lms ${CONFIGURATION}`, `lms ${TOKEN}`],
    },
    { title: "up, adopting", begins: "with strangers", program: "adopting", runs: "up", asksFor: everything },
    { title: "destroy", begins: "made", program: "usual", runs: "destroy", asksFor: everything },
    { title: "destroy, adopted", begins: "adopted", program: "adopting", runs: "destroy", asksFor: everything },
];

/** Somebody changes and deletes things manually. */
function drift({ lms, application }: TwoServers): void {
    runSql(
        lms,
        `DELETE FROM oauth2_provider_accesstoken WHERE user_id IN
             (SELECT id FROM auth_user WHERE username = 'mitserviceworker');
         UPDATE auth_user SET email = 'somebody@example.org' WHERE username = 'mitserviceworker';
         UPDATE oauth2_provider_application SET redirect_uris = 'http://wrong.local/';
         CREATE TEMP TABLE edited AS SELECT * FROM third_party_auth_oauth2providerconfig;
         DELETE FROM edited WHERE id != (SELECT max(id) FROM edited);
         UPDATE edited SET id = id + 1, skip_registration_form = 0;
         INSERT INTO third_party_auth_oauth2providerconfig SELECT * FROM edited`,
    );
    runSql(application, "UPDATE oauth2_provider_application SET redirect_uris = 'http://wrong.local/'");
}

/** The client secrets of a manual setup. */
export const FORMER_SECRET = "client-secret-made-by-hand";

/** Turns a stack's objects into somebody else's: a manual setup from before there was a stack. */
export function estrange({ lms, application }: TwoServers): void {
    runSql(
        lms,
        `DELETE FROM oauth2_provider_accesstoken;
         UPDATE auth_user SET first_name = 'Some', last_name = 'Body', email = 'worker@example.org', is_staff = 0,
             password = 'pbkdf2_sha256$10$salt$by-hand'
             WHERE username = 'mitserviceworker';
         UPDATE oauth2_provider_application
             SET client_id = 'by-hand', client_secret = '${FORMER_SECRET}', skip_authorization = 0;
         UPDATE third_party_auth_oauth2providerconfig SET key = 'by-hand', secret = '${FORMER_SECRET}', name = 'By hand',
             skip_registration_form = 0, other_settings = '{"API_ROOT": "http://by-hand.local/"}'`,
    );
    runSql(application, "UPDATE oauth2_provider_application SET client_id = 'by-hand', skip_authorization = 0");
}
