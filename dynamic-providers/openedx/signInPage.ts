import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { connectionFields } from "./connection.ts";
import { patience, resourceType, type ArgsOf, type InputsOf, type OutputsOf } from "../resourceType.ts";
import { ThinResource } from "../thinResource.ts";

/** The definition of {@link SignInPage}. */
export const signInPage = resourceType({
    name: "openedx:SignInPage",
    description: "Waits until a server shows its admin's sign-in page",
    inputs: {
        kind: connectionFields.kind.meta({ description: "How the server signs in", replaces: true }),
        baseUrl: connectionFields.baseUrl.meta({
            description: "The server's address, for instance `http://mitxonline.odl.local:8013`",
            replaces: true,
        }),
        servedBy: z.string().meta({
            description: "Changes with whatever serves the page; every change waits again",
        }),
        patienceSeconds: patience(900, "a first start migrates the database"),
    },
});

/** The provider's inputs after `check`. */
export type SignInPageInputs = InputsOf<typeof signInPage>;

/** The provider's outputs. */
export type SignInPageOutputs = OutputsOf<typeof signInPage>;

/** The arguments of {@link SignInPage}. */
export type SignInPageArgs = ArgsOf<typeof signInPage>;

/**
 * A check that a server shows the page where its admin's users sign in: only then is it up, with its database migrated.
 * Create waits; a server that does not respond counts as gone. It creates nothing on the server and signs nobody in.
 *
 * Id: the server's address. Source: handbook, "MIT xPro/MITx Online Setup" step 2.
 */
export class SignInPage extends ThinResource {
    constructor(name: string, args: SignInPageArgs, opts?: pulumi.CustomResourceOptions) {
        super(signInPage, name, args, opts);
    }
}
