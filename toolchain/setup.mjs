/**
 * Sets up a fresh clone: npm packages, the Pulumi CLI, plugins, the sandbox's Python environments, a passphrase. Leaves
 * alone whatever exists. Needs no packages itself; runs on Node.js 18 and newer.
 *
 *     node toolchain/setup.mjs [--docker] [PROGRAM [ARGUMENT...]]
 *
 * then runs one of the project's programs with the project's own Node.js. `--docker` builds the Docker plugin if it can't
 * be downloaded, which takes minutes; so does setting `TEST_DOCKER_HOST`. Progress goes to standard error: standard output
 * belongs to the program.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
    accessSync,
    chmodSync,
    constants,
    copyFileSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    realpathSync,
    renameSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const project = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(project);

const LOCAL = ".toolchain";
const PASSPHRASE = ".pulumi-passphrase";
const STAMP = join(LOCAL, "set-up");
const MODULES = "node_modules";
const BIN = join(project, MODULES, ".bin");
const PULUMI_HOME = join(project, LOCAL, "pulumi");
const DOWNLOADS = "https://get.pulumi.com";
const PYTHON_AT_LEAST = [3, 11];
const NODE_AT_LEAST = [22, 18];
/** The file that marks what was built here, and from which sources. */
const BUILT_HERE = "BUILT-HERE";
const DOCKER_PLUGIN = "toolchain/docker-plugin";
const LANGUAGE_HOST = "toolchain/language-host";
/** Files added to the language host's own sources, and the replacements in its `main.go` that hook them in. */
const LANGUAGE_HOST_ADDED = ["forward.go", "options.go"].map((name) => `${LANGUAGE_HOST}/added/${name}`);
const LANGUAGE_HOST_CHANGES = [
    [
        "pulumirpc.RegisterResourceMonitorServer(srv, &monitorProxy{target: target})",
        "registerMonitor(srv, conn, &monitorProxy{target: target})",
    ],
    ["go host.execNodejs(", "go host.withOptions(req).execNodejs("],
];
const windows = process.platform === "win32";

/** The Python environments of the sandbox's servers, with their requirements. */
const PYTHON_ENVIRONMENTS = {
    lms: "sandbox/lms/requirements.txt",
    mitxonline: "sandbox/mit-application/requirements-mitxonline.txt",
    xpro: "sandbox/mit-application/requirements-xpro.txt",
};

/** The files that decide whether a finished setup is up to date. */
const INPUTS = [
    "package-lock.json",
    "toolchain/setup.mjs",
    "toolchain/pulumi-cli/go.sum",
    `${LANGUAGE_HOST}/go.sum`,
    ...LANGUAGE_HOST_ADDED,
    `${DOCKER_PLUGIN}/go.sum`,
    `${DOCKER_PLUGIN}/main.go`,
    ...Object.values(PYTHON_ENVIRONMENTS),
];

/** No update check, and this project's own Pulumi home. */
const QUIET = { PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_HOME };

/** An error for the user: what is wrong and what to do. */
class SetupError extends Error {}

const [first, ...rest] = process.argv.slice(2);
const program = first === "--docker" ? rest : process.argv.slice(2);

try {
    await setUp(first === "--docker" || Boolean(process.env["TEST_DOCKER_HOST"]));
} catch (error) {
    if (!(error instanceof SetupError)) {
        throw error;
    }
    console.error(`\n${error.message}`);
    process.exit(1);
}
runProgram(program);

/** @param {boolean} withDocker whether the Docker plugin is required */
async function setUp(withDocker) {
    const state = fingerprint();
    const complete = `${state} docker`;
    const done = existsSync(STAMP) && existsSync(BIN) ? readFileSync(STAMP, "utf8") : undefined;
    if (done === complete || (done === state && !withDocker)) {
        return;
    }
    mkdirSync(LOCAL, { recursive: true });
    const [dockerDone] = await Promise.all([installPulumiAndPlugins(withDocker), installPython()]);
    makePassphrase();
    writeFileSync(STAMP, dockerDone ? complete : state);
}

/**
 * Installs the npm packages, the Pulumi CLI and the plugins.
 * @param {boolean} withDocker whether the Docker plugin is required
 * @returns {Promise<boolean>} like {@link installDockerPlugin}
 */
async function installPulumiAndPlugins(withDocker) {
    await installPackages();
    checkNode();
    const reachable = await canDownload();
    await installPulumi(reachable);
    installStandIns(reachable);
    return installDockerPlugin(reachable, withDocker);
}

/** Hashes the clone's path and the setup's inputs; a moved clone is set up again, because the results contain paths. */
function fingerprint() {
    const hash = createHash("sha256").update(project);
    for (const file of INPUTS) {
        hash.update(readFileSync(file));
    }
    return hash.digest("hex");
}

async function installPackages() {
    const stamp = join(MODULES, ".set-up");
    const state = sha256(readFileSync("package-lock.json"));
    if (existsSync(stamp) && readFileSync(stamp, "utf8") === state) {
        return;
    }
    await step("npm packages from package-lock.json", () =>
        run(windows ? "npm.cmd" : "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]),
    );
    writeFileSync(stamp, state);
}

/** Programs run on the Node.js installed with the npm packages, or on the machine's if npm has none for this platform. */
function checkNode() {
    const version = spawnSync("node", ["--version"], { env: environment(), encoding: "utf8" }).stdout.trim();
    if (!isAtLeast(version, NODE_AT_LEAST)) {
        throw new SetupError(
            `Node.js ${NODE_AT_LEAST.join(".")} or newer is needed, and npm has none for ${process.platform}-${process.arch}; ` +
                `found ${version}. Install one from https://nodejs.org.`,
        );
    }
}

/** Whether Pulumi's downloads are reachable. One attempt, with a short timeout. */
async function canDownload() {
    try {
        await fetch(DOWNLOADS, { method: "HEAD", signal: AbortSignal.timeout(5000) });
        return true;
    } catch {
        return false;
    }
}

/**
 * Installs the Pulumi CLI where the npm package `pulumi` looks for it, so that `npx pulumi` is the only entry point: the one
 * on the PATH, a download, or a build from source.
 * @param {boolean} reachable
 */
async function installPulumi(reachable) {
    const version = packageVersion("pulumi");
    const home = join(PULUMI_HOME, "versions", version);
    const target = join(home, "bin");
    const marker = join(target, BUILT_HERE);
    const isThere = existsSync(join(target, windows ? "pulumi.exe" : "pulumi"));
    if (isThere && (!existsSync(marker) || readFileSync(marker, "utf8") === languageHostOrigin())) {
        return;
    }
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    const installed = pulumiOnPath(version);
    if (installed !== undefined) {
        symlinkSync(installed, target, "junction");
        console.error(`✓ Pulumi CLI: the one in ${installed}`);
    } else if (!(reachable && (await downloadPulumi(version)))) {
        console.error(`  ${DOWNLOADS} can't be reached from here: the Pulumi CLI is built from source instead.`);
        const { status } = spawnSync("go", ["version"]);
        if (status !== 0) {
            throw new SetupError(
                `No Pulumi CLI: there is none on the PATH (${version} or newer), ${DOWNLOADS} can't be reached, and ` +
                    "Go is not installed to build it. Do one of the three: install Pulumi " +
                    "(https://www.pulumi.com/docs/install/), connect to the network, or install Go.",
            );
        }
        await step(`Pulumi CLI ${version}, built with Go (minutes, once)`, () => buildPulumi(version, target));
    }
}

/**
 * Lets the npm package download the CLI, as it would on first use.
 * @param {string} version
 * @returns {Promise<boolean>} whether it succeeded
 */
function downloadPulumi(version) {
    return succeeds(() => step(`Pulumi CLI ${version}, downloaded`, () => run("pulumi", ["version"])));
}

/**
 * The folder of the CLI on the PATH, if it is new enough.
 * @param {string} version
 */
function pulumiOnPath(version) {
    const needed = version.split(".").map(Number);
    for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
        const file = join(folder, windows ? "pulumi.exe" : "pulumi");
        // The npm package's own wrapper is what needs the CLI.
        if (folder.includes(MODULES) || !isExecutable(file)) {
            continue;
        }
        const found = spawnSync(file, ["version"], { encoding: "utf8", env: { ...process.env, ...QUIET } });
        if (found.status === 0 && isAtLeast(found.stdout.trim(), needed)) {
            return dirname(realpathSync(file));
        }
    }
    return undefined;
}

/**
 * Builds the CLI and the language host, each from its own Go module, because together they don't resolve.
 * @param {string} version
 * @param {string} target
 */
async function buildPulumi(version, target) {
    const folder = mkdtempSync(join(project, LOCAL, "build-"));
    try {
        const flags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
        await goBuild("toolchain/pulumi-cli", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", folder, flags);
        await buildLanguageHost(folder);
        const provider = "pulumi-resource-pulumi-nodejs";
        copyFileSync(join(MODULES, "@pulumi/pulumi", provider), join(folder, provider));
        chmodSync(join(folder, provider), 0o755);
        renameSync(folder, target);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/**
 * The newest language host published as its own module is older than the CLI, so it is built with files of ours for what the
 * engine has added since.
 * @param {string} folder
 */
async function buildLanguageHost(folder) {
    const command = "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs";
    await run("go", ["mod", "download", "github.com/pulumi/pulumi/sdk/v3"], LANGUAGE_HOST);
    const listed = spawnSync("go", ["list", "-f", "{{.Dir}}", command], { cwd: LANGUAGE_HOST, encoding: "utf8" });
    const sources = listed.stdout.trim();
    const build = join(folder, "pulumi-language-nodejs.build");
    mkdirSync(build);
    for (const file of readdirSync(sources).filter((name) => /(?<!_test)\.go$/.test(name))) {
        writeFileSync(join(build, file), readFileSync(join(sources, file)));
    }
    for (const file of [`${LANGUAGE_HOST}/go.mod`, `${LANGUAGE_HOST}/go.sum`, ...LANGUAGE_HOST_ADDED]) {
        copyFileSync(file, join(build, basename(file)));
    }
    let main = readFileSync(join(build, "main.go"), "utf8");
    for (const [from = "", to = ""] of LANGUAGE_HOST_CHANGES) {
        if (!main.includes(from)) {
            throw new SetupError(`${LANGUAGE_HOST}/added does not fit the language host in ${sources}.`);
        }
        main = main.replace(from, to);
    }
    writeFileSync(join(build, "main.go"), main);
    const flags = ["build", "-mod=readonly", "-ldflags", "-s -w", "-o", join(folder, "pulumi-language-nodejs"), "."];
    await run("go", flags, build);
    rmSync(build, { recursive: true });
    writeFileSync(join(folder, BUILT_HERE), languageHostOrigin());
}

function languageHostOrigin() {
    return builtFrom(LANGUAGE_HOST, [`${LANGUAGE_HOST}/go.sum`, ...LANGUAGE_HOST_ADDED]);
}

/**
 * The content of the marker for something built here.
 * @param {string} place
 * @param {string[]} sources
 */
function builtFrom(place, sources) {
    const contents = sources.map((file) => readFileSync(file));
    return `Built with Go from ${place}, SHA-256 ${sha256(Buffer.concat(contents))}\n`;
}

/**
 * @param {string} module
 * @param {string} command
 * @param {string} folder
 * @param {string} flags
 */
function goBuild(module, command, folder, flags) {
    return run("go", ["build", "-mod=readonly", "-ldflags", flags, "-o", `${folder}/`, command], module);
}

/**
 * Downloading plugins is the engine's job. If it can't, this project's stand-ins replace `random` and `command`, until the
 * real ones can be downloaded.
 * @param {boolean} reachable
 */
function installStandIns(reachable) {
    for (const name of ["random", "command"]) {
        const folder = join(PULUMI_HOME, "plugins", `resource-${name}-v${packageVersion(`@pulumi/${name}`)}`);
        const marker = join(folder, "STAND-IN");
        if (existsSync(folder) && !existsSync(marker)) {
            continue;
        }
        rmSync(folder, { recursive: true, force: true });
        if (reachable) {
            continue;
        }
        mkdirSync(folder, { recursive: true });
        const plugin = join(project, "toolchain", "plugins", `${name}.ts`);
        const first = join(project, "dynamic-providers", "quickStart.js");
        writeFileSync(
            join(folder, `pulumi-resource-${name}`),
            `#!/bin/sh\nexec node --disable-warning=ExperimentalWarning --require '${first}' '${plugin}' "$@"\n`,
            { mode: 0o755 },
        );
        writeFileSync(marker, "");
        console.error(`✓ Plugin ${name}: stand-in, as the engine can't download the real one`);
    }
}

/**
 * Downloading the Docker plugin is the engine's job, too. If it can't, this builds the plugin from the upstream provider
 * on request, and removes that build once the published one can be downloaded.
 * @param {boolean} reachable
 * @param {boolean} required
 * @returns {Promise<boolean>} whether a later request has nothing left to do
 */
async function installDockerPlugin(reachable, required) {
    const version = packageVersion("@pulumi/docker");
    const folder = join(PULUMI_HOME, "plugins", `resource-docker-v${version}`);
    const marker = join(folder, BUILT_HERE);
    const origin = builtFrom(DOCKER_PLUGIN, [`${DOCKER_PLUGIN}/go.sum`, `${DOCKER_PLUGIN}/main.go`]);
    if (existsSync(folder) && !existsSync(marker)) {
        return true;
    }
    if (reachable) {
        rmSync(folder, { recursive: true, force: true });
        return true;
    }
    if (existsSync(marker) && readFileSync(marker, "utf8") === origin) {
        return true;
    }
    if (!required) {
        return false;
    }
    const title = `Plugin docker ${version}, built with Go (minutes, once)`;
    if (spawnSync("go", ["version"]).status !== 0) {
        console.error(
            `  Plugin docker is missing: ${DOWNLOADS} can't be reached, and Go is not installed to build it.`,
        );
    } else if (await succeeds(() => step(title, () => buildDockerPlugin(version, folder, origin)))) {
        return true;
    }
    console.error("  A stack with containers needs it: connect to the network or install Go, and repeat this.");
    return false;
}

/**
 * @param {string} version
 * @param {string} target
 * @param {string} origin
 */
async function buildDockerPlugin(version, target, origin) {
    const folder = mkdtempSync(join(project, LOCAL, "build-"));
    try {
        await goBuild(DOCKER_PLUGIN, ".", folder, `-s -w -X main.version=${version}`);
        writeFileSync(join(folder, BUILT_HERE), origin);
        rmSync(target, { recursive: true, force: true });
        mkdirSync(dirname(target), { recursive: true });
        renameSync(folder, target);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

async function installPython() {
    const missing = Object.entries(PYTHON_ENVIRONMENTS).filter(([name, requirements]) => {
        const stamp = join(LOCAL, "venv", name, ".set-up");
        return !existsSync(stamp) || readFileSync(stamp, "utf8") !== sha256(readFileSync(requirements));
    });
    if (missing.length === 0) {
        return;
    }
    const python = findPython();
    await step(`Python environments of the sandbox (${missing.map(([name]) => name).join(", ")})`, () =>
        Promise.all(missing.map(([name, requirements]) => makePythonEnvironment(python, name, requirements))),
    );
}

/**
 * @param {string} python
 * @param {string} name
 * @param {string} requirements
 */
async function makePythonEnvironment(python, name, requirements) {
    const folder = join(LOCAL, "venv", name);
    rmSync(folder, { recursive: true, force: true });
    await run(python, ["-m", "venv", folder]);
    const inside = join(folder, windows ? "Scripts" : "bin", "python");
    await run(inside, [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "-r",
        requirements,
    ]);
    writeFileSync(join(folder, ".set-up"), sha256(readFileSync(requirements)));
}

function findPython() {
    for (const command of ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"]) {
        const { stdout, status } = spawnSync(command, ["--version"], { encoding: "utf8" });
        if (status === 0 && isAtLeast(stdout.replace("Python ", "").trim(), PYTHON_AT_LEAST)) {
            return command;
        }
    }
    throw new SetupError(
        `Python ${PYTHON_AT_LEAST.join(".")} or newer is needed for the sandbox's servers, with its venv module. ` +
            "Install it from https://www.python.org or with the system's packages (Debian: python3 python3-venv).",
    );
}

/** Creates the passphrase for the stacks' secrets and the folder for their state, for this user only. */
function makePassphrase() {
    mkdirSync(".pulumi", { recursive: true, mode: 0o700 });
    if (!existsSync(PASSPHRASE)) {
        writeFileSync(PASSPHRASE, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    }
}

/**
 * Announces a step and reports how long it took; prints a sign of life every 20 seconds.
 * @param {string} title
 * @param {() => Promise<unknown>} work
 */
async function step(title, work) {
    console.error(`… ${title}`);
    const start = Date.now();
    const seconds = () => Math.round((Date.now() - start) / 1000);
    const alive = setInterval(() => {
        console.error(`  ${title}: ${seconds()} s so far`);
    }, 20_000);
    try {
        await work();
    } finally {
        clearInterval(alive);
    }
    console.error(`✓ ${title}: ${seconds()} s`);
}

/**
 * Whether some work succeeded; prints the reason if it didn't.
 * @param {() => Promise<unknown>} work
 */
async function succeeds(work) {
    try {
        await work();
        return true;
    } catch (error) {
        console.error(`  ${error instanceof Error ? error.message : String(error)}`);
        return false;
    }
}

/**
 * Runs a command and collects its output in case it fails.
 * @param {string} command
 * @param {string[]} args
 * @param {string} [folder]
 * @returns {Promise<void>}
 */
function run(command, args, folder = project) {
    return new Promise((resolve, reject) => {
        const child = spawn(command, args, { cwd: folder, env: environment(), stdio: ["ignore", "pipe", "pipe"] });
        let output = "";
        const keep = (/** @type {Buffer} */ chunk) => {
            output = (output + chunk.toString()).slice(-4000);
        };
        child.stdout.on("data", keep);
        child.stderr.on("data", keep);
        child.on("error", (error) => {
            reject(new SetupError(`${command} can't be run: ${error.message}`));
        });
        child.on("close", (code) => {
            if (code === 0) {
                resolve();
            } else {
                const lines = output.trim().split("\n").slice(-20).join("\n    ");
                reject(new SetupError(`${command} ${args.join(" ")}\nfailed (exit code ${code}):\n    ${lines}`));
            }
        });
    });
}

/**
 * Runs one of the project's programs and exits the way it does.
 * @param {string[]} program
 */
function runProgram(program) {
    if (program.length === 0) {
        return;
    }
    announceIgnoredSettings();
    const child = spawn("node", ["--disable-warning=ExperimentalWarning", ...program], {
        env: environment(),
        stdio: "inherit",
    });
    for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
        // On Ctrl-C the terminal signals the program too, so only SIGTERM is passed on. This process waits for it to exit.
        process.on(signal, () => signal === "SIGTERM" && child.kill(signal));
    }
    child.on("exit", (code, signal) => {
        process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
    });
}

/** The shell's environment with this project's Pulumi settings instead of its own, which are for other projects. */
function environment() {
    const others = Object.entries(process.env).filter(([name]) => !isPulumiSetting(name));
    return { ...Object.fromEntries(others), ...QUIET, PATH: BIN + delimiter + (process.env["PATH"] ?? "") };
}

/** Lists the settings {@link environment} drops, except those that match this project's. */
function announceIgnoredSettings() {
    const ignored = Object.entries(process.env)
        .filter(
            ([name, value]) =>
                isPulumiSetting(name) && !(name in QUIET) && resolve(value ?? "") !== resolve(PASSPHRASE),
        )
        .map(([name]) => name);
    if (ignored.length > 0) {
        console.error(
            `Ignoring ${ignored.join(", ")} of the shell: this project stores its state in .pulumi and its passphrase in ` +
                ".pulumi-passphrase. To use the shell's settings, call pulumi itself.",
        );
    }
}

/** @param {string} name of an environment variable */
function isPulumiSetting(name) {
    return name.startsWith("PULUMI_");
}

/** @param {string} name */
function packageVersion(name) {
    /** @type {unknown} */
    const manifest = JSON.parse(readFileSync(join(MODULES, name, "package.json"), "utf8"));
    return /** @type {{ version: string }} */ (manifest).version;
}

/** @param {string | Buffer} data */
function sha256(data) {
    return createHash("sha256").update(data).digest("hex");
}

/** @param {string} file */
function isExecutable(file) {
    try {
        accessSync(file, constants.X_OK);
        return true;
    } catch {
        return false;
    }
}

/**
 * @param {string} version e.g. `v22.18.0`
 * @param {number[]} least
 */
function isAtLeast(version, least) {
    const numbers = version.replace(/^v/, "").split(".").map(Number.parseFloat);
    for (const [index, number] of least.entries()) {
        const actual = numbers[index] ?? 0;
        if (actual !== number) {
            return actual > number;
        }
    }
    return true;
}
