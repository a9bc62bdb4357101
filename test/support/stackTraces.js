/**
 * Stack traces as V8 writes them. Jest would look up every frame in source maps, and the types that Node.js strips leave
 * each line where it is. Pulumi's SDK captures a stack trace for each promise, which was a third of the work of the tests
 * of components.
 */
Error.prepareStackTrace = (error, frames) => [`${error}`, ...frames.map(String)].join("\n    at ");
