/**
 * Takes the place of what Pulumi's SDK loads for closures, tracing and the Automation API, as
 * `dynamic-providers/quickStart.js` does for a run: loading it takes a second in each test file.
 */
module.exports = new Proxy(
    {},
    {
        get(_, name) {
            if (name === "__esModule") {
                return true;
            }
            throw new Error(`A test uses ${String(name)} of a module that jest.config.js leaves out.`);
        },
    },
);
