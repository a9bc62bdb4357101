import * as pulumi from "@pulumi/pulumi";
import { CallbackServer } from "@pulumi/pulumi/runtime/callbacks.js";
import type { MockMonitor } from "@pulumi/pulumi/runtime/mocks.js";
import { parseSettings } from "../../config/load.ts";
import { integrate, type Integration } from "../../components/integration.ts";
import { type Detected, resolveConfig, type StackConfig } from "../../config/stackConfig.ts";
import type { ComposeApplication } from "../../preflight/composeApplication.ts";
import { modules } from "../../dynamic-providers/registry.ts";

/** A resource as a program registered it. */
export interface RecordedResource {
    /**
     * Without the namespace, except for Tutor's: `OAuthApplication`, `TutorPlugin`; Docker's are `Container` and so on.
     */
    readonly type: string;
    readonly name: string;
    /** The type of the component it belongs to; `""` for none. */
    readonly parent: string;
    /** Decrypted, and without the serialized provider. */
    readonly inputs: Readonly<Record<string, unknown>>;
    /** The names of the inputs that are or contain secrets. */
    readonly secrets: readonly string[];
    /** The names of the outputs that are always secret, whatever the inputs are. */
    readonly secretOutputs: readonly string[];
    /** The resources, `<type> <name>`, that already existed when it was registered. */
    readonly after: readonly string[];
    /** The resources, `<type> <name>`, in its `replaceWith`. */
    readonly replacedWith: readonly string[];
    /** Its `retainOnDelete`. */
    readonly isRetained: boolean;
    /** The operations before which one of the program's hooks runs. */
    readonly hooksBefore: readonly ("create" | "update" | "delete")[];
    /** Runs the hooks of one kind as the engine does: one after the other, with the registered inputs. */
    readonly runHooks: (kind: "beforeCreate" | "afterCreate") => Promise<void>;
    /** Its `deleteBeforeReplace`. */
    readonly isDeletedBeforeReplaced: boolean;
    /** Its `ignoreChanges`. */
    readonly ignoredChanges: readonly string[];
    /** The resources, `<type> <name>`, that are created before it and deleted after it. */
    readonly dependencies: readonly string[];
    /** By input: the resources whose outputs it contains. */
    readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
    /** The module of a dynamic provider, such as `site`; `""` if a plugin provides the resource. */
    readonly module: string;
}

type RecordedOptions = Pick<
    RecordedResource,
    | "secretOutputs"
    | "replacedWith"
    | "isRetained"
    | "hooksBefore"
    | "isDeletedBeforeReplaced"
    | "ignoredChanges"
    | "dependencies"
    | "propertyDependencies"
> & {
    /** The names of the hooks of each kind. */
    readonly hooks: Readonly<Record<"beforeCreate" | "afterCreate", readonly string[]>>;
};

/** The outputs that the server adds to the inputs, by type. Types that are missing here are unexpected. */
const outputs: Readonly<Record<string, (name: string, random: (name: string) => string) => object>> = {
    RandomString: (name, random) => ({ result: random(name) }),
    RandomPassword: (name, random) => ({ result: pulumi.secret(random(name)) }),
    TutorPlugin: () => ({ root: "/tutor", file: "/tutor-plugins/mit-integration.py" }),
    TutorNetwork: () => ({ name: "tutor_dev_default", project: "tutor_dev", gateway: "172.30.80.1" }),
    Command: () => ({ stdout: "", stderr: "" }),
    AccessToken: () => ({ expires: "2027-11-23T15:00:00Z" }),
    TutorServer: () => ({ since: "2026-11-24T15:00:00Z" }),
    RemoteImage: (name) => ({ imageId: `sha256 of ${name}` }),
    ComposeLeftovers: () => ({}),
    ComposeVolumes: () => ({}),
    CopiedFile: () => ({ createdHere: true }),
    Superuser: () => ({ createdHere: true }),
    ...Object.fromEntries(
        [
            ...["OAuthApplication", "DjangoUser", "EnvFile", "OAuth2ProviderConfig", "OfferedBackend", "Site"],
            ...["SignInPage", "Container", "Network", "Volume"],
        ].map((type) => [type, () => ({})]),
    ),
};

const noOptions: RecordedOptions = {
    secretOutputs: [],
    replacedWith: [],
    isRetained: false,
    hooksBefore: [],
    isDeletedBeforeReplaced: false,
    ignoredChanges: [],
    dependencies: [],
    propertyDependencies: {},
    hooks: { beforeCreate: [], afterCreate: [] },
};

/** The mocks' monitor, with the engine calls that it lacks. */
type Monitor = MockMonitor & {
    registerResourceHook?: (request: unknown, callback: (error: null, answer: object) => void) => void;
};

/** A registration request: the parts that the mocks do not expose. */
interface RegisterRequest {
    getType(): string;
    getName(): string;
    getReplaceWithList(): string[];
    getAdditionalsecretoutputsList(): string[];
    getRetainondelete(): boolean | undefined;
    getHooks():
        | {
              getBeforeCreateList(): string[];
              getAfterCreateList(): string[];
              getBeforeUpdateList(): string[];
              getBeforeDeleteList(): string[];
          }
        | undefined;
    getDeletebeforereplace(): boolean;
    getIgnorechangesList(): string[];
    getDependenciesList(): string[];
    getPropertydependenciesMap(): { forEach(visit: (of: { getUrnsList(): string[] }, property: string) => void): void };
}

/**
 * Runs a program, or part of one, without an engine.
 *
 * @param random - the random value of a resource. Default: its name, so that tests can spell out expected values.
 * @returns every custom resource that it registered, in that order.
 * @throws Error for a resource of an unexpected type, and for any provider function call.
 */
export async function deploy(
    program: () => unknown,
    random: (name: string) => string = (name) => name,
): Promise<RecordedResource[]> {
    const asked: Omit<RecordedResource, "parent" | "runHooks" | keyof RecordedOptions>[] = [];
    const made: string[] = [];
    const unexpected: string[] = [];
    await pulumi.runtime.setMocks(
        {
            call({ token }) {
                unexpected.push(token);
                return {};
            },
            async newResource({ custom, type: token, name, inputs }) {
                if (!custom) {
                    return { id: undefined, state: {} };
                }
                const type = shortType(token);
                const addition = outputs[type];
                if (addition === undefined) {
                    unexpected.push(`${token} ${name}`);
                    return { id: undefined, state: {} };
                }
                asked.push({ type, name, ...recordInputs(inputs as Record<string, unknown>), after: [...made] });
                // Long enough for everything that does not depend on this one to be registered.
                await new Promise((resolve) => setTimeout(resolve, 20));
                made.push(`${type} ${name}`);
                return { id: `${name}-id`, state: { ...(inputs as object), ...addition(name, random) } };
            },
        },
        "openedx-mit-integration",
        "test",
    );
    const options = recordOptions();
    hooks.clear();
    await program();
    await pulumi.runtime.disconnect();
    if (unexpected.length > 0) {
        throw new Error(`Nobody expected ${unexpected.join(", ")}.`);
    }
    const parents = parentsByResource();
    const recordedHooks = new Map(hooks);
    return asked.map((resource) => {
        const key = `${resource.type} ${resource.name}`;
        const { hooks: named, ...recorded } = options.get(key) ?? noOptions;
        const runHooks: RecordedResource["runHooks"] = async (kind) => {
            const { name, type, inputs: newInputs } = resource;
            for (const hook of named[kind]) {
                await recordedHooks.get(hook)?.({ urn: key, id: "", name, type, newInputs });
            }
        };
        return { ...resource, parent: parents.get(key) ?? "", ...recorded, runHooks };
    });
}

/** The only resource of a type, or the only one with the given name. */
export function the(resources: readonly RecordedResource[], type: string, name?: string): RecordedResource {
    const found = resources.filter(
        (resource) => resource.type === type && (name === undefined || resource.name === name),
    );
    const [resource, ...others] = found;
    if (resource === undefined || others.length > 0) {
        throw new Error(`There are ${found.length} resources ${type} ${name ?? ""}, not one.`);
    }
    return resource;
}

/** A complete configuration on Linux; `values` override it, and `detected` is what the machine adds. */
export function stackConfig(values: Readonly<Record<string, string>> = {}, detected: Detected = {}): StackConfig {
    return resolveConfig(
        parseSettings({
            platform: "linux",
            lmsPassword: "password of the LMS",
            lmsGateway: "172.18.0.1",
            applicationPassword: "password of the application",
            applicationGateway: "172.19.0.1",
            keycloakClientSecret: "secret of Keycloak",
            ...values,
        }),
        detected,
    );
}

/** The result of {@link deployed}. */
export interface Deployed extends Integration {
    /** The resources that belong to a type of component. */
    readonly of: (component: string) => RecordedResource[];
}

/** Deploys everything with that configuration; see {@link deploy}. */
export async function deployed(
    values: Readonly<Record<string, string>> = {},
    detected: Detected = {},
    compose?: ComposeApplication,
): Promise<Deployed> {
    let integration: Integration | undefined;
    const deployable = compose && { ...compose, ...(await import("../../components/composeResources.ts")) };
    const resources = await deploy(() => {
        integration = integrate(stackConfig(values, detected), deployable);
    });
    return {
        ...(integration as unknown as Integration),
        of: (component) => resources.filter(({ parent }) => parent === component),
    };
}

/** The configuration keys of the accounts, as the connections refer to them. */
export const configured = {
    openEdx: { stack: "test", usernameKey: "lmsUsername", passwordKey: "lmsPassword" },
    application: { stack: "test", usernameKey: "applicationUsername", passwordKey: "applicationPassword" },
};

/** The value of an output. */
export function valueOf<Value>(output: pulumi.Input<Value>): Promise<pulumi.Unwrap<Value>> {
    return new Promise((resolve) => {
        pulumi.output(output).apply(resolve);
    });
}

function recordInputs(
    inputs: Readonly<Record<string, unknown>>,
): Pick<RecordedResource, "inputs" | "secrets" | "module"> {
    const entries = Object.entries(inputs).filter(([key]) => key !== "__provider");
    const { __provider: provider = "" } = inputs as { __provider?: string };
    return {
        module: modules[/provider\("([\w:]+)"\)/.exec(provider)?.[1] ?? ""] ?? "",
        inputs: Object.fromEntries(entries.map(([key, value]) => [key, pulumi.runtime.unwrapRpcSecret(value)])),
        secrets: entries.filter(([, value]) => pulumi.runtime.isRpcSecret(value)).map(([key]) => key),
    };
}

/**
 * Records the resource options on their way to the mocks, and accepts hook registrations, which the mocks don't
 * support.
 */
function recordOptions(): Map<string, RecordedOptions> {
    const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
    const recorded = new Map<string, RecordedOptions>();
    const registerResource = monitor.registerResource.bind(monitor);
    monitor.registerResource = (request: RegisterRequest, callback) => {
        const propertyDependencies: Record<string, string[]> = {};
        request.getPropertydependenciesMap().forEach((of, property) => {
            propertyDependencies[property] = keysOf(of.getUrnsList());
        });
        recorded.set(`${shortType(request.getType())} ${request.getName()}`, {
            secretOutputs: request.getAdditionalsecretoutputsList(),
            replacedWith: keysOf(request.getReplaceWithList()),
            isRetained: request.getRetainondelete() ?? false,
            hooksBefore: hooksBefore(request),
            isDeletedBeforeReplaced: request.getDeletebeforereplace(),
            ignoredChanges: request.getIgnorechangesList(),
            dependencies: keysOf(request.getDependenciesList()),
            propertyDependencies,
            hooks: {
                beforeCreate: request.getHooks()?.getBeforeCreateList() ?? [],
                afterCreate: request.getHooks()?.getAfterCreateList() ?? [],
            },
        });
        return registerResource(request, callback);
    };
    monitor.registerResourceHook = (_request, callback) => {
        callback(null, {});
    };
    return recorded;
}

/** The program's hooks by name: the mocks have no engine to call them. */
const hooks = new Map<string, pulumi.ResourceHookFunction>();
const callbackServer: {
    registerResourceHook: (this: CallbackServer, hook: pulumi.ResourceHook) => Promise<void>;
} = CallbackServer.prototype;
const { registerResourceHook } = callbackServer;
callbackServer.registerResourceHook = function (hook) {
    hooks.set(hook.name, hook.callback);
    return registerResourceHook.call(this, hook);
};

function hooksBefore(request: RegisterRequest): RecordedOptions["hooksBefore"] {
    const hooks = request.getHooks();
    const lists = {
        create: hooks?.getBeforeCreateList(),
        update: hooks?.getBeforeUpdateList(),
        delete: hooks?.getBeforeDeleteList(),
    };
    return (["create", "update", "delete"] as const).filter((operation) => (lists[operation] ?? []).length > 0);
}
const keysOf = (urns: readonly string[]) => urns.map((urn) => resourceOf(urn).key);

/** Parents can only be read from the URNs. */
function parentsByResource(): Map<string, string> {
    const monitor = pulumi.runtime.getMonitor() as MockMonitor | undefined;
    const urns = [...(monitor?.getRegisteredResources().keys() ?? [])];
    return new Map(
        urns.map((urn) => {
            const { key, parent } = resourceOf(urn);
            return [key, parent];
        }),
    );
}

/** Parses a URN, which ends with `<parent's type>$<type>::<name>`. */
function resourceOf(urn: string): { key: string; parent: string } {
    const [, , types = "", name = ""] = urn.split("::");
    const [type = "", parent = ""] = types.split("$").reverse();
    return { key: `${shortType(type)} ${name}`, parent: shortType(parent) };
}

function shortType(token: string): string {
    return token.replace(/^.*\/tutor:/, "Tutor").replace(/^.*:/, "");
}
