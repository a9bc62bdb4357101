/** Creates everything that the tests with Docker need, so that they don't have to wait for it. */
import { prepareDocker } from "./environment.ts";

// The daemon may have its own network, in which only the tests run.
const environment = await prepareDocker({ checksPorts: false });
await environment.release();
