/**
 * Fills in a page's placeholders: `${outputs.<name>}`, with more dots for nested values, as in Pulumi Cloud.
 *
 * @throws Error if a placeholder doesn't resolve to a string.
 */
export function renderReadme(template: string, outputs: object): string {
    return template.replaceAll(/\$\{outputs\.([\w.]+)\}/g, (placeholder, path: string) => {
        const value = path
            .split(".")
            .reduce<unknown>((within, key) => (within as Partial<Record<string, unknown>> | undefined)?.[key], outputs);
        if (typeof value !== "string") {
            throw new Error(`${placeholder} in Pulumi.README.md does not name a text output.`);
        }
        return value;
    });
}
