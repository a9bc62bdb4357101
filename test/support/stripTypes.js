import { stripTypeScriptTypes } from "node:module";

/** Jest's transformer for TypeScript: Node.js strips the types, as it does when it runs the program. */
export default {
    /** @param {string} source */
    process: (source) => ({ code: stripTypeScriptTypes(source) }),
};
