/**
 * Which images this kubelet pulled, and with whose credentials: files in upstream's form, so that a pod gets an image that is here
 * only if it could have pulled it. An image of a pull that is under way, or was when a kubelet ended, counts as pulled by nobody known.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, type Log, messageOf } from "#base/mod.ts";
import { timestamp } from "#client/mod.ts";
import type { NodeMetrics } from "../metrics/node-metrics.ts";
import type { RuntimeImage } from "../runtime/runtime.ts";
import type { FileWork } from "../volumes/file-work.ts";
import type { Credential, ObjectOf } from "./keyring.ts";

interface PullSecret extends ObjectOf {
  credentialHash: string;
}

/** Who may have an image, by its name without tag and digest as the pod says it. */
export interface Granted {
  kubernetesSecrets?: PullSecret[];
  kubernetesServiceAccounts?: ObjectOf[];
  nodePodsAccessible?: boolean;
}

export interface PulledRecord {
  imageRef: string;
  lastUpdatedTime: string;
  credentialMapping?: Record<string, Granted>;
}

/** Whether a pod must show that it may have an image that is here. `pulledHere`: by this kubelet. */
export type Verification = (image: string, pulledHere: boolean) => boolean;

export interface RecordOptions {
  verify: Verification;
  metrics: Pick<NodeMetrics, "pullChecks">;
  /** The kubelet's folder. */
  stateFolder: string;
  files: FileWork;
  clock: Clock;
  log: Log;
}

type CheckResult = "credentialPolicyAllowed" | "credentialRecordFound" | "mustAuthenticate" | "error";

const apiVersion = "kubelet.config.k8s.io/v1beta1";
/** Of one image: beyond this, what is found to be allowed is not written down. */
const mostWritten = 100;

export class PullRecords {
  readonly #options: RecordOptions;
  readonly #pulling: string;
  readonly #pulled: string;
  /** Image → how many pulls of it are under way; 0: it was, when a kubelet before this one ended. */
  readonly #under = new Map<string, number>();
  /** What the files say, by the id of the image. */
  readonly #known = new Map<string, PulledRecord>();
  /** Names of files that cannot be read: of whom they speak, nobody knows. */
  readonly #broken = new Set<string>();
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#pulling = join(options.stateFolder, "image_manager", "pulling");
    this.#pulled = join(options.stateFolder, "image_manager", "pulled");
  }

  /**
   * Before anything is asked: what kubelets before this one wrote. What they were pulling and is here now is known, without anybody who
   * may have it.
   */
  async load(images: () => Promise<readonly RuntimeImage[]>): Promise<void> {
    for (const record of await this.#all<PulledRecord>(this.#pulled)) this.#known.set(record.imageRef, record);
    const intents = (await this.#all<{ image: string }>(this.#pulling)).map(({ image }) => image);
    for (const image of intents) this.#under.set(image, 0);
    if (intents.length === 0) return;
    try {
      const here = await images();
      for (const image of intents) {
        const found = here.find(({ repoTags, repoDigests }) => [...repoTags, ...repoDigests].includes(image));
        if (!found) continue;
        await this.#grant(image, found.id, {});
        await this.#forget(this.#pulling, image);
        this.#under.delete(image);
      }
    } catch (error) {
      this.#options.log.error("kubelet: images that were being pulled are not looked for", { error: messageOf(error) });
    }
  }

  async begin(image: string): Promise<void> {
    await this.#inTurn(async () => {
      await this.#write(this.#pulling, image, { kind: "ImagePullIntent", apiVersion, image });
      this.#under.set(image, (this.#under.get(image) ?? 0) + 1);
    });
  }

  /** `by`: the credential that was taken; undefined: none was needed. */
  async pulled(image: string, imageRef: string, by: Credential | undefined): Promise<void> {
    await this.#grant(image, imageRef, grantedTo(by));
    await this.failed(image);
  }

  async failed(image: string): Promise<void> {
    await this.#inTurn(async () => {
      const left = (this.#under.get(image) ?? 0) - 1;
      if (left > 0) return void this.#under.set(image, left);
      await this.#forget(this.#pulling, image);
      this.#under.delete(image);
    });
  }

  /** Whether the pod must show that it may have an image that is here, by pulling it. Rejects when its credentials cannot be read. */
  async mustPull(image: string, imageRef: string, credentials: () => Promise<readonly Credential[]>): Promise<boolean> {
    const { metrics } = this.#options;
    try {
      const result = await this.#check(image, imageRef, credentials);
      metrics.pullChecks.add({ result });
      return result === "mustAuthenticate" || result === "error";
    } catch (error) {
      metrics.pullChecks.add({ result: "error" });
      throw error;
    }
  }

  async #check(image: string, imageRef: string, credentials: () => Promise<readonly Credential[]>): Promise<CheckResult> {
    const { verify, log } = this.#options;
    if (this.#broken.has(fileOf(imageRef))) return "error";
    const record = this.#known.get(imageRef);
    if (!verify(image, record !== undefined || this.#under.has(image))) return "credentialPolicyAllowed";
    const granted = record?.credentialMapping?.[withoutTag(image)];
    if (!granted) return "mustAuthenticate";
    if (granted.nodePodsAccessible) return "credentialRecordFound";
    if (!granted.kubernetesSecrets?.length && !granted.kubernetesServiceAccounts?.length) return "mustAuthenticate";
    const found = accessOf(granted, await credentials());
    if (!found) return "mustAuthenticate";
    if (found.write && (granted.kubernetesSecrets?.length ?? 0) < mostWritten)
      await this.#grant(image, imageRef, { kubernetesSecrets: [found.write] }).catch((error) =>
        log.error("kubelet: a record of a pulled image was not written", { image, error: messageOf(error) }),
      );
    return "credentialRecordFound";
  }

  /** Records of images that are gone go, unless they were written since. */
  async prune(here: readonly string[], sinceMs: number): Promise<void> {
    const ids = new Set(here);
    for (const { imageRef, lastUpdatedTime } of [...this.#known.values()]) {
      if (ids.has(imageRef) || Date.parse(lastUpdatedTime) >= wholeSecond(sinceMs)) continue;
      await this.#inTurn(async () => {
        await this.#forget(this.#pulled, imageRef);
        this.#known.delete(imageRef);
      });
    }
  }

  #grant(image: string, imageRef: string, granted: Granted): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#known.get(imageRef);
      const credentialMapping = merged(before?.credentialMapping, withoutTag(image), granted);
      if (before && !credentialMapping) return;
      const lastUpdatedTime = timestamp(this.#options.clock.now());
      const record = { lastUpdatedTime, imageRef, credentialMapping: credentialMapping ?? {} };
      await this.#write(this.#pulled, imageRef, { kind: "ImagePulledRecord", apiVersion, ...record });
      this.#known.set(imageRef, record);
      this.#broken.delete(fileOf(imageRef));
    });
  }

  /** Those that can be read. */
  async #all<T>(folder: string): Promise<T[]> {
    const { files, log } = this.#options;
    return files.run(`records in ${folder}`, async () => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const all: T[] = [];
      for (const name of await readdir(folder)) {
        if (!name.startsWith(prefix) || name.endsWith(unfinished)) continue;
        try {
          all.push(JSON.parse(await readFile(join(folder, name), "utf8")) as T);
        } catch (error) {
          this.#broken.add(name);
          log.error("kubelet: a record of an image cannot be read", { file: join(folder, name), error: messageOf(error) });
        }
      }
      return all;
    });
  }

  #write(folder: string, name: string, value: object): Promise<void> {
    return this.#options.files.run(`record of ${name}`, async () => {
      const file = join(folder, fileOf(name));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${file}${unfinished}`, JSON.stringify(value), { mode: 0o600 });
      await rename(`${file}${unfinished}`, file);
    });
  }

  #forget(folder: string, name: string): Promise<void> {
    return this.#options.files.run(`record of ${name}`, () => rm(join(folder, fileOf(name)), { force: true }));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

/** As times are written down. */
const wholeSecond = (ms: number) => Math.floor(ms / 1000) * 1000;
const prefix = "sha256-";
const unfinished = ".tmp";
const fileOf = (name: string) => `${prefix}${createHash("sha256").update(name).digest("hex")}`;

/** As the pod says it: nothing is put before it. */
export function withoutTag(image: string): string {
  const [named = ""] = image.split("@");
  const colon = named.lastIndexOf(":");
  return colon > named.lastIndexOf("/") ? named.slice(0, colon) : named;
}

function grantedTo(by: Credential | undefined): Granted {
  if (by?.source?.secret) return { kubernetesSecrets: [secretOf(by.source.secret, by)] };
  if (by?.source?.serviceAccount) return { kubernetesServiceAccounts: [by.source.serviceAccount] };
  return { nodePodsAccessible: true };
}

const secretOf = ({ uid, namespace, name }: ObjectOf, login: Credential): PullSecret => ({
  uid,
  namespace,
  name,
  credentialHash: hashOf(login),
});

/** Of what is not empty, in the order of Go's struct. */
const hashOf = ({ username, password }: Credential): string =>
  createHash("sha256")
    .update(JSON.stringify({ ...(username ? { username } : {}), ...(password ? { password } : {}) }))
    .digest("hex");

const isSame = (a: ObjectOf, b: ObjectOf) => a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;

/** The same credential, the same Secret, or the same account; `write`: it was not known like this. */
function accessOf({ kubernetesSecrets = [], kubernetesServiceAccounts = [] }: Granted, shown: readonly Credential[]) {
  for (const credential of shown) {
    const own = credential.source?.secret && secretOf(credential.source.secret, credential);
    if (!own) continue;
    for (const known of kubernetesSecrets) {
      const sameHash = known.credentialHash !== "" && known.credentialHash === own.credentialHash;
      if (sameHash) return isSame(known, own) ? {} : { write: own };
      if (isSame(known, own) && kubernetesSecrets.length < mostWritten) return { write: own };
    }
  }
  // A pod has one account.
  const account = shown.find(({ source }) => source?.serviceAccount)?.source?.serviceAccount;
  return account && kubernetesServiceAccounts.some((known) => isSame(known, account)) ? {} : undefined;
}

/** Undefined: nothing is new. What is for all pods of the node stays so. */
export function merged(before: Record<string, Granted> | undefined, image: string, granted: Granted): Record<string, Granted> | undefined {
  const { kubernetesSecrets: secrets = [], kubernetesServiceAccounts: accounts = [], nodePodsAccessible } = granted;
  if (!nodePodsAccessible && secrets.length === 0 && accounts.length === 0) return undefined;
  const known = before?.[image];
  if (!known) return { ...before, [image]: granted };
  if (known.nodePodsAccessible) return undefined;
  if (nodePodsAccessible) return { ...before, [image]: { nodePodsAccessible: true } };
  if (secrets.length > 0) {
    const others = (known.kubernetesSecrets ?? []).filter((each) => !secrets.some((one) => isSame(one, each)));
    const all = [...others, ...secrets].sort(byPlace);
    return isEqual(all, known.kubernetesSecrets) ? undefined : { ...before, [image]: { ...known, kubernetesSecrets: all } };
  }
  const others = (known.kubernetesServiceAccounts ?? []).filter((each) => !accounts.some((one) => isSame(one, each)));
  const all = [...others, ...accounts].sort(byPlace);
  return isEqual(all, known.kubernetesServiceAccounts) ? undefined : { ...before, [image]: { ...known, kubernetesServiceAccounts: all } };
}

const placeOf = ({ namespace, name, uid }: ObjectOf) => [namespace, name, uid].join("\0");
const byPlace = (a: ObjectOf, b: ObjectOf) => (placeOf(a) < placeOf(b) ? -1 : 1);
const isEqual = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b ?? []);
