import { afterEach, expect, test } from "@jest/globals";
import { PULUMI_COMMAND, pulumiCommand } from "../../dynamic-providers/pulumiCommand.ts";

afterEach(() => {
    Reflect.deleteProperty(process.env, PULUMI_COMMAND);
});

test("a user who calls pulumi reads pulumi", () => {
    expect(pulumiCommand("config set adopt true")).toBe("pulumi config set adopt true");
});

test("a user of the project's commands reads these, with the stack that was named", () => {
    process.env[PULUMI_COMMAND] = "npm run pulumi -- ARGUMENTS --stack dev";

    expect(pulumiCommand("config set lmsUrl $&")).toBe("npm run pulumi -- config set lmsUrl $& --stack dev");
});
