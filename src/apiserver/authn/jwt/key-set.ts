/** The keys of an issuer: read when a signature is met that none of the known keys made, unless its owner said how long they hold. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { compactVerify } from "jose";
import { type Clock, messageOf } from "#base/mod.ts";
import type { Fetched, Fetcher } from "./fetch.ts";

interface Known {
  id: string;
  key: KeyObject;
}

/** Keys that end sooner than this are read again already. */
const earlyMs = 30_000;
const mostKeys = 256;

export class KeySet {
  readonly #url: string;
  readonly #fetcher: Fetcher;
  readonly #clock: Clock;
  #keys: readonly Known[] = [];
  #until = 0;
  #reading: Promise<readonly Known[]> | undefined;

  constructor(url: string, fetcher: Fetcher, clock: Clock) {
    this.#url = url;
    this.#fetcher = fetcher;
    this.#clock = clock;
  }

  /** The payload of a token that one of the keys signed; rejects for any other. */
  async verify(token: string, keyId: string, algorithm: string): Promise<Buffer> {
    const known = await signedBy(this.#keys, token, keyId, algorithm);
    if (known) return known;
    if (this.#clock.now() + earlyMs <= this.#until) throw new Error("failed to verify id token signature");
    // All who need the keys at once wait for one reading.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    const fresh = await this.#reading.catch((error) => {
      throw new Error(`fetching keys ${messageOf(error)}`, { cause: error });
    });
    const found = await signedBy(fresh, token, keyId, algorithm);
    if (!found) throw new Error("failed to verify id token signature");
    return found;
  }

  async #read(): Promise<readonly Known[]> {
    const answer = await this.#fetcher.get(this.#url).catch((error) => {
      throw new Error(`oidc: get keys failed ${messageOf(error)}`, { cause: error });
    });
    if (answer.status !== 200) throw new Error(`oidc: get keys failed: ${answer.statusText} ${answer.body.slice(0, 1000)}`);
    let keys: unknown;
    try {
      keys = (JSON.parse(answer.body) as { keys?: unknown } | null)?.keys ?? [];
    } catch (error) {
      throw new Error(`oidc: failed to decode keys: ${messageOf(error)}`, { cause: error });
    }
    if (!Array.isArray(keys)) throw new Error("oidc: failed to decode keys: keys is not a list");
    this.#keys = keys.slice(0, mostKeys).flatMap(known);
    this.#until = this.#clock.now() + maxAgeMs(answer);
    return this.#keys;
  }
}

/** Keys of kinds that sign no tokens are passed over. */
function known(jwk: unknown): Known[] {
  try {
    return [{ id: String((jwk as { kid?: unknown }).kid ?? ""), key: createPublicKey({ key: jwk as never, format: "jwk" }) }];
  } catch {
    return [];
  }
}

async function signedBy(keys: readonly Known[], token: string, keyId: string, algorithm: string): Promise<Buffer | undefined> {
  for (const { id, key } of keys) {
    if (keyId !== "" && id !== keyId) continue;
    try {
      const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
      return Buffer.from(payload);
    } catch {
      // Another key may have signed it.
    }
  }
  return undefined;
}

function maxAgeMs({ headers }: Fetched): number {
  const control = [headers["cache-control"] ?? ""].flat().join(",").toLowerCase();
  if (/\bno-store\b|\bno-cache\b/.test(control)) return 0;
  return Number(/(?:^|[,\s])max-age="?(\d+)/.exec(control)?.[1] ?? 0) * 1000;
}
