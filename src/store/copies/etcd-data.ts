/**
 * A copy of a store as the database of an etcd that has never run: every key with the versions that it has, and the counter where
 * the copy's stands. By etcd's API that cannot be made: there each version costs a write.
 */
import { createHash } from "node:crypto";
import { appendFileSync, createReadStream } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pipeline } from "node:stream/promises";
import { etcdMessages } from "../etcd-messages.ts";
import { tooNew } from "../sqlite-format.ts";
import { type Bucket, writeBolt } from "./bolt-file.ts";
import { factsOf, type StoreFacts } from "./store-copy.ts";

interface Row {
  revision: number;
  key: string;
  created: number;
  expires: number;
  value: Uint8Array;
}

/**
 * `from`: a copy without history, of `reviveCopy` or `forgetHistory`. `to` must not exist; it becomes `member/snap/db` of a data
 * folder that has nothing else. `now`: what has run out by then is left out, and what will has its time left.
 */
export function writeEtcdData(from: string, to: string, now: number): StoreFacts {
  const refused = tooNew(from);
  if (refused) throw new Error(refused);
  const copy = new DatabaseSync(from, { readOnly: true });
  try {
    const { revision } = factsOf(copy);
    const leases = leasesOf(copy, now);
    writeBolt(to, [
      { name: "key", entries: keys(copy, leases, now) },
      { name: "lease", entries: leasesIn(leases, now) },
      { name: "meta", entries: counter(revision) },
    ]);
    return { revision };
  } finally {
    copy.close();
  }
}

/** As `etcdctl snapshot save` ends its files: who restores it sees that it is whole. */
export async function sealEtcdData(file: string): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  appendFileSync(file, hash.digest());
}

const alive = "FROM change WHERE deleted = 0 AND (expires = 0 OR expires > ?)";

/** One for each second in which something ends; etcd's own begin at random, far above. */
function leasesOf(copy: DatabaseSync, now: number): Map<number, number> {
  const seconds = copy.prepare(`SELECT DISTINCT (expires + 999) / 1000 AS second ${alive} AND expires > 0 ORDER BY second`).all(now);
  return new Map((seconds as { second: number }[]).map(({ second }, at) => [second, at + 1]));
}

function* keys(copy: DatabaseSync, leases: ReadonlyMap<number, number>, now: number): Bucket["entries"] {
  const rows = copy.prepare(`SELECT revision, key, created, expires, value ${alive} ORDER BY revision`).iterate(now);
  for (const { revision, key, created, expires, value } of rows as Iterable<unknown> as Iterable<Row>) {
    const kept = { key, value, createRevision: created, modRevision: revision, version: created === revision ? 1 : 2 };
    const lease = expires === 0 ? undefined : leases.get(Math.ceil(expires / 1000))!.toString(16);
    yield [versionBytes(revision), etcdMessages.encode("KeyValue", { ...kept, lease })];
  }
}

function* leasesIn(leases: ReadonlyMap<number, number>, now: number): Bucket["entries"] {
  for (const [second, id] of leases) {
    const key = Buffer.alloc(8);
    key.writeBigUInt64BE(BigInt(id));
    yield [key, etcdMessages.encode("Lease", { id, ttl: Math.max(1, second - Math.floor(now / 1000)) })];
  }
}

/** All before it counts as compacted, so it is what the next version comes after. */
const counter = (revision: number): Bucket["entries"] =>
  ["finishedCompactRev", "scheduledCompactRev"].map((name) => [Buffer.from(name), versionBytes(revision)] as const);

/** Of one change of its version, the first. */
function versionBytes(revision: number): Buffer {
  const bytes = Buffer.alloc(17);
  bytes.writeBigUInt64BE(BigInt(revision));
  bytes[8] = "_".charCodeAt(0);
  return bytes;
}
