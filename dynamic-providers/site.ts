import * as pulumi from "@pulumi/pulumi";
import type { Connection, ConnectionArgs } from "./connection.ts";
import { ThinResource } from "./thinResource.ts";

/** The provider's inputs after `check`. */
export interface SiteInputs {
    readonly connection: Connection;
    /** The host by which requests find the site, with the port where it is not 80: `local.openedx.io:8000`. */
    readonly domain: string;
    /** The name given to a site that is made here, and by which it is known again: 50 characters at most. */
    readonly displayName: string;
}

/** The provider's outputs. */
export interface SiteOutputs extends SiteInputs {
    /** Whether the site was made here, and so goes with the stack. */
    readonly created: boolean;
}

/** The arguments of {@link Site}. */
export interface SiteArgs {
    readonly connection: ConnectionArgs;
    readonly domain: pulumi.Input<string>;
    readonly displayName: pulumi.Input<string>;
}

/**
 * A site of the LMS (`/admin/sites/site/`): found as it is, or made where it is missing.
 *
 * Id: the site's primary key. Only a site that was made here is deleted, and the LMS keeps one as long as provider
 * configurations refer to it: these can't be deleted.
 *
 * Source: handbook, "Open edX Provider Configuration" steps 5 and 6.
 */
export class Site extends ThinResource {
    declare readonly domain: pulumi.Output<string>;
    declare readonly created: pulumi.Output<boolean>;

    constructor(name: string, args: SiteArgs, opts?: pulumi.CustomResourceOptions) {
        super("openedx:Site", name, { created: undefined, ...args }, opts);
    }
}
