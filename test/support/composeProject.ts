import type { ExistingVolumes } from "../../dynamic-providers/docker/anonymousVolumes.ts";
import type { ComposeProject, ComposeService } from "../../preflight/composeProject.ts";

/** The data on a machine that has never run the project. */
export const noVolumes: ExistingVolumes = { mounted: {}, noted: {} };

/** A service as Compose normalizes an empty one, with the definition on top. */
export function composeService(definition: Partial<ComposeService> = {}): ComposeService {
    return {
        environment: {},
        extra_hosts: [],
        links: [],
        depends_on: {},
        networks: { default: null },
        ports: [],
        volumes: [],
        stdin_open: false,
        tty: false,
        profiles: [],
        readsEnvFile: false,
        ...definition,
    };
}

/** A project in the folder of MITx Online's checkout. */
export function composeProject(
    services: ComposeProject["services"],
    more: Partial<Omit<ComposeProject, "services">> = {},
): ComposeProject {
    return {
        name: "mitxonline",
        folder: "/checkouts/mitxonline",
        files: ["/checkouts/mitxonline/docker-compose.yml", "/checkouts/mitxonline/docker-compose.override.yml"],
        networks: { default: { name: "mitxonline_default" } },
        volumes: {},
        secrets: {},
        configs: {},
        variables: {},
        interpolated: [],
        normalized: "{}",
        services,
        ...more,
    };
}

/** What Compose prints when asked for the hashes of services: the hash of `web` is `hash-of-web`. */
export function hashesAnswer(...services: readonly string[]): string {
    return `printf '${services.map((service) => `${service} hash-of-${service}\\n`).join("")}'`;
}
