import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { answerOf, lastLines, runCommand } from "../../dynamic-providers/command.ts";
import { ProviderError } from "../../dynamic-providers/errors.ts";
import { type FakeCommands, fakeCommands } from "../support/fakeCommands.ts";

let commands: FakeCommands;
beforeEach(async () => {
    commands = await fakeCommands();
    await commands.make("tool", {
        greet: "echo; echo '  hello  '; echo",
        read: "cat",
        count: "seq 1 12; echo failed >&2; exit 3",
        "swallow the password": "cat >/dev/null; echo refused >&2; exit 1",
        "run first": "echo no >&2; exit 1",
        say: "echo one; echo two >&2; echo three",
    });
});
afterEach(() => commands.remove());

describe("a command", () => {
    test("returns what it prints, without surrounding whitespace", async () => {
        await expect(runCommand("tool", ["greet"])).resolves.toBe("hello");
    });

    test("reads its input, or nothing if there is none", async () => {
        await expect(runCommand("tool", ["read"], { input: "from here" })).resolves.toBe("from here");
        await expect(runCommand("tool", ["read"])).resolves.toBe("");
    });

    test("that fails throws an error with its exit code and the last ten lines of its output", async () => {
        const error: unknown = await runCommand("tool", ["count"]).catch((reason: unknown) => reason);

        expect(error).toBeInstanceOf(ProviderError);
        expect((error as Error).message.split("\n    ")).toStrictEqual([
            "tool count failed (exit code 3):",
            ...["4", "5", "6", "7", "8", "9", "10", "11", "12", "failed"],
        ]);
    });

    test("that fails does not show its input in the error, because it may be a secret", async () => {
        const error: unknown = await runCommand("tool", ["swallow the password"], { input: "hunter2" }).catch(
            (reason: unknown) => reason,
        );

        expect((error as Error).message).toBe("tool swallow the password failed (exit code 1):\n    refused");
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
    });

    test("that fails shows only the first line of a program passed as an argument in the error", async () => {
        await expect(runCommand("tool", ["run", "first line\nsecond line"])).rejects.toThrow(
            /^tool run first line failed \(exit code 1\):\n {4}no$/,
        );
    });

    test("streams its output if requested, and still returns it", async () => {
        const log = jest.spyOn(console, "log").mockReturnValue();

        await expect(runCommand("tool", ["say"], { show: true })).resolves.toBe("one\nthree");

        expect(log.mock.calls.flat().sort()).toStrictEqual(["one", "three", "two"]);
        log.mockClear();
        await runCommand("tool", ["say"]);
        expect(log).not.toHaveBeenCalled();
        log.mockRestore();
    });

    test("that streams its output includes it in the error too", async () => {
        const log = jest.spyOn(console, "log").mockReturnValue();

        await expect(runCommand("tool", ["count"], { show: true })).rejects.toThrow(/ {4}12\n {4}failed$/);
        log.mockRestore();
    });

    test("that does not exist throws an error that says so, for Tutor with the key of its path", async () => {
        await expect(runCommand("no-such-command", [])).rejects.toThrow(
            /^Command not found: no-such-command\. Install it\.$/,
        );
        await expect(runCommand("/opt/no/tutor", [])).rejects.toThrow(
            "Command not found: /opt/no/tutor. Install Tutor (https://docs.tutor.edly.io/install.html), or set its path: pulumi config set tutor PATH",
        );
    });
});

test("the end of a command's output is its last ten lines, from stdout and stderr", () => {
    const stdout = Array.from({ length: 12 }, (_, index) => `line ${index + 1}`).join("\n");

    expect(lastLines({ stdout, stderr: "failed\n" }).split("\n    ")).toStrictEqual([
        ...["line 4", "line 5", "line 6", "line 7", "line 8", "line 9", "line 10", "line 11", "line 12", "failed"],
    ]);
});

test("asking how a command ended does not throw, even if the command does not exist", async () => {
    await expect(answerOf("tool", ["count"])).resolves.toMatchObject({ failed: true, exitCode: 3, stderr: "failed" });
    await expect(answerOf("tool", ["greet"], { cwd: "/", env: { NAME: "x" } })).resolves.toStrictEqual({
        failed: false,
        exitCode: 0,
        code: undefined,
        stdout: "hello",
        stderr: "",
    });
    await expect(answerOf("no-such-command", [])).resolves.toMatchObject({
        failed: true,
        exitCode: undefined,
        code: "ENOENT",
    });
});
