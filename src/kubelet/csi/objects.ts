/** What the API has of CSI drivers and what they are handed: CSIDriver objects, secrets, tokens of the pod's service account. */
import { type CSIDriver, csidrivers, type Pod, secrets } from "#api/mod.ts";
import { type Clock, type Lifetime, type Log, messageOf, type Random } from "#base/mod.ts";
import { type Client, type Informer, informer } from "#client/mod.ts";
import { Tokens } from "../volumes/tokens.ts";
import type { SecretRef } from "./use.ts";

export interface CsiObjectsOptions {
  client: Client;
  clock: Clock;
  random: Random;
  log: Log;
  lifetime: Lifetime;
  /** A driver's object is another than before. */
  onChange(name: string): void;
}

const tokensKey = "csi.storage.k8s.io/serviceAccount.tokens";

export class CsiObjects {
  readonly #options: CsiObjectsOptions;
  readonly #tokens: Tokens;
  #drivers: Informer<CSIDriver> | undefined;

  constructor(options: CsiObjectsOptions) {
    this.#options = options;
    this.#tokens = new Tokens(options.client, options.clock);
  }

  /** Followed from the first use on: a node without CSI drivers does not ask. */
  async driver(name: string): Promise<CSIDriver | undefined> {
    const followed = this.follow();
    await followed.synced;
    return followed.get(name);
  }

  /** As far as it is known. */
  known(name: string): CSIDriver | undefined {
    return this.#drivers?.get(name);
  }

  follow(): Informer<CSIDriver> {
    const { client, clock, random, log, lifetime, onChange } = this.#options;
    if (this.#drivers) return this.#drivers;
    const followed = informer(client, csidrivers, { clock, random, log });
    lifetime.add(() => followed.close());
    followed.onChange(({ object }) => onChange(object.metadata.name ?? ""));
    this.#drivers = followed;
    return followed;
  }

  async secret(ref: SecretRef | undefined): Promise<Record<string, string>> {
    if (!ref) return {};
    const { namespace, name } = ref;
    const found = await this.#options.client.get(secrets, { namespace, name }).catch((error) => {
      throw new Error(`kubernetes.io/csi: failed to find the secret ${name} in the namespace ${namespace} with error: ${messageOf(error)}`);
    });
    return Object.fromEntries(Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
  }

  /** Those that the driver asks for, as one attribute; none when it asks for none. */
  async tokensFor(pod: Pod, { spec }: CSIDriver): Promise<Record<string, string>> {
    const requests = spec?.tokenRequests ?? [];
    if (requests.length === 0) return {};
    const all: [string, object][] = [];
    for (const { audience = "", expirationSeconds } of requests)
      all.push([audience, await this.#tokens.issue(pod, audience || undefined, expirationSeconds)]);
    return { [tokensKey]: JSON.stringify(Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))) };
  }

  forget(uid: string): void {
    this.#tokens.forget(uid);
  }
}
