import { expect, test } from "@jest/globals";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expectFreePorts } from "./ports.ts";

test("a port in use is reported immediately", async () => {
    const server = createServer().listen(0, "0.0.0.0");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;

    await expect(expectFreePorts([port])).rejects.toThrow(`in use on this machine: ${port}. Stop what has them`);
    server.close();
    await once(server, "close");
    await expect(expectFreePorts([port])).resolves.toBeUndefined();
});
