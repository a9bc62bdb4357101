import { installTutor } from "../tutor/tutor.ts";

/** What the tests need beyond the project's own setup, before any of them runs. */
export default async function (): Promise<void> {
    // Pulumi settings in the shell are for other projects: no test may depend on them.
    for (const name of Object.keys(process.env).filter((name) => name.startsWith("PULUMI_"))) {
        Reflect.deleteProperty(process.env, name);
    }
    await installTutor();
}
