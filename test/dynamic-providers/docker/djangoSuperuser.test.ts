import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { DjangoSuperuserInputs } from "../../../dynamic-providers/docker/djangoSuperuser.ts";
import { provider } from "../../../dynamic-providers/docker/djangoSuperuser.provider.ts";
import { adminSession } from "../../../dynamic-providers/openedx/django-admin/session.ts";
import { type Django, type DjangoName, makeDjango } from "../../support/django.ts";
import { ManagedResource } from "../../support/engine.ts";
import { type FakeCommands, fakeCommands } from "../../support/fakeCommands.ts";
import { describeLife } from "../../support/lifeCycle.ts";
import { checked } from "../../support/providers.ts";

/** A `docker compose exec` that runs the command in the Django process, whatever the project and service. */
const exec = ({ exec: words }: Django, before = "true", after = "") => ({
    "compose --project-name ": `${before}; shift 6; ${words.map((word) => `'${word}'`).join(" ")} "$@"${after}`,
});

const owner = "openedx-mit-integration/dev";
const superuser = { rights: [true, true, true], knows: true };

let django: Django;
let commands: FakeCommands;
let number = 0;
let args: DjangoSuperuserInputs;

/** Gives the tests of a block a Django, and each test its own user name. */
function useDjango(name: DjangoName): void {
    beforeAll(async () => {
        commands = await fakeCommands();
        django = await makeDjango(name);
    });
    afterAll(async () => {
        await commands.remove();
        await django.remove();
    });
    beforeEach(async () => {
        await commands.make("docker", {
            ...exec(django),
            ps: "echo c0ffee",
            "container inspect": "echo '[]'",
        });
        const username = `user${++number}`;
        args = {
            project: "app",
            service: "web",
            manage: django.manage,
            username,
            email: `${username}@example.org`,
            password: "first-password",
            owner,
        };
    });
}

const create = async (more: Partial<DjangoSuperuserInputs> = {}) => {
    const inputs = await checked(provider, { ...args, ...more });
    return { inputs, ...(await provider.create(inputs)) };
};

/** The user in the database; `null` if there is none. */
const look = (password = args.password) =>
    django.run(`
import json
user = User.objects.filter(username="${args.username}").first()
print()
print(json.dumps(user and {
    "email": user.email,
    "rights": [user.is_active, user.is_staff, user.is_superuser],
    "knows": user.check_password("${password}"),
}))`);

/** A manual change. */
const byHand = (...lines: readonly string[]) => django.run([...lines, "print()", "print(1)"].join("\n"));
const makeByHand = (password: string) =>
    byHand(
        `user = User.objects.create_superuser("${args.username}", "${args.email}", "${password}")`,
        // An MIT application only lets users in whose email address is confirmed.
        "user.is_active = True",
        "user.save()",
    );

describe.each<DjangoName>(["lms", "mitxonline"])("the superuser of %s", (name) => {
    useDjango(name);

    test("is created with all permissions and the password", async () => {
        const { id, inputs, outs } = await create();

        expect(id).toBe(args.username);
        expect(outs).toStrictEqual({ ...inputs, createdHere: true });
        await expect(look()).resolves.toStrictEqual({ email: args.email, ...superuser });
    });

    test("of an interrupted run counts as this stack's, with the current password", async () => {
        await create();
        const { outs } = await create({ password: "second-password" });

        expect(outs).toMatchObject({ createdHere: true });
        await expect(look("second-password")).resolves.toMatchObject(superuser);
    });

    test("that was created manually with that password is used as is, and retained", async () => {
        await makeByHand(args.password);
        const { id, outs } = await create();
        expect(outs).toMatchObject({ createdHere: false });

        await provider.delete(id, outs);
        await expect(look()).resolves.toMatchObject(superuser);
    });

    test("that was created manually with another password is an error, and stays unchanged", async () => {
        await makeByHand("another-password");

        await expect(create()).rejects.toThrow(
            `web already has a user "${args.username}" who is not a superuser or has another password.`,
        );
        await expect(look("another-password")).resolves.toMatchObject(superuser);
    });

    test("that was created manually gets the flags that it lacks, which destroy removes again", async () => {
        await makeByHand(args.password);
        await byHand(`User.objects.filter(username="${args.username}").update(is_staff=False, is_active=False)`);
        const user = await ManagedResource.up(provider, args);
        expect(user.outputs).toMatchObject({ createdHere: false, former: { is_staff: false, is_active: false } });
        await expect(look()).resolves.toMatchObject(superuser);

        await expect(user.up({ owner: "openedx-mit-integration/renamed" })).resolves.toEqual(["update"]);
        await user.destroy();

        await expect(look()).resolves.toMatchObject({ rights: [false, false, true], knows: true });
    });

    test("that was created manually and has since lost a flag counts as gone on refresh", async () => {
        await makeByHand(args.password);
        const { id, outs } = await create();
        await expect(provider.read(id, outs)).resolves.toMatchObject({ id });
        await byHand(`User.objects.filter(username="${args.username}").update(is_staff=False)`);

        await expect(provider.read(id, outs)).resolves.toStrictEqual({ id: "" });
    });

    test("that was created manually without superuser status is not promoted", async () => {
        await makeByHand(args.password);
        await byHand(`User.objects.filter(username="${args.username}").update(is_superuser=False)`);

        await expect(create()).rejects.toThrow("who is not a superuser or has another password.");
        await expect(look()).resolves.toMatchObject({ rights: [true, true, false] });
    });

    test("of another stack is not this stack's", async () => {
        await create({ owner: "openedx-mit-integration/other" });

        await expect(create({ password: "second-password" })).rejects.toThrow(`already has a user "${args.username}"`);
        await expect(look()).resolves.toMatchObject(superuser);
    });

    test("gets a new password when one is configured", async () => {
        const user = await ManagedResource.up(provider, args);
        await expect(user.up({ password: "second-password" })).resolves.toEqual(["update"]);
        expect(user.outputs).toMatchObject({ createdHere: true, password: "second-password" });
        await expect(look("second-password")).resolves.toMatchObject(superuser);
        await expect(look()).resolves.toMatchObject({ knows: false });
    });

    test("is deleted with the stack, even if it is already gone", async () => {
        const { id, outs } = await create();
        await provider.delete(id, outs);

        await expect(look()).resolves.toBeNull();
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
        await expect(look()).resolves.toBeNull();
    });
});

describe("the superuser of an LMS", () => {
    useDjango("lms");

    test("has a password that is not in the arguments of any command", async () => {
        const { id, outs } = await create({ password: "hunter2-secret" });
        await provider.read(id, outs);

        const calls = (await commands.calls("docker")).join("\n");
        expect(calls).toContain("exec -T web");
        expect(calls).not.toContain("hunter2-secret");
    });

    test("has the profile that the LMS requires to sign in", async () => {
        await create();

        await expect(
            django.run(
                "from student.models import UserProfile\nprint()\n" +
                    `print(UserProfile.objects.filter(user__username="${args.username}").count())`,
            ),
        ).resolves.toBe(1);
    });

    test("that was created with Django's own command gets that profile, and retains its groups", async () => {
        await byHand(
            "from django.contrib.auth.models import Group",
            `user = User.objects.create_superuser("${args.username}", "${args.email}", "${args.password}")`,
            'user.groups.add(Group.objects.get_or_create(name="course creators")[0])',
        );
        const { id, outs } = await create();
        const profileAndGroups = () =>
            django.run(
                `import json\nuser = User.objects.get(username="${args.username}")\n` +
                    'print(json.dumps([hasattr(user, "profile"), [group.name for group in user.groups.all()]]))',
            );
        await expect(profileAndGroups()).resolves.toStrictEqual([true, ["course creators"]]);

        await byHand(`User.objects.get(username="${args.username}").profile.delete()`);
        await expect(provider.read(id, outs)).resolves.toStrictEqual({ id: "" });
    });

    test("is found among the output of the server's settings", async () => {
        await commands.make("docker", exec(django, "echo Hello.", "; echo Bye."));

        await expect(create()).resolves.toMatchObject({ outs: { createdHere: true } });
    });

    test("exists on refresh if it can sign in; the next up repairs it", async () => {
        const user = await ManagedResource.up(provider, args);
        await expect(user.refresh()).resolves.toBe(false);

        await byHand(
            `user = User.objects.get(username="${args.username}")`,
            'user.set_password("by-hand")',
            "user.save()",
        );
        await expect(user.up({}, { refresh: true })).resolves.toEqual(["create"]);
        await expect(look()).resolves.toMatchObject(superuser);
    });

    test("that lost its permissions counts as gone on refresh; the next up restores them", async () => {
        const user = await ManagedResource.up(provider, args);
        await byHand(`User.objects.filter(username="${args.username}").update(is_superuser=False)`);

        await expect(user.up({}, { refresh: true })).resolves.toEqual(["create"]);
        await expect(look()).resolves.toMatchObject(superuser);
    });

    test("that was deleted manually counts as gone on refresh", async () => {
        const { id, outs } = await create();
        await byHand(`User.objects.filter(username="${args.username}").delete()`);

        await expect(provider.read(id, outs)).resolves.toStrictEqual({ id: "" });
    });

    test("that saved a provider configuration is retained, without permissions and password, and reused", async () => {
        const { id, outs } = await create();
        await byHand(
            "from third_party_auth.models import OAuth2ProviderConfig",
            `user = User.objects.get(username="${args.username}")`,
            'OAuth2ProviderConfig.objects.create(changed_by=user, backend_name="ol-oauth2")',
        );
        await provider.delete(id, outs);
        await expect(look()).resolves.toMatchObject({ rights: [true, false, false], knows: false });
        await expect(provider.read(id, outs)).resolves.toStrictEqual({ id: "" });

        await expect(create({ password: "second-password" })).resolves.toMatchObject({ outs: { createdHere: true } });
        await expect(look("second-password")).resolves.toMatchObject(superuser);
    });

    test("gets a new email address when one is configured, because that is what it signs in with", async () => {
        const user = await ManagedResource.up(provider, args);
        await expect(user.up({ email: `new-${args.email}` })).resolves.toEqual(["update"]);

        await expect(look()).resolves.toMatchObject({ email: `new-${args.email}` });
    });

    test("is not looked up if its container is not running", async () => {
        const { id, outs } = await create();
        await commands.make("docker", { ps: "true" });

        await expect(provider.read(id, outs)).resolves.toMatchObject({ id, props: outs });
        await expect(provider.delete(id, outs)).resolves.toBeUndefined();
    });

    test("is a different one if its name, its project or its service is different", async () => {
        const given = await checked(provider, args);
        const outs = { ...given, createdHere: true };
        const replaces = async (news: Partial<DjangoSuperuserInputs>) =>
            (await provider.diff("", outs, { ...given, ...news })).replaces;

        await expect(replaces({ username: "other" })).resolves.toStrictEqual(["username"]);
        await expect(replaces({ project: "other" })).resolves.toStrictEqual(["project"]);
        await expect(replaces({ service: "other" })).resolves.toStrictEqual(["service"]);
        await expect(replaces({ password: "other", email: "other@example.org" })).resolves.toStrictEqual([]);
    });

    test("may sign in once it exists, even if it was refused before", async () => {
        const signIns = { count: 0 };
        const lms = createServer((request, response) => {
            signIns.count += request.method === "POST" ? 1 : 0;
            response.setHeader("Set-Cookie", "csrftoken=x; Path=/");
            const answer = request.method === "POST" ? { success: false, value: "Incorrect." } : { fields: [] };
            response.writeHead(request.method === "POST" ? 400 : 200).end(JSON.stringify(answer));
        }).listen(0, "127.0.0.1");
        await once(lms, "listening");
        const baseUrl = `http://127.0.0.1:${(lms.address() as AddressInfo).port}`;
        const session = adminSession({ kind: "openedx", baseUrl, username: "edx", password: "first-password" });
        const expectSignIns = async (count: number) => {
            await expect(session.list("/admin/sites/site/")).rejects.toThrow("Incorrect.");
            expect(signIns.count).toBe(count);
        };
        await expectSignIns(1);
        await expectSignIns(1);
        const user = await ManagedResource.up(provider, args);
        await expectSignIns(2);
        await user.up({ password: "second-password" });
        await expectSignIns(3);
        lms.close();
        lms.closeAllConnections();
    });

    test("leaves behind the data of containers without named volumes, which are deleted after it", async () => {
        const volume = "1".repeat(64);
        const container = {
            Id: "c0ffee".padEnd(64, "0"),
            Image: "sha256:decaf",
            Config: { Labels: { "com.docker.compose.service": "db" } },
            HostConfig: { Binds: null, Mounts: null },
            Mounts: [{ Type: "volume", Name: volume, Destination: "/data" }],
        };
        const user = await ManagedResource.up(provider, args);
        await commands.make("docker", {
            ...exec(django),
            "ps --all --quiet --no-trunc --filter label=com.docker.compose.project=app --filter name=": "true",
            ps: `echo ${container.Id}`,
            "container inspect": `echo '${JSON.stringify([container])}'`,
            volume: "true",
            create: "true",
        });
        await user.destroy();
        expect((await commands.calls("docker")).filter((call) => call.startsWith("create "))).toEqual([
            expect.stringContaining(`--volumes-from ${container.Id}`),
        ]);
    });

    test("is looked up again if the container restarts during the lookup", async () => {
        const restarting = join(commands.folder, "restarting");
        await writeFile(restarting, "");
        const restart = `if [ -e '${restarting}' ]; then rm '${restarting}'; exit 137; fi`;
        await commands.make("docker", { ...exec(django, restart), ps: "echo c0ffee" });

        await expect(create()).resolves.toMatchObject({ outs: { createdHere: true } });
        await expect(look()).resolves.toMatchObject(superuser);
    });
});

describe("the superuser of an application", () => {
    useDjango("mitxonline");
    const user = (id: string) => `User.objects.filter(username="${id}")`;

    describeLife("django:Superuser", {
        provider,
        async args() {
            await commands.make("docker", { ...exec(django), ps: "echo c0ffee", "container inspect": "echo '[]'" });
            return {
                project: "app",
                service: "web",
                manage: django.manage,
                username: "lively",
                email: "lively@example.org",
                password: "first-password",
                owner,
            };
        },
        inputs: {
            project: { to: "other", does: "replace" },
            service: { to: "celery", does: "replace" },
            manage: { to: () => ["env", ...django.manage], does: "update" },
            username: { to: "livelier", does: "replace" },
            email: { to: "livelier@example.org", does: "update" },
            password: {
                to: "second-password",
                does: "update",
                byHand: (id) => byHand(`user = ${user(id)}.get()`, 'user.set_password("by-hand")', "user.save()"),
                repair: "create",
            },
            owner: { to: "openedx-mit-integration/renamed", does: "update" },
        },
        loseByHand: (id) => byHand(`${user(id)}.delete()`),
        look: async (id) =>
            (await django.run(`
import json
user = ${user(id)}.first()
print()
print(json.dumps(user and [user.name, user.email, user.is_superuser, user.check_password("first-password")]))`)) ??
            undefined,
    });
});
