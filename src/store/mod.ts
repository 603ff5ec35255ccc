import { type Clock, systemClock } from "#base/mod.ts";
import type { Store, StoreError } from "./contract.ts";
import { memoryJournal } from "./memory-journal.ts";
import { openRevisionedStore } from "./revisioned-store.ts";
import { sqliteJournal } from "./sqlite-journal.ts";

export {
  type Batch,
  type CommitOptions,
  type Committed,
  CompactedError,
  type Conflict,
  type Entry,
  type Follower,
  type Local,
  type Problem,
  type Range,
  type Revision,
  type Slice,
  type Store,
  StoreError,
  type StoreEvent,
} from "./contract.ts";
export { copyEtcd } from "./copies/etcd-copy.ts";
export { sealEtcdData, writeEtcdData } from "./copies/etcd-data.ts";
export { copyStore, forgetHistory, reviveCopy } from "./copies/store-copy.ts";
export { type EtcdCluster, type EtcdMember, etcdCluster, memberStatus } from "./etcd-cluster.ts";
export { serveEtcd } from "./etcd-server/serve.ts";
export { createEtcdStore, type EtcdOptions } from "./etcd-store.ts";
export { prefixedStore } from "./prefixed-store.ts";
export { only, prefixEnd, under } from "./range.ts";
export { aesCbc, aesGcm } from "./sealing/aes.ts";
export { Kms } from "./sealing/kms.ts";
export { ownKeys, ownMark, ownOrPlain } from "./sealing/own-key.ts";
export { sealedStore } from "./sealing/sealed-store.ts";
export { secretbox } from "./sealing/secretbox.ts";
export { firstOf, identity, type Marked, type Transformer } from "./sealing/transformer.ts";
export { SortedMap } from "./sorted-map.ts";
export { tooNew } from "./sqlite-format.ts";

export interface StoreOptions {
  /** For keys that expire. */
  clock?: Clock;
}

/** Lives as long as the process. */
export function createMemoryStore({ clock = systemClock }: StoreOptions = {}): Promise<Store> {
  return openRevisionedStore(memoryJournal(), { clock });
}

export interface SqliteOptions extends StoreOptions {
  file: string;
  /** What was acknowledged may be lost with the machine: for tests. */
  unsafe?: boolean;
  /** Its disk returned an error: nothing is written any more, and the process should end. */
  onFailure?(error: StoreError): void;
}

/** One file (with its write-ahead log and a reserve of space beside it), mode 0600. */
export function createSqliteStore({ file, clock = systemClock, onFailure, unsafe = false }: SqliteOptions): Promise<Store> {
  return openRevisionedStore(sqliteJournal(file, unsafe), { clock, onFailure });
}
