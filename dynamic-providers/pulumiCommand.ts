/**
 * The environment variable by which the project's own commands say how they are called: a command line in which
 * `ARGUMENTS` stands for Pulumi's arguments, for instance `npm run pulumi -- ARGUMENTS --stack dev`. Not set where the
 * user calls `pulumi` directly.
 */
export const PULUMI_COMMAND = "OPENEDX_PULUMI_COMMAND";

/**
 * A Pulumi command to type, as this user runs Pulumi. Every message that names one uses this.
 *
 * @param args - Pulumi's arguments, for instance `config set adopt true`.
 * @returns for instance `npm run pulumi -- config set adopt true`, or `pulumi config set adopt true`.
 */
export function pulumiCommand(args: string): string {
    // A function, as replace() would read "$&" and the like in a text.
    return (process.env[PULUMI_COMMAND] ?? "pulumi ARGUMENTS").replace("ARGUMENTS", () => args);
}
