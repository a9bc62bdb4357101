/** Makes everything that the tests with Docker need, so that they don't have to wait for it. */
import { prepareDocker } from "./environment.ts";

const environment = await prepareDocker();
await environment.release();
