import type * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface OfferedBackendInputs {
    readonly connection: Connection;
    /** The backend's name, for instance `ol-oauth2`. */
    readonly backendName: string;
    /** The version of the LMS's settings and of its start: with another one it is waited for anew. */
    readonly settings: string;
    /** For how long, in seconds. */
    readonly patienceSeconds: number;
}

/** The provider's outputs. */
export type OfferedBackendOutputs = OfferedBackendInputs;

/** The arguments of {@link OfferedBackend}. */
export interface OfferedBackendArgs {
    readonly connection: ConnectionArgs;
    readonly backendName: pulumi.Input<string>;
    readonly settings: pulumi.Input<string>;
    /** Default: 300, as a restart of the LMS takes minutes. */
    readonly patienceSeconds?: pulumi.Input<number>;
}

/**
 * That the LMS offers a backend for provider configurations, and does not merely answer: its settings and packages are
 * live. Creating it waits; one that is no longer offered is gone. It makes nothing on the server.
 *
 * Id: the backend's name. Source: handbook, "Open edX Provider Configuration" steps 2 to 4.
 */
export class OfferedBackend extends ThinResource {
    declare readonly backendName: pulumi.Output<string>;

    constructor(name: string, args: OfferedBackendArgs, opts?: pulumi.CustomResourceOptions) {
        super("openedx:OfferedBackend", name, { ...args }, opts);
    }
}
