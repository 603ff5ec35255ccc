/** A copy of what an etcd holds at one moment, in the form of an embedded store's file. */
import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "#base/mod.ts";
import { CompactedError, StoreError } from "../contract.ts";
import { type EtcdClient, type EtcdEndpoints, etcdClient } from "../etcd-client.ts";
import type { KeyValue, RangeResponse } from "../etcd-messages.ts";
import { prefixEnd } from "../range.ts";
import { openDatabase } from "../sqlite-format.ts";
import type { StoreFacts } from "./store-copy.ts";

/** Few enough that the biggest objects of all fit into one answer. */
const pageLimit = 500;

export interface EtcdFacts extends StoreFacts {
  /** Which etcd it is, in its own words: another one counts its versions from another beginning. */
  clusterId: string;
}

export interface EtcdCopying extends EtcdEndpoints {
  prefix: string;
  /** Must not exist. */
  to: string;
  clock: Clock;
}

/** Whoever writes goes on: all of it is read at one version. Throws StoreError where nobody answers, and where two keys were written as one. */
export async function copyEtcd({ prefix, to, clock, ...etcd }: EtcdCopying): Promise<EtcdFacts> {
  const client = etcdClient(etcd);
  let copy: DatabaseSync | undefined;
  try {
    copy = openDatabase(to);
    return await copyInto(copy, { client, prefix, clock });
  } catch (error) {
    copy?.close();
    copy = undefined;
    for (const end of ["", "-wal", "-shm"]) rmSync(to + end, { force: true });
    if (error instanceof CompactedError)
      throw new StoreError("etcd forgot the version that was being read: it took too long, try again", { cause: error });
    throw error;
  } finally {
    copy?.close();
    client.close();
  }
}

interface Copying {
  client: EtcdClient;
  prefix: string;
  clock: Clock;
}

async function copyInto(copy: DatabaseSync, { client, prefix, clock }: Copying): Promise<EtcdFacts> {
  const insert = copy.prepare(
    "INSERT INTO change (revision, key, previous, created, deleted, expires, value) VALUES (?, ?, 0, ?, 0, ?, ?)",
  );
  const ends = new Map<string, number>();
  const rangeEnd = Buffer.from(prefixEnd(prefix));
  let [start, revision, clusterId]: [Uint8Array, number, string] = [Buffer.from(prefix), 0, ""];
  copy.exec("BEGIN IMMEDIATE");
  for (let more = true; more; ) {
    const page = await range(client, { key: start, rangeEnd, limit: pageLimit, revision });
    if (revision === 0) [revision, clusterId] = [page.header.revision, page.header.clusterId];
    for (const { key, value, createRevision, modRevision, lease } of page.kvs) {
      const expires = lease === noLease ? 0 : (ends.get(lease) ?? (await endOf(client, lease, clock)));
      if (lease !== noLease) ends.set(lease, expires);
      // It ended between the two questions.
      if (expires === ended) continue;
      try {
        insert.run(modRevision, Buffer.from(key).toString(), createRevision, expires, value);
      } catch (error) {
        throw (error as { errcode?: number }).errcode === taken ? sharedVersion(modRevision, key, error) : error;
      }
    }
    more = page.count > page.kvs.length && page.kvs.length > 0;
    if (more) start = Buffer.concat([page.kvs.at(-1)!.key, Buffer.alloc(1)]);
  }
  copy.prepare("INSERT OR REPLACE INTO meta (name, value) VALUES ('compacted', ?)").run(revision);
  copy.exec("COMMIT");
  copy.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;");
  return { revision, clusterId };
}

const noLease = "0";
const ended = -1;

const range = (client: EtcdClient, request: object): Promise<RangeResponse> =>
  client.call<RangeResponse>("/etcdserverpb.KV/Range", ["RangeRequest", request], "RangeResponse", true);

/** Milliseconds since 1970. */
async function endOf(client: EtcdClient, id: KeyValue["lease"], clock: Clock): Promise<number> {
  const request: [string, object] = ["LeaseTimeToLiveRequest", { id }];
  const { ttl } = await client.call<{ ttl: number }>("/etcdserverpb.Lease/LeaseTimeToLive", request, "LeaseTimeToLiveResponse", true);
  return ttl < 0 ? ended : clock.now() + Math.max(1, ttl) * 1000;
}

/** SQLITE_CONSTRAINT_PRIMARYKEY. */
const taken = 1555;

/** A file of a store has one change for a version; so has every etcd that only API servers write to. */
const sharedVersion = (revision: number, key: Uint8Array, cause: unknown): StoreError =>
  new StoreError(`etcd: ${Buffer.from(key)} was written together with another key (version ${revision}), which no API server does`, {
    cause,
  });
