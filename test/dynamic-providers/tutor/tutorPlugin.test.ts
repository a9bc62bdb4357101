/** The life of the plugin's file; `test/tutor/tutorPlugin.test.ts` tests the plugin with the real Tutor. */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { provider } from "../../../dynamic-providers/tutor/tutorPlugin.provider.ts";
import { enabledPlugins } from "../../../dynamic-providers/tutor/tutor.ts";
import { restoreTutorConfigurations } from "../../../dynamic-providers/tutor/tutorConfiguration.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { ManagedResource } from "../../support/engine.ts";
import { fakeCommands } from "../../support/fakeCommands.ts";
import { describeLife } from "../../support/lifeCycle.ts";

const cleanUp = cleanUpIn(afterAll);
const args = { tutor: "tutor", name: "mit-integration", text: "# project/stack\nhooks = 1\n" };

/** Creates a fake Tutor that can enable one plugin at a time; returns its project root. */
async function makeTutor(): Promise<string> {
    const { folder, make, remove } = await fakeCommands();
    cleanUp(remove);
    const root = join(folder, "root");
    const config = join(root, "config.yml");
    await mkdir(root);
    await writeFile(config, "PLUGINS: []\n");
    await make("tutor", {
        "config printroot": `echo '${root}'`,
        "plugins printroot": `echo '${join(folder, "plugins")}'`,
        "plugins enable": `printf 'PLUGINS:\\n- %s\\n' "$3" >'${config}'`,
        "--root": `echo 'PLUGINS: []' >'${config}'`,
    });
    return root;
}

let root: string;

describeLife("tutor:Plugin", {
    provider,
    args: async () => {
        root = await makeTutor();
        return args;
    },
    inputs: {
        tutor: { to: () => join(root, "..", "tutor"), does: "update" },
        name: { to: "mit-other", does: "replace" },
        text: {
            to: "# project/stack\nhooks = 2\n",
            does: "update",
            byHand: (id) => appendFile(id, "# by hand\n"),
        },
    },
    loseByHand: (id) => rm(id),
    look: async (id) =>
        existsSync(id) ? { text: await readFile(id, "utf8"), enabled: await enabledPlugins(root) } : undefined,
});

test("the backup of Tutor's configuration lasts as long as the plugin", async () => {
    const config = join(await makeTutor(), "config.yml");
    const plugin = await ManagedResource.up(provider, args);
    await writeFile(config, "");
    await restoreTutorConfigurations();
    await expect(readFile(config, "utf8")).resolves.not.toBe("");
    await plugin.destroy();
    await writeFile(config, "");
    await restoreTutorConfigurations();
    await expect(readFile(config, "utf8")).resolves.toBe("");
});
