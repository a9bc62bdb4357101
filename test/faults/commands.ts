import type { Server } from "../../sandbox/sandbox.ts";
import { runSql } from "./servers.ts";

/** A run of Pulumi that a fault is put into. */
export interface Command {
    readonly title: string;
    /** What the stack is before: nothing, made, or made on servers with objects that it adopted. */
    readonly begins: Beginning;
    /** What somebody did on the servers since. */
    readonly before?: (servers: TwoServers) => void;
    /** Which configuration it runs with. */
    readonly program: ProgramName;
    /** Pulumi's command. */
    readonly runs: "up" | "up --refresh" | "destroy";
    /** The models of the admins whose pages it has to ask for: one that asks for nothing meets no fault. */
    readonly asksFor: readonly string[];
}

export type Beginning = "empty" | "with strangers" | "made" | "adopted";
export type ProgramName = "usual" | "changed" | "adopting";

/** The LMS and the application of a profile. */
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

/** The commands, each with what it begins with. */
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

/** Somebody changes and deletes things by hand. */
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

/** The client secrets of what was set up by hand. */
export const FORMER_SECRET = "client-secret-made-by-hand";

/** Makes the objects of a stack somebody else's: what was set up by hand before there was a stack. */
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
