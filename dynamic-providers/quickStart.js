/**
 * The program and the Node.js plugins load this first (`node --require`), which cuts their startup time to a third:
 * compiled code is cached on disk, and the parts of Pulumi's SDK that are rarely needed load on first use.
 */
import Module, { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

enableCompileCache(join(import.meta.dirname, "..", ".toolchain", "compile-cache"));
// Node.js writes the cache on exit, but the engine kills a plugin before that.
setInterval(flushCompileCache, 1000).unref();

/** Modules to load on first use, by the names under which Pulumi's SDK requires them. */
const onUse = new Set([
    // For serializing closures: npm's dependency resolver and the TypeScript compiler.
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

/** Modules of the SDK whose functions it passes on: the module loads with the first call of one. */
const onCall = new Set(["./closure/codePaths", "./closure/serializeClosure"]);

/**
 * Modules that are never loaded. The SDK captures a stack trace for each promise and resource, and `source-map-support`
 * would look up every line in source maps. Node.js preserves TypeScript line numbers, so only the SDK's own frames point at
 * its JavaScript. The V8 hooks listen to every script that V8 parses, to name a closure's file in a message; closure
 * serialization requires them by another name.
 * @type {Readonly<Record<string, unknown>>}
 */
const instead = {
    "source-map-support": { install: () => undefined },
    "source-map-support/register": {},
    "../../runtime/closure/v8Hooks": { isInitializedAsync: () => Promise.resolve() },
};

/** @typedef {Record<PropertyKey, ((...args: unknown[]) => unknown) | undefined>} SdkModule */

/**
 * The SDK gives each promise the stack trace of its origin, which it shows only if `PULUMI_DEBUG_PROMISE_LEAKS` is set.
 * @param {SdkModule} debuggable
 */
function withoutStackTraces(debuggable) {
    /** @param {unknown[]} args */
    const debuggablePromise = (...args) => {
        const limit = Error.stackTraceLimit;
        Error.stackTraceLimit = 0;
        try {
            return debuggable["debuggablePromise"]?.(...args);
        } finally {
            Error.stackTraceLimit = limit;
        }
    };
    return debuggable["debugPromiseLeaks"] ? debuggable : { ...debuggable, __esModule: true, debuggablePromise };
}

/** @type {{ _load: (this: void, request: string, parent?: { filename?: string | null }, ...rest: unknown[]) => unknown }} */
const loader = /** @type {never} */ (Module);
const load = loader._load;
loader._load = function (request, parent, ...rest) {
    const module = () => /** @type {SdkModule} */ (load(request, parent, ...rest));
    if (!/[\\/]@pulumi[\\/]pulumi[\\/]/.test(parent?.filename ?? "")) {
        return module();
    }
    if (request === "./debuggable") {
        return withoutStackTraces(module());
    }
    // `__esModule` makes the SDK use the object as is instead of copying its properties.
    if (onUse.has(request)) {
        return new Proxy({}, { get: (_, name) => name === "__esModule" || module()[name] });
    }
    if (onCall.has(request)) {
        /** @type {(name: PropertyKey, ...args: unknown[]) => unknown} */
        const call = (name, ...args) => module()[name]?.(...args);
        return new Proxy({}, { get: (_, name) => name === "__esModule" || call.bind(undefined, name) });
    }
    return instead[request] ?? module();
};
