/**
 * Loaded first by the program and by the plug-ins that run on Node.js (`node --require`), which then start in a third of
 * the time: the compiled code stays on disk, and what Pulumi's SDK seldom needs is loaded when it is used.
 */
import Module, { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "..", ".toolchain", "compile-cache"));
// Node.js writes it at the end, but the engine ends a plug-in before that.
setInterval(flushCompileCache, 1000).unref();

/** Loaded at its first use, by the names under which Pulumi's SDK asks for it. */
const onUse = new Set([
    // What takes closures apart: npm's resolver of dependencies and the TypeScript compiler.
    "@npmcli/arborist",
    "../../typescript-shim",
    "./automation",
    // For runs with --tracing.
    "@opentelemetry/exporter-zipkin",
    "@opentelemetry/instrumentation",
    "@opentelemetry/instrumentation-grpc",
    "@opentelemetry/resources",
    "@opentelemetry/sdk-trace-base",
    "@opentelemetry/sdk-trace-node",
]);

/**
 * Never loaded. The SDK makes a stack trace for each promise and resource, and `source-map-support` would look each line of
 * it up in source maps; Node.js keeps the lines of TypeScript as they are, so only the SDK's own lines are those of its
 * JavaScript. The hooks listen to every script that V8 reads, to name the file of a closure in a message; what takes
 * closures apart asks for them by another name.
 * @type {Readonly<Record<string, unknown>>}
 */
const instead = {
    "source-map-support": { install: () => undefined },
    "source-map-support/register": {},
    "../../runtime/closure/v8Hooks": { isInitializedAsync: () => Promise.resolve() },
};

/** @type {{ _load: (this: void, request: string, parent?: { filename?: string | null }, ...rest: unknown[]) => unknown }} */
const loader = /** @type {never} */ (Module);
const load = loader._load;
loader._load = function (request, parent, ...rest) {
    const module = () => /** @type {Record<PropertyKey, unknown>} */ (load(request, parent, ...rest));
    if (!/[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "")) {
        return module();
    }
    // `__esModule` has the SDK take the object as it is, without a copy of its properties.
    return onUse.has(request)
        ? new Proxy({}, { get: (_, name) => name === "__esModule" || module()[name] })
        : (instead[request] ?? module());
};
