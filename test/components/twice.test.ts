import { afterAll, beforeAll, expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { ApplicationEnvironment } from "../../components/applicationEnvironment.ts";
import { ApplicationRegistration } from "../../components/applicationRegistration.ts";
import { ApplicationServer } from "../../components/applicationServer.ts";
import { ComposeResources } from "../../components/composeResources.ts";
import { Credentials } from "../../components/credentials.ts";
import { OpenEdxRegistration } from "../../components/openEdxRegistration.ts";
import { OpenEdxServer } from "../../components/openEdxServer.ts";
import { ProviderConfigurations } from "../../components/providerConfigurations.ts";
import type { GeneratedValues } from "../../config/environmentLines.ts";
import { composeProject, composeService, hashesAnswer, noVolumes } from "../support/composeProject.ts";
import { type FakeCommands, fakeCommands } from "../support/fakeCommands.ts";
import { deploy, stackConfig } from "../support/pulumiMocks.ts";

const connection = { kind: "openedx", baseUrl: "http://lms.local", username: "admin", password: "hush" } as const;
const client = { clientId: pulumi.output("id"), clientSecret: pulumi.secret("hush") };
const generated: GeneratedValues<pulumi.Output<string>> = {
    ...client,
    openEdxGateway: pulumi.output("172.18.0.1"),
    applicationAtGateway: pulumi.output("http://172.18.0.1:8013"),
    serviceWorkerToken: pulumi.secret("hush"),
    apisixSessionSecret: pulumi.secret("hush"),
    keycloakClientSecret: pulumi.secret("hush"),
};

let commands: FakeCommands;
beforeAll(async () => {
    commands = await fakeCommands();
    await commands.make("docker", {
        "compose --project-directory ": hashesAnswer("web"),
        "image inspect": "echo null",
    });
});
afterAll(() => commands.remove());

/** Every component on its own, with plain values in place of the other components' outputs. */
const components: Readonly<Record<string, (name: string) => unknown>> = {
    Credentials: (name) =>
        new Credentials(name, { openEdxPassword: undefined, applicationPassword: undefined, hasApisix: true }),
    OpenEdxServer: (name) =>
        new OpenEdxServer(name, {
            ...stackConfig({ lmsFrom: "tutor", lmsLaunch: "true" }),
            superuserPassword: "hush",
            clientSecret: "hush",
        }),
    ApplicationEnvironment: (name) =>
        new ApplicationEnvironment(name, {
            ...stackConfig(),
            client,
            openEdxGateway: "172.18.0.1",
            serviceWorkerToken: "hush",
            apisixSessionSecret: "",
            externalCheckout: undefined,
        }),
    ApplicationServer: (name) => {
        const folder = commands.folder;
        const services = {
            web: composeService({ image: "web", build: { context: folder, dockerfile: "Dockerfile" } }),
        };
        return new ApplicationServer(name, {
            ...stackConfig({ application: "mitxonline-apisix", applicationFrom: "compose" }),
            superuserPassword: "hush",
            compose: {
                project: composeProject(services, { folder, volumes: { data: { name: "data" } } }),
                volumes: noVolumes,
                ComposeResources,
            },
            envFile: ".env",
            generated,
        });
    },
    OpenEdxRegistration: (name) =>
        new OpenEdxRegistration(name, {
            ...stackConfig({ superuserUsername: "learner", superuserEmail: "learner@example.org" }),
            connection,
            client,
            serviceWorkerPassword: "hush",
            serviceWorkerToken: "hush",
        }),
    ApplicationRegistration: (name) =>
        new ApplicationRegistration(name, {
            ...stackConfig(),
            connection,
            client,
            openEdxGatewayUrl: "http://172.18.0.1:8000",
            databaseVersion: undefined,
        }),
    ProviderConfigurations: (name) =>
        new ProviderConfigurations(name, {
            ...stackConfig(),
            connection,
            client,
            applicationGatewayUrl: "http://172.18.0.1:8013",
            backendReady: [],
        }),
};

test.each(Object.keys(components))("%s works alone, and twice in one stack", async (component) => {
    const once = await deploy(() => components[component]?.("one"));
    const twice = await deploy(() => {
        components[component]?.("one");
        components[component]?.("other");
    });

    const names = twice.map(({ type, name }) => `${type} ${name}`);
    expect(once.length).toBeGreaterThan(0);
    expect(names).toHaveLength(2 * once.length);
    expect([...new Set(names)]).toHaveLength(names.length);
});
