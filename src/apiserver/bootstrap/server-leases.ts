/**
 * Which API servers share a store: a key each, which goes when its server has not renewed it in time. Keys, values and times are
 * upstream's, so that its servers and ours count each other.
 */
import { type Store, under } from "#store/mod.ts";

const prefix = "/registry/masterleases/";
/** One renewal may be missed. */
const lifeSeconds = 15;
const mostTries = 5;

export interface ServerLeases {
  /** Says that the server at this address lives. */
  renew(address: string): Promise<void>;
  /** Addresses of those that live, in order. */
  list(): Promise<string[]>;
  remove(address: string): Promise<void>;
}

export function serverLeases(store: Store): ServerLeases {
  const read = async () => (await store.list(under(prefix))).entries;
  const entryOf = async (address: string) => (await read()).find(({ key }) => key === prefix + address);
  return {
    async renew(address) {
      for (let tries = 1; ; tries++) {
        const known = await entryOf(address);
        const generation = known ? generationOf(known.value) + 1 : 1;
        const value = { kind: "Endpoints", apiVersion: "v1", metadata: { generation }, subsets: [{ addresses: [{ ip: address }] }] };
        const options = { lifeSeconds };
        const done = await store.commit(prefix + address, known?.modRevision ?? "absent", Buffer.from(JSON.stringify(value)), options);
        if (done.ok) return;
        if (tries === mostTries) throw new Error(`the key of ${address} is changed by others again and again`);
      }
    },
    async list() {
      return (await read()).map(({ key }) => key.slice(prefix.length)).toSorted();
    },
    async remove(address) {
      const known = await entryOf(address);
      if (known) await store.commit(known.key, known.modRevision, "delete");
    },
  };
}

/** Upstream's server may have written it in another form: it counts from one again. */
function generationOf(value: Buffer): number {
  try {
    const { metadata } = JSON.parse(value.toString()) as { metadata?: { generation?: number } };
    return metadata?.generation ?? 0;
  } catch {
    return 0;
  }
}
