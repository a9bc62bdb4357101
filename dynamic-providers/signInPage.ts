import type * as pulumi from "@pulumi/pulumi";
import type { Connection } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface SignInPageInputs {
    readonly kind: Connection["kind"];
    /** The server's address, for instance `http://mitxonline.odl.local:8013`. */
    readonly baseUrl: string;
    /** The version of what serves it: with another one the page is waited for anew. */
    readonly servedBy: string;
    /** For how long, in seconds. */
    readonly patienceSeconds: number;
}

/** The provider's outputs. */
export type SignInPageOutputs = SignInPageInputs;

/** The arguments of {@link SignInPage}. */
export interface SignInPageArgs {
    readonly kind: Connection["kind"];
    readonly baseUrl: pulumi.Input<string>;
    readonly servedBy: pulumi.Input<string>;
    /** Default: 900, as a first start migrates the database. */
    readonly patienceSeconds?: pulumi.Input<number>;
}

/**
 * That a server answers with the page on which its admin's users sign in: only then it is up, its database migrated.
 * Creating it waits; one that does not answer is gone. It makes nothing on the server and signs nobody in.
 *
 * Id: the server's address. Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class SignInPage extends ThinResource {
    constructor(name: string, args: SignInPageArgs, opts?: pulumi.CustomResourceOptions) {
        super("openedx:SignInPage", name, { ...args }, opts);
    }
}
