import { pulumiCommand } from "./pulumiCommand.ts";

/**
 * An error that the user can act on: what is wrong, where, and what to do.
 *
 * The message never contains a secret: HTTP errors are reworded here instead of passed on, since an HTTP client's error
 * object holds headers and bodies. There is no stack trace, since the engine would print it above the message.
 */
export class ProviderError extends Error {
    override readonly name: string = "ProviderError";

    constructor(message: string) {
        super(message);
        this.stack = "";
    }
}

/** The server did not answer, or not in full, or not like the expected server; it may do so later. */
export class UnreachableError extends ProviderError {
    override readonly name = "UnreachableError";
    /**
     * Whether the request reached the server, so that it may have been carried out: look before repeating it. False means
     * that nothing accepts connections there.
     */
    readonly mayHaveSucceeded: boolean;

    constructor(message: string, mayHaveSucceeded: boolean) {
        super(message);
        this.mayHaveSucceeded = mayHaveSucceeded;
    }
}

/** Nobody can sign in, and another attempt in this run would not help. */
export class SignInError extends ProviderError {
    override readonly name: string = "SignInError";
}

/** The server refuses the user name or password. Never retried: Open edX locks the account. */
export class RefusedError extends SignInError {
    override readonly name = "RefusedError";
}

/** The server accepts no more sign-ins for a while, whether or not the password is right. */
export class TooManySignInsError extends SignInError {
    override readonly name = "TooManySignInsError";
}

/** The session or a form's CSRF token is no longer valid. The server did nothing: load the page again. */
export class ExpiredError extends ProviderError {
    override readonly name = "ExpiredError";
}

/** The server's own validation messages for a form it rejected. */
export class FormError extends ProviderError {
    override readonly name = "FormError";
    /** Messages by form field name; `""` holds those that belong to no single field. */
    readonly fields: ReadonlyMap<string, string>;

    constructor(where: string, fields: ReadonlyMap<string, string>) {
        const messages = [...fields].map(([field, message]) => (field === "" ? message : `${field}: ${message}`));
        super(`${where} was refused by the server: ${messages.join("; ")}`);
        this.fields = fields;
    }
}

/** Objects exist that this program did not create, where it has to create one. */
export class AlreadyExistsError extends ProviderError {
    override readonly name = "AlreadyExistsError";
}

/** An object with that name exists, and nothing shows that this program created it. */
export function alreadyExistsError(what: string, page: string): AlreadyExistsError {
    return new AlreadyExistsError(
        `${what} already exists and was not created by this stack: ${page}. ` +
            `Delete it there, or set adopt: true (${pulumiCommand("config set adopt true")}) to take it over (destroy then ` +
            "restores its former values).",
    );
}

/**
 * Saves what was created so far when a later step of a create fails, so that the next `up` continues from there. The engine
 * recognizes the three fields.
 */
export class PartlyCreatedError extends ProviderError {
    override readonly name = "PartlyCreatedError";
    readonly id: string;
    readonly properties: object;
    readonly reasons: string[];

    constructor(id: string, properties: object, reason: string) {
        super(reason);
        this.id = id;
        this.properties = properties;
        this.reasons = [reason];
    }
}

/**
 * Runs an operation that begins by looking at what is there, and runs it once more if a response was lost: the second run
 * finds what the first one may have done.
 */
export async function retryOnceIfLost<Result>(operation: () => Promise<Result>): Promise<Result> {
    try {
        return await operation();
    } catch (error) {
        if (error instanceof UnreachableError && error.mayHaveSucceeded) {
            return operation();
        }
        throw error;
    }
}
