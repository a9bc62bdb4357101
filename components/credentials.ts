import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { childNames } from "./childNames.ts";

/** The client id and secret of an OAuth application. */
export interface ClientCredentials {
    readonly clientId: pulumi.Output<string>;
    /** Secret. */
    readonly clientSecret: pulumi.Output<string>;
}

/** The arguments of {@link Credentials}. */
export interface CredentialsArgs {
    /** The password of Open edX's superuser (secret); `undefined` to generate one. */
    readonly openEdxPassword: pulumi.Output<string> | undefined;
    /** The password of the MIT application's superuser, likewise (secret). */
    readonly applicationPassword: pulumi.Output<string> | undefined;
    /** Whether the application is behind APISIX. */
    readonly hasApisix: boolean;
}

/**
 * Every id, secret and password of the integration, generated before anything else, so that both servers can be set up in
 * parallel and nothing has to be read back from them. Letters and digits only, because they go through `.env` files, forms
 * and shells.
 */
export class Credentials extends pulumi.ComponentResource {
    /** The MIT application as a client of Open edX. */
    readonly applicationAsClient: ClientCredentials;
    /** Open edX as a client of the MIT application. */
    readonly openEdxAsClient: ClientCredentials;
    /** The service worker's access token (secret). */
    readonly serviceWorkerToken: pulumi.Output<string>;
    /** The service worker's password (secret); the MIT application only needs the token. */
    readonly serviceWorkerPassword: pulumi.Output<string>;
    /** The password of the superuser who signs in to Open edX: from the configuration, or generated (secret). */
    readonly openEdxPassword: pulumi.Output<string>;
    /** The password of the superuser who signs in to the MIT application, likewise (secret). */
    readonly applicationPassword: pulumi.Output<string>;
    /** The key for APISIX's session cookies (secret), if there is an APISIX. */
    readonly apisixSessionSecret: pulumi.Output<string> | undefined;

    constructor(name: string, args: CredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("openedx-mit:index:Credentials", name, {}, opts);
        const named = childNames(name, "credentials");
        const id = (of: string) => new random.RandomString(named(of), lettersAndDigits(40), { parent: this }).result;
        const secret = (of: string, length: number) =>
            new random.RandomPassword(named(of), lettersAndDigits(length), { parent: this }).result;

        this.applicationAsClient = {
            clientId: id("open-edx-client-id"),
            clientSecret: secret("open-edx-client-secret", 64),
        };
        this.openEdxAsClient = {
            clientId: id("application-client-id"),
            clientSecret: secret("application-client-secret", 64),
        };
        this.serviceWorkerToken = secret("service-worker-token", 64);
        this.serviceWorkerPassword = secret("service-worker-password", 40);
        this.openEdxPassword = args.openEdxPassword ?? secret("open-edx-superuser-password", 40);
        this.applicationPassword = args.applicationPassword ?? secret("application-superuser-password", 40);
        this.apisixSessionSecret = args.hasApisix ? secret("apisix-session-secret", 32) : undefined;
        this.registerOutputs({
            clientIds: { openEdx: this.applicationAsClient.clientId, application: this.openEdxAsClient.clientId },
        });
    }
}

function lettersAndDigits(length: number): random.RandomPasswordArgs {
    return { length, special: false };
}
