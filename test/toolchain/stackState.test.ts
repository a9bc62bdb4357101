import { describe, expect, test } from "@jest/globals";
import { revealingOptions } from "../../toolchain/runPulumi.ts";
import { withoutNeedlessSalt } from "../../toolchain/stackSettings.ts";
import { hasFinishedCreations, type State } from "../../toolchain/stackState.ts";

const urn = "urn:pulumi:dev::project::openedx:Site::example.com";

function state(resources: string[], pending: { type: string; resource: { urn: string } }[]): State {
    return {
        checkpoint: {
            latest: { resources: resources.map((made) => ({ urn: made, type: "t" })), pending_operations: pending },
        },
    };
}

describe("an interrupted creation", () => {
    const creating = { type: "creating", resource: { urn } };

    test("is finished when its resource is in the state", () => {
        expect(hasFinishedCreations(state([urn], [creating]))).toBe(true);
    });

    test("is not finished if that is missing, or is another one's", () => {
        const other = { type: "creating", resource: { urn: `${urn}.other` } };
        expect(hasFinishedCreations(state([], [creating]))).toBe(false);
        expect(hasFinishedCreations(state([urn], [creating, other]))).toBe(false);
    });

    test("is left alone beside an operation of another kind: a run may be under way", () => {
        expect(hasFinishedCreations(state([urn], [creating, { type: "updating", resource: { urn } }]))).toBe(false);
    });

    test("a state without any has nothing to clear", () => {
        expect(hasFinishedCreations(state([urn], []))).toBe(false);
        expect(hasFinishedCreations({ checkpoint: {} })).toBe(false);
    });
});

describe("the salt in a stack's settings", () => {
    const config = "config:\n  # Ours.\n  project:adopt: true\n";

    test.each([
        ["at the start", `encryptionsalt: v1:abc=:v1:d/e==\n${config}`, config],
        ["at the end, without a line end", `${config}encryptionsalt: v1:abc`, config],
        ["between comments", `# One.\nencryptionsalt: "v1:abc"\n# Two.\n${config}`, `# One.\n# Two.\n${config}`],
        ["not there", config, config],
    ])("is removed if no secret needs it: %s", (_, text, expected) => {
        expect(withoutNeedlessSalt(text)).toBe(expected);
    });

    test.each([
        "config:\n  project:password:\n    secure: v1:xyz\nencryptionsalt: v1:abc\n",
        "encryptionsalt: v1:abc\nconfig:\n  project:servers:\n    - password: { secure: v1:xyz }\n",
    ])("stays with a secret", (text) => {
        expect(withoutNeedlessSalt(text)).toBe(text);
    });

    test("a comment or a value that only looks like one stays", () => {
        const text = "# encryptionsalt: v1:abc\nconfig:\n  project:lmsUsername: |\n    encryptionsalt: x\n";
        expect(withoutNeedlessSalt(text)).toBe(text);
    });
});

test.each([
    [["up", "--debug"], ["--debug"]],
    [["up", "-d"], ["-d"]],
    [["up", "-yfd"], ["-yfd"]],
    [
        ["-v=9", "--logtostderr", "up"],
        ["-v=9", "--logtostderr"],
    ],
    [
        ["-v9", "--verbose=11", "preview"],
        ["-v9", "--verbose=11"],
    ],
    [
        ["up", "--logflow", "-v", "9"],
        ["--logflow", "-v"],
    ],
    [["up", "--stack", "dev", "-sdev", "-y", "--diff", "destroy", "--target-dependents"], []],
])("options by which Pulumi prints secrets: %j", (args, expected) => {
    expect(revealingOptions(args)).toEqual(expected);
});
