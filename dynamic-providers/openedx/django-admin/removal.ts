import { FormError, ProviderError } from "../../errors.ts";
import { pulumiCommand } from "../../pulumiCommand.ts";
import type { FieldValue } from "./form.ts";
import type { AdminSession } from "./session.ts";

/**
 * Deletes an object, for instance `/admin/oauth2_provider/application/5/`; no error if it is already gone.
 *
 * @param what - the object in words, for instance `OAuth application "a"`.
 * @throws ProviderError if the server keeps it.
 */
export async function removeOrFail(session: AdminSession, path: string, what: string): Promise<void> {
    if (!(await session.remove(path))) {
        throw new ProviderError(
            `${what} can't be deleted, because protected objects refer to it: ${session.url(`${path}delete/`)} lists them. ` +
                "Delete those first, then run the command again.",
        );
    }
}

/**
 * Restores an adopted object's former values; no error if the object is gone. Values that the server no longer accepts are
 * left alone, as few of them as possible, and a warning lists them.
 *
 * @param page - the object's page, and the id of the form on it.
 * @param former - the former values by field.
 * @param least - the fields that must be restored in any case.
 * @throws ProviderError if the server refuses even those.
 */
export async function restoreFormerValues(
    session: AdminSession,
    { path, formId }: { readonly path: string; readonly formId: string },
    former: Readonly<Record<string, FieldValue>>,
    least: readonly string[],
): Promise<void> {
    let refusal: FormError | undefined;
    for (const fields of attempts(Object.keys(former), least, () => refusal)) {
        const form = await session.form(path, formId);
        if (form === undefined) {
            return;
        }
        form.fill(Object.fromEntries(Object.entries(former).filter(([field]) => fields.includes(field))));
        try {
            if (form.differs()) {
                await session.save(form);
            }
            const left = Object.keys(former).filter((field) => form.has(field) && !fields.includes(field));
            if (refusal !== undefined && left.length > 0) {
                console.warn(
                    `${refusal.message} These fields still have the stack's values: ${left.join(", ")}. ` +
                        `All others have their former values. Change them there: ${session.url(path)}`,
                );
            }
            return;
        } catch (error) {
            if (!(error instanceof FormError)) {
                throw error;
            }
            refusal ??= error;
        }
    }
    throw new ProviderError(
        `${refusal?.message ?? path} Its former values can't be restored. Change or delete it there: ` +
            `${session.url(path)}. Then run ${pulumiCommand("state delete URN")}`,
    );
}

/** Which fields to try: all, all but those that the server complained about, all but one, and the minimum. */
function* attempts(
    all: readonly string[],
    least: readonly string[],
    refusal: () => FormError | undefined,
): Generator<readonly string[]> {
    yield all;
    const optional = all.filter((field) => !least.includes(field));
    const named = optional.filter((field) => refusal()?.fields.has(field));
    if (named.length > 0) {
        yield all.filter((field) => !named.includes(field));
    } else {
        for (const one of optional) {
            yield all.filter((field) => field !== one);
        }
    }
    yield least;
}
