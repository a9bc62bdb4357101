/** `npm run generate`: writes what is made from the configuration's schema and from the causes that `npm run verify` names. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedFiles } from "./generated.ts";
import { project } from "./pulumi.ts";

for (const [path, text] of Object.entries(await generatedFiles())) {
    await writeFile(join(project, path), text);
    console.log(path);
}
