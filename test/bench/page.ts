import { ratioOf, type Spread, spreadOf } from "./measure.ts";

/** A row of the table. */
export interface Row {
    readonly what: string;
    readonly against: string;
    /** At most this. */
    readonly goal: string;
    readonly measured: string;
}

/** Takes a row of the table. */
export type Tell = (row: Row) => void;

/** A row that compares seconds, by their ratio: both texts get their median. */
export function secondsRow(
    { what, against, goal }: Omit<Row, "measured">,
    figures: readonly number[],
    others: readonly number[],
): Row {
    const median = (values: readonly number[]) => `${spreadOf(values).median.toFixed(1)} s`;
    return {
        what: `${what}: ${median(figures)}`,
        against: `${against}: ${median(others)}`,
        goal,
        measured: times(ratioOf(figures, others)),
    };
}

/** A ratio in words. */
export function times({ median, least, most }: Spread): string {
    return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

/** The text of `docs/performance.md`. */
export function pageOf(rows: readonly Row[], { rounds, cores }: { rounds: number; cores: number }): string {
    return `# Performance

\`npm run bench\` measures this and writes this page, in about ten minutes. It starts its own servers.
\`--times 3 --size 10\` is a short run; \`--no-write\` leaves this page as it is. The row about the stack \`dev\` needs a Docker
daemon that belongs to the tests (\`TEST_DOCKER_HOST\`), the one about \`npm start\` the sandbox's ports.

| What | Against | Goal: at most | Measured |
| --- | --- | --- | --- |
${rows.map(({ what, against, goal, measured }) => `| ${what} | ${against} | ${goal} | ${measured} |`).join("\n")}

Measured on ${cores} cores in ${rounds} rounds. A ratio is the median of the rounds, with the smallest and the largest in
parentheses. A round runs each program once, one right after the other, so other work on the machine affects all of
them alike. The first \`up\` is measured three times at most; the stacks of several sizes run once.

## The floor

An empty program has Pulumi's engine, its language host and one Node.js process with Pulumi's SDK. Any program with
dynamic resources adds a second process with that SDK, and one for \`random\`. Almost half of the engine's own processor time
derives the key of the stack's secrets from the passphrase: a million rounds, as its format demands.
[Quick starts](development.md#setup) keep out of the SDK what only closures and tracing need: the TypeScript compiler, npm's
resolver, the tracing libraries, source maps, and a stack trace for each promise. The empty and the idle program start without
them, as other people's programs do, so a ratio can be below 1.

The stand-in for \`random\` takes 0.17 seconds of each run's processor time, as it is a Node.js process with Pulumi's SDK; the
published plugin is a Go program. It isn't built with Go: Go's module proxy doesn't serve the published plugin's module, and
building the upstream provider with Pulumi's bridge would add minutes to the first start, as the Docker plugin
does, on the machines that can't download the published one.

## Where a goal is not reached

- **The first \`up\` against its requests alone.** Pulumi's engine, its language host and three Node.js processes have to start,
  which an empty program's \`up\` shows. Beyond that, each resource costs the engine a registration and two saves of the state.
- **The first \`up\` against a command per object.** The sandbox's Django starts in half a second, so seven commands take only
  seconds, as long as two starts of Pulumi. A command starts all of the server's code each time: \`manage.py shell\` takes 8
  seconds with the real MITx Online and 5 with MIT xPro (August 2026, same machine), and a first \`up\` of the real MITx Online
  with the sandbox's Open edX takes 3. Seven such commands are 56 seconds: 19 times as long.
- **\`preview\` of \`dev\`.** The goal leaves no room for a preview's own work: the plan of some forty resources, for which the
  Docker plugin has to start. The questions take two rounds: Tutor (all at once) beside Compose (for the project as it is, then
  with its variables), then Docker. Each starts a process, and together they keep two cores busy for most of that time.
- **Requests.** \`refresh\` and \`destroy\` take one more each if the provider configurations don't start at the same time:
  they share a list if they do. Signing in loads the sign-in page first, because a password must not go to another server.
- **The tests.** \`npm test\` without Docker takes 7 minutes and 40 seconds instead of 6, and keeps both cores busy for most of
  that: 14 minutes of processor time. Of these, some 145 runs of the real engine take 4, the sandbox's servers another 4, Jest's
  own processes 3, and types, lint and Chromium one each. [How long they take](development.md#duration-of-the-tests).

## Refresh asks for each object

A list in the Django admin shows only some fields and no secrets, so it could report a changed object as unchanged.
\`refresh\` therefore reads each object's form.
`;
}
