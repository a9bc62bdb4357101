import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { project } from "../../toolchain/pulumi.ts";

/**
 * `lms`: the sandbox's, with the platform's own management command for users. `mitxonline`: with a user model like that
 * of the MIT applications, which has a single name field.
 */
export type DjangoName = "lms" | "mitxonline";

/** A Django with its own database, as in a server's container. */
export interface Django {
    /** Django's management command, like `./manage.py`. */
    readonly manage: readonly string[];
    /** The prefix that runs such a command, `[...exec, ...manage, "shell"]`, with its stdin. */
    readonly exec: readonly string[];
    /** Runs a program in it with `User` imported, and returns the last line it prints, parsed as JSON. */
    readonly run: (program: string) => Promise<unknown>;
    readonly remove: () => Promise<void>;
}

/** A user model like that of the MIT applications, reduced to what creating a user requires. */
const PEOPLE = `
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models


class UserManager(BaseUserManager):
    def create_user(self, username, email=None, password=None, **fields):
        user = self.model(username=username, email=email, **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, username, email, password):
        return self.create_user(username, email, password, is_staff=True, is_superuser=True)


class User(AbstractBaseUser, PermissionsMixin):
    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    username = models.CharField(unique=True, max_length=30)
    email = models.EmailField(unique=True)
    name = models.CharField(blank=True, default="", max_length=255)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=False)
    objects = UserManager()
`;

/** By name: the sandbox it is based on, and its settings. */
const kinds = {
    lms: {
        folder: "lms",
        settings: 'from lms_sandbox.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, "platform_commands"]\n',
    },
    mitxonline: {
        folder: "mit-application",
        settings:
            "from mit_sandbox.settings import DATABASES, SECRET_KEY\n" +
            'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "people"]\n' +
            'AUTH_USER_MODEL = "people.User"\nDEFAULT_AUTO_FIELD = "django.db.models.AutoField"\n',
    },
};

/** The servers' own password hashing takes half a second per password. */
const QUICK_PASSWORDS = 'PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]\n';

/** The platform's management command that Tutor creates users with, as in the tests' images. */
const MANAGE_USER = "test/docker/lms/platform/tutor_sandbox/management/commands/manage_user.py";

/** Creates one in its own folder. */
export async function makeDjango(name: DjangoName): Promise<Django> {
    const { folder, settings } = kinds[name];
    const state = await mkdtemp(join(tmpdir(), "django-"));
    const manage = [join(project, ".toolchain", "venv", name, "bin", "python"), "-m", "django"] as const;
    const env = {
        PYTHONPATH: [state, join(project, "sandbox", folder), join(project, "sandbox", "shared")].join(":"),
        PYTHONDONTWRITEBYTECODE: "1",
        DJANGO_SETTINGS_MODULE: "settings_of_test",
        LMS_SANDBOX_STATE: state,
        MIT_SANDBOX_STATE: state,
        MIT_SANDBOX_FLAVOR: name,
        MIT_SANDBOX_PORT: "0",
        MIT_SANDBOX_FROM_ENVIRONMENT: "1",
    };
    const commands = join(state, "platform_commands", "management", "commands");
    await mkdir(commands, { recursive: true });
    await mkdir(join(state, "people"));
    await Promise.all([
        writeFile(join(state, "secret_key"), "of the test"),
        writeFile(join(state, "settings_of_test.py"), settings + QUICK_PASSWORDS),
        writeFile(join(state, "people", "models.py"), PEOPLE),
        copyFile(join(project, MANAGE_USER), join(commands, "manage_user.py")),
    ]);
    const [python, ...module] = manage;
    await execa(python, [...module, "migrate", "--run-syncdb", "--verbosity", "0"], { env });
    const socket = join(state, "socket");
    const inSupport = (file: string) => join(import.meta.dirname, file);
    const running = execa(python, [inSupport("djangoProcess.py"), socket], { env, reject: false });
    await Promise.race([once(running.stdout, "data"), running]);
    const exec = [python, "-E", "-S", inSupport("djangoCommand.py"), socket] as const;
    return {
        manage,
        exec,
        async run(program) {
            const imports = "from django.contrib.auth import get_user_model\nUser = get_user_model()\n";
            const [command, ...before] = exec;
            const { stdout } = await execa(command, [...before, ...manage, "shell", "-c", imports + program], {
                stdin: "ignore",
            });
            return JSON.parse(stdout.split("\n").at(-1) ?? "") as unknown;
        },
        async remove() {
            running.kill();
            await running;
            await rm(state, { recursive: true });
        },
    };
}
