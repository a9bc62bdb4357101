import { defineProvider } from "../crud.ts";
import { ProviderError } from "../errors.ts";
import type { AdminForm } from "./django-admin/form.ts";
import { adminSession } from "./django-admin/session.ts";
import { site, type SiteInputs as Inputs, type SiteOutputs as Outputs } from "./site.ts";

const LIST = "/admin/sites/site/";
const FORM = "site_form";

/** The operations of `Site`, through the LMS's Django admin. */
export const provider = defineProvider<Inputs, Outputs>(site, {
    async create(inputs) {
        const session = adminSession(inputs.connection);
        const [existing] = await session.list(LIST, { domain: inputs.domain });
        if (existing !== undefined) {
            // The name distinguishes a site that an interrupted run created from one that already existed.
            return {
                id: existing.id,
                outs: { ...inputs, createdHere: existing.cells.get("name") === inputs.displayName },
            };
        }
        const id = await session.add(`${LIST}add/`, FORM, { domain: inputs.domain, name: inputs.displayName });
        return { id, outs: { ...inputs, createdHere: true } };
    },

    async read(id, props) {
        const form: AdminForm | undefined = await adminSession(props.connection).form(`${LIST}${id}/change/`, FORM);
        return form?.text("domain") === props.domain ? props : undefined;
    },

    update: (_id, { domain }) =>
        Promise.reject(new ProviderError(`Site "${domain}" has nothing that changes in place.`)),

    async delete(id, { connection, createdHere }) {
        if (createdHere) {
            // The LMS keeps a site that provider configurations refer to: the next `up` finds it by its name.
            await adminSession(connection).removeUnlessKept(`${LIST}${id}/`);
        }
    },

    async isThere(id, { domain, displayName, createdHere }, connection) {
        const form = await adminSession(connection).form(`${LIST}${id}/change/`, FORM);
        return form?.text("domain") === domain && (!createdHere || form.text("name") === displayName);
    },
});
