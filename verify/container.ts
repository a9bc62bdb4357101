import { readFileSync } from "node:fs";
import { z } from "zod";
import { resolvesToLoopback } from "../preflight/checks.ts";
import { portOf } from "../config/stackConfig.ts";
import { lastAnswer, readJson } from "../dynamic-providers/command.ts";
import { composeExec, publisherOf, runningContainer } from "../dynamic-providers/docker/docker.ts";
import { ProviderError } from "../dynamic-providers/errors.ts";
import type { Side } from "./target.ts";

/** What to look at from a container. */
export interface Question {
    /** URLs to GET, without following redirects. */
    readonly urls: readonly string[];
    /** Keys of a JSON response whose values are further URLs to GET. */
    readonly follow: readonly string[];
    /** Variables and their values. They may be secret: they are passed on stdin, and no value is printed. */
    readonly environment: Readonly<Record<string, string>>;
}

const answer = z.object({ status: z.number().optional(), words: z.string() });
const sight = z.object({
    /** The container's clock, in seconds since 1970. */
    time: z.number(),
    /** By URL: the status, and the body or the error. */
    answers: z.record(z.string(), answer),
    /** The names of the variables that the container lacks or has with another value. */
    different: z.array(z.string()),
});

/** The response from one URL. Without a status there was none, and `words` is the error. */
export type SeenAnswer = z.infer<typeof answer>;

/** What a server's container sees and has. */
export type Sight = z.infer<typeof sight> & {
    /** The container's display name: `the container of lms (project tutor_dev)`. */
    readonly where: string;
    /** This machine's clock when the container was queried, in milliseconds. */
    readonly askedAt: number;
};

/**
 * Looks at the network and environment from inside a server's container on this machine, no matter who started it.
 *
 * @returns why not, in words, if there is no such container.
 * @throws ProviderError if the container can't be queried.
 */
export async function lookFromContainer(side: Side, question: Question): Promise<Sight | string> {
    const program = readFileSync(new URL("container.py", import.meta.url), "utf8");
    const start = Date.now();
    const ran = await runInContainer(side, ["python3", "-c", program], JSON.stringify(question));
    if (typeof ran === "string") {
        return ran;
    }
    const { where, output } = ran;
    const seen = lastAnswer(output.split("\n"), (line) => sight.safeParse(readJson(line)).data);
    if (seen === undefined) {
        throw new ProviderError(`${where} does not say what it sees.`);
    }
    return { ...seen, where, askedAt: start };
}

/**
 * Runs a command in a server's container on this machine, no matter who started it.
 *
 * @param input - its stdin, which may be secret.
 * @returns why not, in words, if there is no such container.
 * @throws ProviderError with the command's last output if it fails.
 */
export async function runInContainer(
    { url, container: { service } }: Side,
    command: readonly string[],
    input: string,
): Promise<{ readonly where: string; readonly output: string } | string> {
    const project = await projectBehind(url);
    if (typeof project !== "string") {
        return project.reason;
    }
    if ((await runningContainer(project, service)) === "") {
        return `the Compose project ${project} runs no ${service}`;
    }
    const output = await composeExec(project, service, command, { input, patienceSeconds: 0 });
    return { where: `the container of ${service} (project ${project})`, output };
}

/** The Compose project on this machine that publishes the port of a URL, or why there is none. */
async function projectBehind(url: string): Promise<string | { readonly reason: string }> {
    const { hostname } = new URL(url);
    if (!(await resolvesToLoopback(hostname))) {
        return { reason: `${hostname} is not this machine` };
    }
    const port = portOf(url);
    let project: string;
    try {
        project = (await publisherOf(port))?.project ?? "";
    } catch (error) {
        // Its last line is Docker's own; those before it are the command.
        const words = (error as Error).message.split("\n").at(-1) ?? "";
        return { reason: `Docker can't be asked: ${words.trim()}` };
    }
    return project === "" ? { reason: `no container of Compose has port ${port} here` } : project;
}
