/** A row of the table. */
export interface Row {
    readonly what: string;
    readonly against: string;
    /** At most this. */
    readonly goal: string;
    readonly measured: string;
}

/** The text of `docs/performance.md`. */
export function pageOf(rows: readonly Row[], { rounds, cores }: { rounds: number; cores: number }): string {
    return `# Performance

\`npm run bench\` measures this and writes this page. It starts its own servers. The stack of 500 takes long.
\`--times 3 --size 10\` is a short run; \`--no-write\` leaves this page as it is.

| What | Against | Goal: at most | Measured |
| --- | --- | --- | --- |
${rows.map(({ what, against, goal, measured }) => `| ${what} | ${against} | ${goal} | ${measured} |`).join("\n")}

Measured on ${cores} cores in ${rounds} rounds. A ratio is the median of the rounds, with the smallest and the largest in
parentheses. A round runs each program once, one right after the other, so other work on the machine affects all of
them alike. The stacks of several sizes run once.

## The floor

An empty program has Pulumi's engine, its language host and one Node.js process with Pulumi's SDK. Any program with
dynamic resources adds a second process with that SDK, and one for \`random\`.
[Quick starts](development.md#set-up) keep out of the SDK what only closures and tracing need: the TypeScript compiler, npm's
resolver, the tracing libraries and source maps. The empty and the idle program start without them, as other people's programs do,
so a ratio can be below 1.

## Not measured yet

- The first \`up\` against bare requests, and against a \`manage.py\` command for each object.
- Slow servers, servers that allow two connections, \`preview\` of \`dev\`, and \`npm start\` with everything cached.

## Where a goal is not reached

- \`up\` makes two more requests than the goal, \`destroy\` four, and \`refresh\` one. A change of a provider configuration reads a
  small page to clear the admin's pending messages, then refreshes the LMS's cached list of providers: Open edX would
  otherwise offer the old providers for ten minutes. \`refresh\` also checks that no other OAuth application has the same name.
- The provider's memory grows with the stack; the cause is not known yet.

## Refresh asks for each object

A list in the Django admin shows only some fields and no secrets, so it could report a changed object as unchanged.
\`refresh\` therefore reads each object's form.
`;
}
