import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const TYPES = "application/vnd.docker";

/** An image in a registry on this machine. */
export interface ServedImage {
    /** With tag and digest, as in the applications' Compose files. */
    readonly name: string;
    /** Stops the registry. */
    close(): void;
}

/**
 * A registry with one image, because Docker knows the digest of pulled images only. Its program exits successfully right
 * away; `init: true` provides it.
 */
export async function serveImage(): Promise<ServedImage> {
    const layer = Buffer.alloc(1024);
    const config = json({
        architecture: "amd64",
        os: "linux",
        config: { Cmd: ["/sbin/docker-init", "--version"] },
        rootfs: { type: "layers", diff_ids: [digestOf(layer)] },
    });
    const manifest = json({
        schemaVersion: 2,
        mediaType: `${TYPES}.distribution.manifest.v2+json`,
        config: { mediaType: `${TYPES}.container.image.v1+json`, size: config.length, digest: digestOf(config) },
        layers: [{ mediaType: `${TYPES}.image.rootfs.diff.tar`, size: layer.length, digest: digestOf(layer) }],
    });
    const blobs = new Map([layer, config, manifest].map((blob) => [digestOf(blob), blob]));
    const server = createServer(({ url = "" }, response) => {
        const digest = url.replace(/.*\//, "");
        const blob = digest === "" ? json({}) : blobs.get(digest);
        response.writeHead(blob === undefined ? 404 : 200, {
            "content-type": blob === manifest ? `${TYPES}.distribution.manifest.v2+json` : "application/octet-stream",
            "docker-content-digest": digest,
        });
        response.end(blob);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
        name: `127.0.0.1:${(server.address() as AddressInfo).port}/job:1@${digestOf(manifest)}`,
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

function json(value: object): Buffer {
    return Buffer.from(JSON.stringify(value));
}

function digestOf(content: Buffer): string {
    return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
