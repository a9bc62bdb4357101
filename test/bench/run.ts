/**
 * `npm run bench`: measures what a run costs, as ratios on one machine, and writes `docs/performance.md`. Options:
 * `--times N` (rounds; default 7), `--size N` (OAuth applications in one stack; repeatable), `--no-write`.
 */
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { project, pulumiEnvironment } from "../../toolchain/pulumi.ts";
import { startCountingProxy } from "../support/countingProxy.ts";
import { connectionTo } from "../support/providers.ts";
import { startServers } from "../support/sandbox.ts";
import { sandboxConfig } from "../support/sandboxStack.ts";
import { makeStack } from "../support/stack.ts";
import { compareFirstUps } from "./firstUp.ts";
import { type Cost, costOf, inTurn, ratioOf, type Spread, spreadOf } from "./measure.ts";
import { pageOf, type Row, type Tell, times } from "./page.ts";
import { comparePreview } from "./preview.ts";
import { applicationsProgram, emptyProgram, idleProgram, pulumiCall, stackOf } from "./programs.ts";
import { measureNpmStart, measureProgramStart } from "./starts.ts";

const { values } = parseArgs({
    allowNegative: true,
    options: {
        times: { type: "string", default: "7" },
        size: { type: "string", multiple: true, default: ["1", "10", "100", "500"] },
        write: { type: "boolean", default: true },
    },
});

const rows: Row[] = [];
const tell: Tell = (row) => {
    rows.push(row);
    console.log([row.what, row.against, row.goal, row.measured].join(" | "));
};
const processor = (costs: readonly Cost[]) => costs.map((cost) => cost.processor);
const wall = (costs: readonly Cost[]) => costs.map((cost) => cost.wall);

const servers = await startServers(["lms", "mitxonline", "xpro"], {
    environment: { SANDBOX_RATELIMIT: "0", SANDBOX_LOCKOUT: "0" },
});
const rounds = Number(values.times);
let noChange: Spread;
try {
    const { ratio, resources } = await compareUps();
    noChange = ratio;
    await measureProgramStart(servers, resources, tell, rounds);
    await compareFirstUps(servers, tell, rounds);
    await measureNpmStart(tell, rounds);
    await comparePreview(tell, rounds);
    await measureSizes(values.size.map(Number));
} finally {
    await servers.stop();
}
if (values.write) {
    const text = await format(pageOf(rows, { rounds, cores: cpus().length }), {
        parser: "markdown",
        printWidth: 120,
    });
    await writeFile(join(project, "docs", "performance.md"), text);
}
console.log(`no-change up against an empty program: ${noChange.median.toFixed(2)}`);

/** The sandbox's stack without changes against two programs with as many resources, plus its requests. */
async function compareUps(): Promise<{ ratio: Spread; resources: number }> {
    const proxies = [await startCountingProxy(servers.lms), await startCountingProxy(servers.mitxonline)] as const;
    const stack = await makeStack({
        ...sandboxConfig("mitxonline", servers),
        lmsUrl: proxies[0].baseUrl,
        applicationAdminUrl: proxies[1].baseUrl,
    });
    const requestsOf = async (operation: () => Promise<unknown>) => {
        const made = () => proxies.reduce((sum, { requests }) => sum + requests.length, 0);
        const before = made();
        await operation();
        return made() - before;
    };
    const environment = {
        ...(await pulumiEnvironment()),
        PULUMI_BACKEND_URL: `file://${join(stack.folder, "state")}?metadata=skip`,
    };
    const up = () => costOf(pulumiCall("up"), { folder: stack.folder, environment });
    try {
        const first = await requestsOf(() => stack.up());
        const state = JSON.parse(await stack.state()) as { deployment: { resources: { type: string }[] } };
        const types = state.deployment.resources.map(({ type }) => type);
        const count = (prefix: string) => types.filter((type) => type.startsWith(prefix)).length;
        const [components, random, dynamic] = [count("openedx-mit:"), count("random:"), count("pulumi-nodejs:")];
        const resources = components + random + dynamic;
        const empty = await stackOf(emptyProgram(resources));
        const idle = await stackOf(idleProgram({ components, random, dynamic }));
        try {
            await empty.run("up");
            await idle.run("up");
            const costs = await inTurn({ empty: () => empty.run("up"), up, idle: () => idle.run("up") }, rounds);
            const what = `no-change \`up\` of the sandbox's stack, ${spreadOf(processor(costs.up)).median.toFixed(2)} s of processor time`;
            const ratio = ratioOf(processor(costs.up), processor(costs.empty));
            tell({ what, against: "an empty program", goal: "1.5", measured: times(ratio) });
            const walls = ratioOf(wall(costs.up), wall(costs.empty));
            tell({ what: "the same, wall time", against: "the same", goal: "1.5", measured: times(walls) });
            tell({
                what: "no-change `up`, processor time",
                against: "as many `random` and dynamic resources that do nothing",
                goal: "1.1",
                measured: times(ratioOf(processor(costs.up), processor(costs.idle))),
            });
            const requests = [first, await requestsOf(up)];
            requests.push(await requestsOf(() => stack.refresh()), await requestsOf(() => stack.destroy()));
            tell({
                what: "requests of the first `up`, `up` without changes, `refresh`, `destroy`",
                against: "",
                goal: "28, 0, 12, 19",
                measured: requests.join(", "),
            });
            return { ratio, resources };
        } finally {
            await empty.remove();
            await idle.remove();
        }
    } finally {
        await stack.remove();
        await Promise.all(proxies.map((proxy) => proxy.stop()));
    }
}

/** Stacks of several sizes: the time per OAuth application in each run, and the provider's memory. */
async function measureSizes(sizes: readonly number[]): Promise<void> {
    const perApplication = new Map<number, Record<string, number>>();
    for (const size of sizes) {
        const stack = await stackOf(applicationsProgram(size, connectionTo(servers.lms)), "quick");
        try {
            const costs = {
                create: await stack.run("up"),
                "no change": await stack.run("up"),
                refresh: await stack.run("refresh"),
                destroy: await stack.run("destroy"),
            };
            const seconds = Object.fromEntries(Object.entries(costs).map(([name, cost]) => [name, cost.wall / size]));
            perApplication.set(size, seconds);
            tell({
                what: `${size} OAuth applications in one stack: memory of the provider`,
                against: "",
                goal: "under 200 MiB",
                measured: `${Math.max(...Object.values(costs).map((cost) => cost.providerMemory)).toFixed(0)} MiB`,
            });
            tell({
                what: `${size} OAuth applications, milliseconds for each`,
                against: "",
                goal: "not growing",
                measured: Object.entries(seconds)
                    .map(([name, each]) => `${name} ${(each * 1000).toFixed(0)}`)
                    .join(", "),
            });
        } finally {
            await stack.remove();
        }
    }
    const [small, large] = [perApplication.get(10), perApplication.get(500)];
    if (small && large) {
        tell({
            what: "an OAuth application in a stack of 500",
            against: "in a stack of 10",
            goal: "1.1 for each run",
            measured: Object.keys(large)
                .map((name) => `${name} ${((large[name] ?? NaN) / (small[name] ?? NaN)).toFixed(2)}`)
                .join(", "),
        });
    }
}
