import { afterEach, expect, test } from "@jest/globals";
import { PULUMI_COMMAND, pulumiCommand } from "../../dynamic-providers/pulumiCommand.ts";

afterEach(() => {
    Reflect.deleteProperty(process.env, PULUMI_COMMAND);
});

test("messages name pulumi to a user who runs pulumi", () => {
    expect(pulumiCommand("config set adopt true")).toBe("pulumi config set adopt true");
});

test("messages name the project's commands to a user who runs those, with the selected stack", () => {
    process.env[PULUMI_COMMAND] = "npm run pulumi -- ARGUMENTS --stack dev";

    expect(pulumiCommand("config set lmsUrl $&")).toBe("npm run pulumi -- config set lmsUrl $& --stack dev");
});
