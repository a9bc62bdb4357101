/** A program that prints how it was started. */
export const nodeArguments = process.execArgv;
export const hasCompiler = process.env["PULUMI_NODEJS_TYPESCRIPT"] === "true";
