/**
 * Loaded first by the program and by the plug-ins that run on Node.js (`node --require`), which then start in a third of
 * the time: the compiled code stays on disk, and what Pulumi's SDK needs only to take closures apart is loaded when it is
 * used. That is the TypeScript compiler and npm's resolver of dependencies; nothing of this project uses them.
 */
import Module, { enableCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "..", ".toolchain", "compile-cache"));

/** As Pulumi's SDK asks for them. */
const onUse = ["@npmcli/arborist", "../../typescript-shim"];

/** @type {{ _load: (this: void, request: string, ...rest: unknown[]) => unknown }} */
const loader = /** @type {never} */ (Module);
const load = loader._load;
loader._load = function (request, ...rest) {
    const module = () => /** @type {Record<PropertyKey, unknown>} */ (load(request, ...rest));
    // `__esModule` has the SDK take the object as it is, without a copy of its properties.
    return onUse.includes(request)
        ? new Proxy({}, { get: (_, name) => name === "__esModule" || module()[name] })
        : module();
};
