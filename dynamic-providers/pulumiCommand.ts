/**
 * The environment variable in which the project's own commands say how they are called: a command line in which `ARGUMENTS`
 * stands for Pulumi's arguments, for instance `npm run pulumi -- ARGUMENTS --stack dev`. Not set if the user runs `pulumi`
 * directly.
 */
export const PULUMI_COMMAND = "OPENEDX_PULUMI_COMMAND";

/**
 * A Pulumi command to type, the way this user runs Pulumi. Every message that mentions a Pulumi command uses this.
 *
 * @param args - Pulumi's arguments, for instance `config set adopt true`.
 * @returns for instance `npm run pulumi -- config set adopt true`, or `pulumi config set adopt true`.
 */
export function pulumiCommand(args: string): string {
    // A function, because replace() would interpret "$&" and the like in a string.
    return (process.env[PULUMI_COMMAND] ?? "pulumi ARGUMENTS").replace("ARGUMENTS", () => args);
}
