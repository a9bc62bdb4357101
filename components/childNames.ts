/**
 * The names of a component's children. URNs contain a parent's type but not its name, so the children of a second component
 * of the same type need names of their own: they start with the component's name.
 *
 * @param name - the component's name.
 * @param usual - the name in `integration.ts`, whose children have no prefix: their names are in the states.
 */
export function childNames(name: string, usual: string): (child: string) => string {
    return (child) => (name === usual ? child : `${name}-${child}`);
}
