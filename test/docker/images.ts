import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, glob, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { parse } from "yaml";
import { type TutorRelease, lmsPackages, tutorReleases } from "../../config/tutorPlugin.ts";
import { project } from "../../toolchain/pulumi.ts";
import { tutorCommand } from "../tutor/tutor.ts";
import { cache, step } from "./steps.ts";

/** Runs `docker` and returns its output; rejects if it fails. */
export type Docker = (...args: readonly string[]) => Promise<string>;

/** Our image for each name that Tutor or a Compose file uses. */
export type Tags = Readonly<Record<string, string>>;

const own = "openedx-mit-test";
const pythonOfBase = "3.11";
/** If a user runs Tutor, the containers use that user's ID, too. */
const userId = process.getuid?.() ?? 1000;
const sandbox = join(project, "sandbox");
const here = import.meta.dirname;

/** Where the published images declare volumes, by name and major version. */
const declaredVolumes: Readonly<Record<string, string>> = {
    "postgres-15": "/var/lib/postgresql/data",
    "postgres-18": "/var/lib/postgresql",
    "redis-8": "/data",
};

/** The packages of a release of Open edX whose versions differ from the sandbox LMS's. */
const lmsVersions: Readonly<Record<TutorRelease, Readonly<Record<string, string>>>> = {
    "20": { Django: "4.2.30", "django-config-models": "2.9.0", djangorestframework: "3.16.1" },
    "21": {},
    "22": {},
};

/** Builds an image as soon as the base is there. */
type Build = (
    name: string,
    context: Readonly<Record<string, string | readonly string[]>>,
    ...args: readonly string[]
) => Promise<string>;

/**
 * Creates all images, if any of their inputs changed since this daemon got them.
 *
 * @param env - environment variables by which `docker` finds the daemon.
 * @param tools - what all images but the base need: the CLI plugins and Tutor.
 * @throws Error if the daemon doesn't respond, a package can't be downloaded, or `debootstrap` is missing or not permitted.
 */
export async function makeImages(
    docker: Docker,
    env: Readonly<Record<string, string>>,
    tools: Promise<unknown>,
): Promise<Tags> {
    const inputs = await digestOfInputs();
    const prepared = `${own}/prepared:${inputs}`;
    // Another clone may have created them, in which case this clone doesn't know their names yet.
    const file = join(cache, `tags-${inputs}.json`);
    if (existsSync(file) && (await isThere(docker, prepared))) {
        return JSON.parse(await readFile(file, "utf8")) as Tags;
    }
    const base = step("Docker image base, by debootstrap", () => execa(join(here, "base.sh"), { env }));
    const ready = Promise.all([base, tools]);
    const make: Build = async (...of) => {
        await ready;
        return build(docker, ...of);
    };
    // Their packages are downloaded in the meantime.
    const [services, lms] = await Promise.all([
        make("services", { bin: join(here, "services", "bin") }),
        Promise.all(tutorReleases.map((release) => makeLms(make, release))),
        ...["mitxonline", "xpro"].map((flavor) => makeMitApplication(make, flavor)),
        ready,
    ]);
    const withVolumes: Record<string, string> = {};
    for (const [name, path] of Object.entries(declaredVolumes)) {
        const command = name.startsWith("postgres") ? ['CMD ["postgres"]'] : [];
        withVolumes[name] = await make(name, { Dockerfile: [`FROM ${services}`, `VOLUME ${path}`, ...command] });
    }
    const tags: Record<string, string> = {};
    for (const fixture of ["mitxonline", "mitxpro"]) {
        for (const name of await imagesIn(join(here, "fixtures", fixture))) {
            tags[name] = withVolumes[versionOf(name)] ?? services;
        }
    }
    for (const [index, release] of tutorReleases.entries()) {
        for (const name of await imagesOfTutor(release)) {
            tags[name] = (/\bopenedx(-dev)?:/.test(name) ? lms[index] : undefined) ?? services;
        }
    }
    await restoreTags(docker, tags);
    await writeFile(file, JSON.stringify(tags, null, 4));
    await docker("tag", services, prepared);
    return tags;
}

/** Removes the images that others created, and points each name at its own image again. */
export async function restoreTags(docker: Docker, tags: Tags): Promise<void> {
    const names = Object.keys(tags).map(withoutRegistry);
    const listed = lines(await docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"));
    const foreign = listed.filter((name) => !names.includes(name) && !name.startsWith(own) && !name.includes("<none>"));
    if (foreign.length > 0) {
        await docker("image", "rm", "--force", ...foreign);
    }
    await Promise.all(Object.entries(tags).map(([name, image]) => docker("tag", image, name)));
    // An image that had one of these names until now is unnamed.
    await docker("image", "prune", "--force");
}

/** The lines of a command's output; none if it is empty. */
export function lines(text: string): string[] {
    return text.split("\n").filter((line) => line !== "");
}

async function makeMitApplication(make: Build, flavor: string): Promise<string> {
    const program = join(sandbox, "mit-application");
    const requirements = lines(await readFile(join(program, `requirements-${flavor}.txt`), "utf8"));
    return make(
        flavor,
        {
            Dockerfile: join(here, "mit-application", "Dockerfile"),
            "requirements.txt": requirements,
            wheels: await downloadWheels(flavor, requirements),
            "sandbox/mit-application": program,
            "sandbox/shared": join(sandbox, "shared"),
        },
        `FLAVOR=${flavor}`,
    );
}

async function makeLms(make: Build, release: TutorRelease): Promise<string> {
    const name = `lms-${release}`;
    const requirements = await lmsRequirements(release);
    return make(
        name,
        {
            Dockerfile: join(here, "lms", "Dockerfile"),
            bin: join(here, "lms", "bin"),
            "requirements.txt": requirements,
            // Plugins are installed later, so all of their versions are included.
            wheels: await downloadWheels(name, requirements, ...Object.values(lmsPackages)),
            "sandbox/lms": join(sandbox, "lms"),
            "sandbox/shared": join(sandbox, "shared"),
            platform: join(here, "lms", "platform"),
            // Modules that exist only in this release.
            ...(release === "22" && { "platform/openedx": join(here, "lms", "platform-22", "openedx") }),
        },
        `APP_USER_ID=${userId === 0 ? 1000 : userId}`,
    );
}

/** The sandbox LMS's packages without the plugins, in this release's versions; and YAML, for Tutor's settings. */
async function lmsRequirements(release: TutorRelease): Promise<string[]> {
    const plugins = lmsPackages[release].map(nameOf);
    const requirements = lines(await readFile(join(sandbox, "lms", "requirements.txt"), "utf8"))
        .filter((requirement) => !plugins.includes(nameOf(requirement)))
        .map((requirement) => {
            const version = lmsVersions[release][nameOf(requirement)];
            return version === undefined ? requirement : `${nameOf(requirement)}==${version}`;
        });
    return [...requirements, "PyMySQL==1.1.2", "PyYAML==6.0.3"];
}

const nameOf = (requirement: string) => requirement.replace(/==.*/, "");

/** A folder with packages for the images' Python; each set of requirements may have its own version. */
async function downloadWheels(name: string, ...sets: (readonly string[])[]): Promise<string> {
    const folder = join(cache, "wheels", name);
    const stamp = `${folder}.json`;
    const wanted = JSON.stringify(sets);
    if ((await readFile(stamp, "utf8").catch(() => "")) !== wanted) {
        await rm(folder, { recursive: true, force: true });
        await step(`Python packages of ${name}`, async () => {
            const python = join(project, ".toolchain", "venv", "lms", "bin", "python");
            const pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"];
            const kind = ["--only-binary=:all:", "--python-version", pythonOfBase, "--dest", folder];
            for (const requirements of sets) {
                await execa(python, [...pip, ...kind, ...requirements]);
            }
        });
        await writeFile(stamp, wanted);
    }
    return folder;
}

/**
 * Builds an image by its Dockerfile from files, folders and lines, each with its place in the context.
 *
 * @returns its name.
 */
async function build(docker: Docker, ...[name, context, ...args]: Parameters<Build>): Promise<string> {
    const image = `${own}/${name}`;
    await step(`Docker image ${name}`, () =>
        withFolder(async (folder) => {
            const contents: typeof context = { Dockerfile: join(here, name, "Dockerfile"), ...context };
            for (const [place, content] of Object.entries(contents)) {
                const target = join(folder, place);
                await mkdir(dirname(target), { recursive: true });
                if (typeof content === "string") {
                    await cp(content, target, { recursive: true, filter: isSource });
                } else {
                    await writeFile(target, content.join("\n"));
                }
            }
            // The daemon has no default network.
            const options = ["--quiet", "--network", "none", "--tag", image];
            await docker("build", ...options, ...args.flatMap((arg) => ["--build-arg", arg]), folder);
        }),
    );
    return image;
}

const isSource = (file: string) => !/__pycache__|\.test\.ts$/.test(file);

/** The images that Tutor uses in development: for services and for jobs. */
async function imagesOfTutor(release: TutorRelease): Promise<string[]> {
    return withFolder(async (root) => {
        await execa(tutorCommand(release), ["config", "save"], { env: { TUTOR_ROOT: root, TUTOR_PLUGINS_ROOT: root } });
        const found = await Promise.all(["local", "dev"].map((folder) => imagesIn(join(root, "env", folder))));
        return [...new Set(found.flat())];
    });
}

/** The images that the Compose files in a folder name. */
async function imagesIn(folder: string): Promise<string[]> {
    const images: string[] = [];
    for await (const file of glob("docker-compose*.yml", { cwd: folder })) {
        const text = await readFile(join(folder, file), "utf8");
        const { services } = parse(text, { merge: true }) as { services: Record<string, { image?: string }> };
        images.push(...Object.values(services).flatMap(({ image }) => image ?? []));
    }
    return images;
}

/** Changes with everything that the images are built from. */
async function digestOfInputs(): Promise<string> {
    const ours = ["fixtures", "lms", "mit-application", "services"].map((name) => join(here, name));
    const others = ["sandbox/lms", "sandbox/mit-application", "sandbox/shared", "test/tutor"];
    const folders = [...ours, ...others.map((name) => join(project, name))];
    const listed = await Promise.all(
        folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })),
    );
    const files = listed
        .flat()
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter(isSource);
    files.push(join(here, "images.ts"), join(here, "base.sh"));
    const contents = await Promise.all(files.sort().map((file) => readFile(file)));
    return digest(String(userId), JSON.stringify(lmsPackages), ...contents);
}

function digest(...contents: readonly (string | Buffer)[]): string {
    const hash = createHash("sha256");
    contents.forEach((content) => hash.update(content));
    return hash.digest("hex").slice(0, 16);
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
    return (await docker("image", "ls", "--quiet", image)) !== "";
}

/** `postgres:18.3` is `postgres-18`. */
const versionOf = (image: string) => image.replace(/:(\d+).*/, "-$1");

const withoutRegistry = (name: string) => name.replace(/^docker\.io\//, "");

async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
    const folder = await mkdtemp(join(tmpdir(), "docker-"));
    try {
        return await work(folder);
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}
