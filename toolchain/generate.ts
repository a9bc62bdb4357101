/**
 * `npm run generate`: writes what is generated from the configuration's schema and from the causes `npm run verify` reports.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatedFiles } from "./generated.ts";
import { project } from "./pulumi.ts";

for (const [path, text] of Object.entries(await generatedFiles())) {
    await writeFile(join(project, path), text);
    console.log(path);
}
