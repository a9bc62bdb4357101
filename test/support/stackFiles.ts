/** The files of a new stack, as `pulumi stack init` and `pulumi config set-all` write them: each run of these takes long. */
import { createCipheriv, pbkdf2, randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { projectName } from "../../toolchain/pulumi.ts";

/** A stack's settings, `Pulumi.<stack>.yaml`. */
interface Settings {
    readonly encryptionsalt: string;
    readonly config?: Readonly<Record<string, unknown>>;
}

/** What encrypts a stack's secrets. */
interface Encryption {
    /** As in the settings: the salt, and a text by which Pulumi recognizes a wrong passphrase. */
    readonly salt: string;
    readonly encrypt: (text: string) => string;
}

/** Deriving the key takes most of the time, so the stacks of this process share it. */
let shared: Promise<Encryption> | undefined;

async function deriveEncryption(passphraseFile: string): Promise<Encryption> {
    const passphrase = (await readFile(passphraseFile, "utf8")).trim();
    const salt = randomBytes(8);
    const key = await promisify(pbkdf2)(passphrase, salt, 1_000_000, 32, "sha256");
    const encrypt = (text: string) => {
        const nonce = randomBytes(12);
        const cipher = createCipheriv("aes-256-gcm", key, nonce);
        const encrypted = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
        return `v1:${nonce.toString("base64")}:${encrypted.toString("base64")}`;
    };
    return { salt: `v1:${salt.toString("base64")}:${encrypt("pulumi")}`, encrypt };
}

/**
 * Creates an empty stack of this project.
 *
 * @param folder - the folder with its program, for its settings.
 * @param states - the folder for the states of stacks.
 * @returns a function that sets configuration keys; passwords and secrets as secrets.
 */
export async function initStack(
    name: string,
    { folder, states, passphraseFile }: { folder: string; states: string; passphraseFile: string },
): Promise<(config: Readonly<Record<string, string>>) => Promise<void>> {
    const { salt, encrypt } = await (shared ??= deriveEncryption(passphraseFile));
    const stacks = join(states, ".pulumi", "stacks", projectName);
    await mkdir(stacks, { recursive: true });
    await writeFile(join(states, ".pulumi", "meta.yaml"), "version: 1\n");
    const checkpoint = {
        stack: `organization/${projectName}/${name}`,
        latest: { secrets_providers: { type: "passphrase", state: { salt } }, metadata: {} },
    };
    await writeFile(join(stacks, `${name}.json`), JSON.stringify({ version: 3, checkpoint }));
    const file = join(folder, `Pulumi.${name}.yaml`);
    const write = (settings: Settings) => writeFile(file, stringify(settings));
    await write({ encryptionsalt: salt });
    return async (values) => {
        const { config, ...settings } = parse(await readFile(file, "utf8")) as Settings;
        const changed: Record<string, unknown> = {};
        for (const [key, value] of Object.entries(values)) {
            changed[`${projectName}:${key}`] = /Password|Secret/.test(key) ? { secure: encrypt(value) } : value;
        }
        await write({ ...settings, config: { ...config, ...changed } });
    };
}
