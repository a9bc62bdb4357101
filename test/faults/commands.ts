import type { Server } from "../../sandbox/sandbox.ts";
import { EngineRun, type Outcome, type StackState } from "../support/engine.ts";
import type { Program } from "./program.ts";
import { runSql } from "./servers.ts";

/** A run of Pulumi that a fault is put into. */
export interface Command {
    readonly title: string;
    /** What the stack is before: nothing, made, or made on servers with objects that it adopted. */
    readonly begins: "empty" | "with strangers" | "made" | "adopted";
    /** What somebody did on the servers since. */
    readonly before?: (servers: { readonly lms: Server; readonly application: Server }) => void;
    /** Which configuration it runs with. */
    readonly program: "usual" | "changed" | "adopting";
    readonly run: (run: EngineRun, program: Program) => Promise<Outcome>;
}

const runUp: Command["run"] = (run, { resources }) => run.up(resources);

/** The first run of a stack. */
export const up: Command = { title: "up", begins: "empty", program: "usual", run: runUp };

/** The commands, each with what it begins with. */
export const commands: readonly Command[] = [
    up,
    {
        title: "up --refresh, drifted",
        begins: "made",
        before: drift,
        program: "usual",
        run: (run, { resources }) => run.up(resources, { refresh: true }),
    },
    { title: "up, changed", begins: "made", program: "changed", run: runUp },
    { title: "up, adopting", begins: "with strangers", program: "adopting", run: runUp },
    { title: "destroy", begins: "made", program: "usual", run: (run) => run.destroy() },
    { title: "destroy, adopted", begins: "adopted", program: "adopting", run: (run) => run.destroy() },
];

/** Somebody changes and deletes things by hand. */
function drift({ lms, application }: { readonly lms: Server; readonly application: Server }): void {
    runSql(
        lms,
        `DELETE FROM oauth2_provider_accesstoken WHERE user_id IN
             (SELECT id FROM auth_user WHERE username = 'mitserviceworker');
         UPDATE auth_user SET email = 'somebody@example.org' WHERE username = 'mitserviceworker';
         UPDATE oauth2_provider_application SET redirect_uris = 'http://wrong.local/';
         UPDATE third_party_auth_oauth2providerconfig SET skip_registration_form = 0
             WHERE id = (SELECT max(id) FROM third_party_auth_oauth2providerconfig)`,
    );
    runSql(application, "UPDATE oauth2_provider_application SET redirect_uris = 'http://wrong.local/'");
}

/** Makes the objects of a stack somebody else's: what was set up by hand before there was a stack. */
export function estrange({ lms, application }: { readonly lms: Server; readonly application: Server }): void {
    runSql(
        lms,
        `DELETE FROM oauth2_provider_accesstoken;
         UPDATE auth_user SET first_name = 'Some', last_name = 'Body', email = 'worker@example.org', is_staff = 0,
             password = 'pbkdf2_sha256$10$salt$by-hand'
             WHERE username = 'mitserviceworker';
         UPDATE oauth2_provider_application SET client_id = 'by-hand', client_secret = 'by-hand', skip_authorization = 0;
         UPDATE third_party_auth_oauth2providerconfig SET key = 'by-hand', secret = 'by-hand', name = 'By hand',
             skip_registration_form = 0, other_settings = '{"API_ROOT": "http://by-hand.local/"}'`,
    );
    runSql(application, "UPDATE oauth2_provider_application SET client_id = 'by-hand', skip_authorization = 0");
}

/** The state of a stack before its first run. */
export const noState: StackState = new Map();
