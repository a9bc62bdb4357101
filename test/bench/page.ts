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

\`npm run bench\` measures this and writes this page. It starts servers of its own, and takes long for the stack of 500.
\`--times 3 --size 10\` is a short run; \`--no-write\` leaves this page as it is.

| What | Against | Goal: at most | Measured |
| --- | --- | --- | --- |
${rows.map(({ what, against, goal, measured }) => `| ${what} | ${against} | ${goal} | ${measured} |`).join("\n")}

Measured on ${cores} cores in ${rounds} rounds. A ratio is the median of the rounds, with the smallest and the largest in
parentheses. A round runs each program once, one right after the other, so that what else the machine does disturbs all of
them alike. Stacks of several sizes run once.

## The floor

An empty program has Pulumi's engine, its language host and one Node.js process with Pulumi's SDK. Any program with
dynamic resources adds a second process with that SDK, and one for \`random\`.
[Quick starts](development.md#set-up) take out of the SDK what closures alone need: the TypeScript compiler and npm's resolver.

## Not measured yet

- The first \`up\` against bare requests, and against a \`manage.py\` command for each object.
- Slow servers, servers that allow two connections, \`preview\` of \`dev\`, and \`npm start\` with everything cached.

## Where a goal is not reached

- The program's own modules (its configuration, zod) and the provider's (axios, cheerio) are not in an empty program, nor in one
  whose resources do nothing.
- \`up\` has two requests more than it had, \`destroy\` four, and \`refresh\` one: a change of a provider configuration reads
  a small page to take the admin's waiting messages, and then makes the LMS's list of providers fresh, as Open edX would
  otherwise offer the former providers for ten minutes; \`refresh\` looks whether an OAuth application's name is its own.
- Why the provider's memory grows with the stack is not examined yet.

## Refresh asks for each object

A list in the Django admin shows only some fields, and no secrets. An answer from it could call an object unchanged that is not, so
\`refresh\` reads the form of each object.
`;
}
