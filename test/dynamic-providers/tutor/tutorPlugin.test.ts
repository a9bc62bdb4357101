/** What the plug-in's file goes through; `test/tutor/tutorPlugin.test.ts` tests it with the real Tutor. */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { provider } from "../../../dynamic-providers/tutor/tutorPlugin.provider.ts";
import { enabledPlugins } from "../../../dynamic-providers/tutor/tutor.ts";
import { cleanUpIn } from "../../support/cleanUp.ts";
import { fakeCommands } from "../../support/fakeCommands.ts";
import { describeLife } from "../../support/lifeCycle.ts";

const cleanUp = cleanUpIn(afterAll);
const text = "# project/stack\nhooks = 1\n";
let root: string;

describeLife("tutor:Plugin", {
    provider,
    /** With a Tutor that knows one plug-in at a time. */
    args: async () => {
        const { folder, make, remove } = await fakeCommands();
        cleanUp(remove);
        root = join(folder, "root");
        const config = join(root, "config.yml");
        await mkdir(root);
        await writeFile(config, "PLUGINS: []\n");
        await make("tutor", {
            "config printroot": `echo '${root}'`,
            "plugins printroot": `echo '${join(folder, "plugins")}'`,
            "plugins enable": `printf 'PLUGINS:\\n- %s\\n' "$3" >'${config}'`,
            "--root": `echo 'PLUGINS: []' >'${config}'`,
        });
        return { tutor: "tutor", name: "mit-integration", text };
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
