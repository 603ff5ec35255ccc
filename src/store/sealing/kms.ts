/**
 * Values sealed by a key that nobody here knows: a plugin (KMS v2, gRPC over a unix socket) seals a seed, the seed seals the values,
 * and each value carries its sealed seed. The plugin is asked for its health once a minute, and when it names another key there is
 * another seed. Without it what is known can still be read; what it has not confirmed for three minutes is not written with any more.
 */
import { createHash } from "node:crypto";
import { type Clock, type Log, messageOf, type Random, secretBytes, type Timer } from "#base/mod.ts";
import { describeMessages, type GrpcClient, GrpcError, grpcClient } from "#net/mod.ts";
import { StoreError } from "../contract.ts";
import { aesGcm, derivedGcm } from "./aes.ts";
import type { Opened, Transformer } from "./transformer.ts";

const messages = describeMessages(`
StatusRequest
StatusResponse
 1 version string
 2 healthz string
 3 key_id string
EncryptRequest
 1 plaintext bytes
 2 uid string
EncryptResponse
 1 ciphertext bytes
 2 key_id string
 3 annotations map<string,bytes>
DecryptRequest
 1 ciphertext bytes
 2 uid string
 3 key_id string
 4 annotations map<string,bytes>
DecryptResponse
 1 plaintext bytes
EncryptedObject
 1 encrypted_data bytes
 2 key_id string
 3 encrypted_dek_source bytes
 4 annotations map<string,bytes>
 5 encrypted_dek_source_type int32
`);

export interface KmsOptions {
  name: string;
  /** The socket's path. */
  socket: string;
  timeoutMs: number;
  clock: Clock;
  random: Random;
  log: Log;
}

interface Source {
  keyId: string;
  encryptedDekSource: Uint8Array;
  annotations: Record<string, Uint8Array>;
  encryptedDekSourceType: number;
}
type Sealed = Source & { encryptedData: Uint8Array };

interface Seed {
  source: Source;
  id: string;
  cipher: Transformer;
  /** Until when it may seal. */
  until: number;
}

const seedBytes = 32;
/** The data key itself, and a seed from which a key is derived for each value. */
const [keyType, seedType] = [0, 1];
const healthyMs = 60_000;
const unhealthyMs = 10_000;
const writableMs = 180_000;
const mostSeeds = 4096;
const [longestKeyId, longestSource, longestAnnotations] = [1024, 1024, 32 * 1024];

export class Kms implements Transformer {
  readonly #options: KmsOptions;
  readonly #client: GrpcClient;
  readonly #known = new Map<string, Transformer>();
  readonly #asking = new Map<string, Promise<Transformer>>();
  #seed: Seed | undefined;
  #version = "";
  #problem: string | undefined;
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: KmsOptions) {
    this.#options = options;
    this.#client = grpcClient(options.socket, messages);
    this.#problem = "it has not been asked yet";
  }

  /** Resolves after the first look, whatever it found: a plugin may start later than the server. */
  async start(): Promise<void> {
    await this.#look();
    if (this.#closed) return;
    const again = () => void this.start();
    this.#timer = this.#options.clock.after(this.#problem === undefined ? healthyMs : unhealthyMs, again, { background: true });
  }

  /** Why it is not well; undefined when it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  seal(name: string, value: Buffer): Buffer {
    const { clock } = this.#options;
    if (!this.#seed) throw new StoreError(`KMS provider ${this.#options.name} cannot seal: ${this.#problem}`);
    const { source, cipher, until } = this.#seed;
    if (clock.monotonic() > until)
      throw new StoreError(`encryptedDEKSource with keyID hash ${JSON.stringify(hashOf(source.keyId))} expired: ${this.#problem}`);
    return messages.encode("EncryptedObject", { ...source, encryptedData: cipher.seal(name, value) });
  }

  open(name: string, sealed: Buffer): Opened | Promise<Opened> {
    const object = messages.decode<Sealed>("EncryptedObject", sealed);
    const wrong = problemWith(object);
    if (wrong) throw new StoreError(wrong);
    const opened = (cipher: Transformer): Opened => {
      const { value } = cipher.open(name, Buffer.from(object.encryptedData)) as Opened;
      const { source } = this.#seed ?? {};
      return { value, isStale: object.keyId !== source?.keyId || object.encryptedDekSourceType !== source.encryptedDekSourceType };
    };
    const cipher = this.#cipherOf(object);
    return cipher instanceof Promise ? cipher.then(opened) : opened(cipher);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#client.close();
  }

  #cipherOf(object: Sealed): Transformer | Promise<Transformer> {
    const id = idOf(object);
    const known = this.#known.get(id);
    if (known) return known;
    let asking = this.#asking.get(id);
    if (!asking) {
      asking = this.#decrypted(object)
        .then((cipher) => {
          this.#remember(id, cipher);
          return cipher;
        })
        .finally(() => this.#asking.delete(id));
      this.#asking.set(id, asking);
    }
    return asking;
  }

  async #decrypted({ encryptedDekSource: ciphertext, keyId, annotations, encryptedDekSourceType: type }: Sealed): Promise<Transformer> {
    const request = { ciphertext, keyId, annotations, uid: this.#options.random.uuid() };
    try {
      const { plaintext } = await this.#call<{ plaintext: Uint8Array }>("Decrypt", request);
      const key = Buffer.from(plaintext);
      if (type === seedType && key.length < seedBytes) throw new Error(`invalid seed length ${key.length} used for key generation`);
      return type === seedType ? derivedGcm(key) : aesGcm(key);
    } catch (error) {
      throw new StoreError(`failed to decrypt DEK, error: ${messageOf(error)}`, { cause: error });
    }
  }

  #remember(id: string, cipher: Transformer): void {
    if (this.#known.size >= mostSeeds) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(id, cipher);
  }

  async #look(): Promise<void> {
    const { name, log } = this.#options;
    const before = this.#problem;
    try {
      const status = await this.#call<{ version: string; healthz: string; keyId: string }>("Status", {}).catch((error) => {
        throw new Error(`failed to perform status section of the healthz check for KMS Provider ${name}, error: ${messageOf(error)}`);
      });
      const problems = [...this.#statusProblems(status)];
      if (keyIdProblem(status.keyId))
        problems.push(`got invalid KMSv2 KeyID hash ${JSON.stringify(hashOf(status.keyId))}: ${keyIdProblem(status.keyId)}`);
      else await this.#renew(status.keyId).catch((error) => problems.push(messageOf(error)));
      if (problems.length > 0)
        throw new Error(
          `kmsv2 Provider ${name} is not healthy, error: ${problems.length === 1 ? problems[0] : `[${problems.join(", ")}]`}`,
        );
      this.#problem = undefined;
    } catch (error) {
      this.#problem = messageOf(error);
      if (this.#problem !== before && !this.#closed) log.error("a KMS plugin is not well", { name, error: this.#problem });
    }
  }

  *#statusProblems({ version, healthz }: { version: string; healthz: string }): Generator<string> {
    if (healthz !== "ok") yield `got unexpected healthz status: ${healthz}`;
    if (version !== "v2" && version !== "v2beta1") yield `expected KMSv2 API version v2, got ${version}`;
    else {
      this.#version ||= version;
      if (this.#version !== version)
        yield `KMSv2 API version should not change after the initial status response version ${this.#version}, got ${version}`;
    }
  }

  /** The seed of now goes on while its key does; another key gets another seed. */
  async #renew(keyId: string): Promise<void> {
    const { clock, random } = this.#options;
    const until = clock.monotonic() + writableMs;
    if (this.#seed?.source.keyId === keyId) {
      this.#seed = { ...this.#seed, until };
      return;
    }
    const seed = secretBytes(seedBytes);
    const answer = await this.#call<{ ciphertext: Uint8Array; keyId: string; annotations: Source["annotations"] }>("Encrypt", {
      plaintext: seed,
      uid: random.uuid(),
    }).catch((error) => {
      throw new Error(`failed to encrypt DEK, error: ${messageOf(error)}`);
    });
    const source = {
      keyId: answer.keyId,
      encryptedDekSource: answer.ciphertext,
      annotations: answer.annotations,
      encryptedDekSourceType: seedType,
    };
    const wrong = problemWith({ ...source, encryptedData: Uint8Array.of(0) });
    if (wrong) throw new Error(wrong);
    if (answer.keyId !== keyId)
      throw new Error(`failed to rotate DEK: status names the key ${hashOf(keyId)}, and it was sealed with ${hashOf(answer.keyId)}`);
    const id = idOf(source);
    this.#seed = { source, id, cipher: derivedGcm(seed), until };
    this.#remember(id, this.#seed.cipher);
  }

  async #call<T>(method: "Status" | "Encrypt" | "Decrypt", request: object): Promise<T> {
    try {
      const path = `/v2.KeyManagementService/${method}`;
      return await this.#client.unary<T>(path, [`${method}Request`, request], `${method}Response`, { timeoutMs: this.#options.timeoutMs });
    } catch (error) {
      throw error instanceof GrpcError ? new Error(error.full, { cause: error }) : error;
    }
  }
}

function problemWith({
  encryptedData,
  encryptedDekSource: source,
  encryptedDekSourceType: type,
  keyId,
  annotations,
}: Sealed): string | undefined {
  if (type !== keyType && type !== seedType) return `unknown encryptedDEKSourceType: ${type}`;
  if (encryptedData.length === 0) return "encrypted data is empty";
  if (source.length === 0) return "failed to validate encrypted DEK source: encrypted DEK source is empty";
  if (source.length > longestSource)
    return `failed to validate encrypted DEK source: encrypted DEK source is ${source.length} bytes, which exceeds the max size of ${longestSource}`;
  const wrong = keyIdProblem(keyId);
  if (wrong) return `failed to validate key id: ${wrong}`;
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > longestAnnotations)
    return `failed to validate annotations: total size of annotations is ${size}, which exceeds the max size of ${longestAnnotations}`;
  const bad = Object.keys(annotations).find(
    (key) => !key.includes(".") || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\.?$/.test(key),
  );
  return bad === undefined
    ? undefined
    : `failed to validate annotations: ${JSON.stringify(bad)} should be a domain with at least two segments separated by dots`;
}

function keyIdProblem(keyId: string): string | undefined {
  if (keyId === "") return "keyID is empty";
  return keyId.length > longestKeyId ? `keyID is ${keyId.length} bytes, which exceeds the max size of ${longestKeyId}` : undefined;
}

const hashOf = (text: string) => `sha256:${createHash("sha256").update(text).digest("hex")}`;

/** Everything that says which seed it is. */
function idOf({ encryptedDekSourceType, encryptedDekSource, keyId, annotations }: Source): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const noted = Object.keys(annotations).sort();
  return JSON.stringify([encryptedDekSourceType, hex(encryptedDekSource), keyId, ...noted.map((key) => [key, hex(annotations[key]!)])]);
}
