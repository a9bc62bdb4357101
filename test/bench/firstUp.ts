/** What the first `up` costs: against its requests alone, against a command per object, and with slow servers. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NOTES_FOLDER } from "../../dynamic-providers/formerValues.ts";
import type { Server } from "../../sandbox/sandbox.ts";
import { pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { restoreSnapshot, takeSnapshot } from "../faults/servers.ts";
import { runScript, type TestServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack } from "../support/stack.ts";
import { costOf, ratioOf, secondsOf, spreadOf } from "./measure.ts";
import { type Tell, times } from "./page.ts";
import { pulumiCall } from "./programs.ts";
import { type BenchProxy, replay, type Slowness, startBenchProxy } from "./proxy.ts";

type BenchServers = TestServers<"lms" | "mitxonline">;

const SLOW_MILLISECONDS = 500;
/** The longest chain of requests: sign-in, site, provider configuration with its list and the LMS's list of providers. */
const LONGEST_CHAIN = 2 + 2 + 5;
/** How many times at most to measure the first `up`, each time from scratch. */
const MOST_ROUNDS = 3;

/** Measures the first `up` on running servers. */
export async function compareFirstUps(servers: BenchServers, tell: Tell, rounds: number): Promise<void> {
    const both = [servers.lms, servers.mitxonline];
    process.env[NOTES_FOLDER] = join(servers.stateDirectory, "notes");
    const before = await takeSnapshot(both);
    const anew = () => restoreSnapshot(both, before);
    const measured: Record<"up" | "again" | "bare" | "commands" | "slow" | "two", number[]> = {
        up: [],
        again: [],
        bare: [],
        commands: [],
        slow: [],
        two: [],
    };
    let connections = 0;
    let requests = 0;
    for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
        const usual = await firstUp(servers);
        measured.up.push(usual.first);
        measured.again.push(usual.again);
        await anew();
        // The application starts only with these; the stack writes them itself.
        await writeFile(servers.mitxonline.envFile, "OPENEDX_API_CLIENT_ID=id\nOPENEDX_API_CLIENT_SECRET=secret\n");
        measured.bare.push(
            await secondsOf(async () => {
                await replay(servers.lms, usual.lms.requests);
                await replay(servers.mitxonline, usual.mitxonline.requests);
            }),
        );
        requests = usual.lms.requests.length;
        await anew();
        measured.commands.push(await secondsOf(() => commandPerObject(servers.lms, servers.mitxonline)));
        await anew();
        const slow = await firstUp(servers, { milliseconds: SLOW_MILLISECONDS });
        connections = Math.max(connections, slow.lms.mostConnections());
        measured.slow.push(slow.first - usual.first);
        await anew();
        const two = await firstUp(servers, { milliseconds: SLOW_MILLISECONDS, atOnce: 2 });
        measured.two.push(two.first - usual.first);
        await anew();
    }
    const seconds = (figures: readonly number[]) => spreadOf(figures).median.toFixed(1);
    const beyond = measured.up.map((first, round) => first - (measured.again[round] ?? NaN));
    tell({
        what: `first \`up\`, servers running: ${seconds(measured.up)} s`,
        against: `its requests, one after another by a bare client: ${seconds(measured.bare)} s`,
        goal: "1",
        measured: times(ratioOf(measured.up, measured.bare)),
    });
    tell({
        what: `the same, beyond an \`up\` without changes: ${seconds(beyond)} s`,
        against: "the same",
        goal: "1",
        measured: times(ratioOf(beyond, measured.bare)),
    });
    tell({
        what: `first \`up\`, servers running`,
        against: `a \`manage.py shell\` command for each of the seven objects: ${seconds(measured.commands)} s`,
        goal: "0.05",
        measured: times(ratioOf(measured.up, measured.commands)),
    });
    const chains = (figures: readonly number[], length: number) =>
        times(spreadOf(figures.map((figure) => figure / (length * (SLOW_MILLISECONDS / 1000)))));
    tell({
        what: `first \`up\`, each request ${SLOW_MILLISECONDS} ms slower: ${seconds(measured.slow)} s more, ${connections} connections`,
        against: `the longest chain of requests: ${LONGEST_CHAIN}`,
        goal: "1.1",
        measured: chains(measured.slow, LONGEST_CHAIN),
    });
    const inPairs = Math.max(LONGEST_CHAIN, Math.ceil(requests / 2));
    tell({
        what: `the same, two requests at once: ${seconds(measured.two)} s more`,
        against: `half of the LMS's ${requests} requests: ${inPairs}`,
        goal: "1.1",
        measured: chains(measured.two, inPairs),
    });
}

interface FirstUp {
    /** Seconds of the first `up`, and of one without changes. */
    readonly first: number;
    readonly again: number;
    readonly lms: BenchProxy;
    readonly mitxonline: BenchProxy;
}

/** Runs the first `up` of a stack; the servers keep what it creates. */
async function firstUp(servers: BenchServers, slowness?: Slowness): Promise<FirstUp> {
    const lms = await startBenchProxy(servers.lms, slowness);
    const mitxonline = await startBenchProxy(servers.mitxonline, slowness);
    const stack = await makeStack({
        ...sandboxConfig("mitxonline", servers),
        lmsUrl: lms.baseUrl,
        applicationAdminUrl: mitxonline.baseUrl,
    });
    try {
        const environment = {
            ...(await pulumiEnvironment()),
            PULUMI_BACKEND_URL: `file://${stack.folder}/state?metadata=skip`,
        };
        const up = () => costOf(pulumiCall("up"), { folder: stack.folder, environment });
        const { wall: first } = await up();
        const { wall: again } = await up();
        return { first, again, lms, mitxonline };
    } finally {
        await stack.remove();
        await Promise.all([lms.stop(), mitxonline.stop()]);
    }
}

/** Creates the stack's objects as a script of an operator does: a command of the server's own for each. */
async function commandPerObject(lms: Server, application: Server): Promise<void> {
    const configuration = (domain: string) =>
        "from django.contrib.sites.models import Site\nfrom third_party_auth.models import OAuth2ProviderConfig\n" +
        `OAuth2ProviderConfig.objects.create(site=Site.objects.get(domain="${domain}"), backend_name="ol-oauth2", ` +
        'name="MITx Online", slug="mitxonline", key="id", secret="secret", enabled=True, other_settings="{}")';
    const oauthApplication = (name: string) =>
        "from oauth2_provider.models import get_application_model\n" +
        `get_application_model().objects.update_or_create(name="${name}", defaults=dict(client_id="${name}", ` +
        'client_secret="secret", client_type="confidential", authorization_grant_type="authorization-code", ' +
        'skip_authorization=True, redirect_uris="http://a.odl.local/"))';
    const commands: readonly (readonly [Server, string])[] = [
        [
            lms,
            'from django.contrib.sites.models import Site\nSite.objects.create(domain="bench.openedx.io", name="Bench")',
        ],
        [lms, oauthApplication("bench")],
        [
            lms,
            "from django.contrib.auth.models import User\n" +
                'User.objects.create_user("bench", "bench@example.org", "password", is_staff=True)',
        ],
        [
            lms,
            "from datetime import timedelta\nfrom django.contrib.auth.models import User\n" +
                "from django.utils.timezone import now\nfrom oauth2_provider.models import get_access_token_model\n" +
                'get_access_token_model().objects.create(user=User.objects.get(username="bench"), token="bench", ' +
                'expires=now() + timedelta(days=365), scope="")',
        ],
        [lms, configuration("example.com")],
        [lms, configuration("bench.openedx.io")],
        [application, oauthApplication("edx-oauth-app")],
    ];
    for (const [server, command] of commands) {
        await runScript(server, command);
    }
}
