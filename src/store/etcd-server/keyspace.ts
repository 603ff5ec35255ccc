/** etcd's reads, writes and transactions over one of our stores, which writes one key at a time. */
import { GrpcRefusal } from "#net/mod.ts";
import { CompactedError, type Conflict, type Entry, type Revision, type Store, StoreError } from "../contract.ts";
import type { Leases } from "./leases.ts";
import {
  type Compare,
  codes,
  type DeleteRequest,
  type Kv,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  type TxnRequest,
} from "./messages.ts";
import { headOf, keyOf, kvOfEntry, packed, rangeOf } from "./values.ts";

/** Against other writers of the same key. */
const rounds = 100;

type Operation = { key: Uint8Array } & ({ put: PutRequest } | { delete: DeleteRequest });

interface Written {
  revision: Revision;
  before: Kv | undefined;
  changed: boolean;
}

export const header = (revision: Revision) => ({ clusterId: 1, memberId: 1, revision, raftTerm: 1 });

const later = (what: string) => new GrpcRefusal(codes.unimplemented, `etcdserver: ${what}`);

export class Keyspace {
  readonly #store: Store;
  readonly #leases: Leases;

  constructor(store: Store, leases: Leases) {
    this.#store = store;
    this.#leases = leases;
  }
  async range(asked: RangeRequest): Promise<object> {
    const { key, rangeEnd, limit, revision, sortOrder, sortTarget, keysOnly, countOnly } = asked;
    if (key.length === 0) throw new GrpcRefusal(codes.invalid, "etcdserver: key is not provided");
    if (asked.minModRevision || asked.maxModRevision || asked.minCreateRevision || asked.maxCreateRevision)
      throw later("ranges are not chosen by revision here");
    if (sortOrder !== 0 && sortTarget !== 0) throw later("ranges are sorted by key here");
    const now = await this.#store.current();
    if (revision > now) throw new GrpcRefusal(codes.outOfRange, "etcdserver: mvcc: required revision is a future revision");
    const isReversed = sortOrder === 2;
    const most = limit > 0 && !isReversed ? { limit: countOnly ? 1 : limit } : {};
    const slice = await this.#list({ ...rangeOf(key, rangeEnd), ...most }, revision || undefined);
    const count = slice.entries.length + slice.remaining;
    const entries = isReversed ? slice.entries.toReversed().slice(0, limit || undefined) : slice.entries;
    const kvs = countOnly ? [] : entries.map(kvOfEntry).map((kv) => (keysOnly ? { ...kv, value: new Uint8Array() } : kv));
    return { header: header(Math.max(now, slice.revision)), kvs, count, more: !countOnly && count > kvs.length };
  }
  async put(asked: PutRequest): Promise<object> {
    const { revision, before } = await this.#write({ key: asked.key, put: asked }, () => true);
    return { header: header(revision), ...(asked.prevKv && before ? { prevKv: before } : {}) };
  }
  /** Each key at a revision of its own. */
  async delete(asked: DeleteRequest): Promise<object> {
    const { entries, revision } = await this.#list(rangeOf(asked.key, asked.rangeEnd));
    let last = revision;
    const prevKvs: Kv[] = [];
    for (const { key } of entries) {
      const one = { ...asked, key: Buffer.from(key, "latin1") };
      const written = await this.#write({ key: one.key, delete: one }, () => true);
      last = Math.max(last, written.revision);
      if (written.changed && written.before) prevKvs.push(written.before);
    }
    return { header: header(last), deleted: prevKvs.length, ...(asked.prevKv ? { prevKvs } : {}) };
  }
  async txn({ compare, success, failure }: TxnRequest): Promise<object> {
    const keys = new Set(compare.map(({ key }) => keyOf(key)));
    if (compare.some(({ rangeEnd }) => rangeEnd.length > 0)) throw later("ranges are not compared here");
    const writes = [success, failure].map((branch) => branch.flatMap((each) => operationOf(each) ?? []));
    for (const branch of writes) {
      if (branch.length > 1) throw later("a transaction writes one key here");
      if (branch[0] && [...keys].some((key) => key !== keyOf(branch[0]!.key)))
        throw later("a transaction that writes compares no other key here");
    }
    if (keys.size > 1) throw later("a transaction compares one key here");
    for (let round = 0; round < rounds; round++) {
      const key = compare[0]?.key;
      const { entries, revision } = key ? await this.#list(rangeOf(key, new Uint8Array())) : { entries: [], revision: 0 };
      const succeeded = compare.every((one) => holds(one, entries[0] && kvOfEntry(entries[0])));
      const branch = succeeded ? success : failure;
      const operation = writes[succeeded ? 0 : 1]![0];
      if (!operation) return this.#readOnly(branch, succeeded, revision);
      const same = (entry: Entry | undefined) =>
        compare.every((one) => holds(one, entry && kvOfEntry(entry))) === succeeded || compare.length === 0;
      const written = await this.#write(operation, same).catch(lostRace);
      if (written === "lost") continue;
      return { header: header(written.revision), succeeded, responses: await this.#answers(branch, written) };
    }
    throw new GrpcRefusal(codes.unavailable, `etcdserver: other writers won ${rounds} times`);
  }
  async compact(revision: Revision): Promise<object> {
    const now = await this.#store.current();
    if (revision > now) throw new GrpcRefusal(codes.outOfRange, "etcdserver: mvcc: required revision is a future revision");
    if (revision <= (this.#store.local?.compacted() ?? 0))
      throw new GrpcRefusal(codes.outOfRange, "etcdserver: mvcc: required revision has been compacted");
    await this.#store.compact(revision);
    return { header: header(now) };
  }
  async #readOnly(branch: readonly RequestOp[], succeeded: boolean, seen: Revision): Promise<object> {
    const responses: object[] = [];
    for (const { requestRange } of branch) responses.push({ responseRange: await this.range(requestRange!) });
    return { header: header(Math.max(seen, await this.#store.current())), succeeded, responses };
  }
  async #answers(branch: readonly RequestOp[], { revision, before, changed }: Written): Promise<object[]> {
    const answers: object[] = [];
    for (const { requestRange, requestPut, requestDeleteRange } of branch) {
      if (requestRange) answers.push({ responseRange: await this.range(requestRange) });
      const prevKv = before ? { prevKv: before } : {};
      if (requestPut) answers.push({ responsePut: { header: header(revision), ...(requestPut.prevKv ? prevKv : {}) } });
      if (requestDeleteRange)
        answers.push({
          responseDeleteRange: {
            header: header(revision),
            deleted: changed ? 1 : 0,
            ...(requestDeleteRange.prevKv && before ? { prevKvs: [before] } : {}),
          },
        });
    }
    return answers;
  }
  /** Compare and swap until it is done; rejects with `lost` when the key is not as it was when the branch was chosen. */
  async #write(operation: Operation, mayWrite: (entry: Entry | undefined) => boolean): Promise<Written> {
    const key = keyOf(operation.key);
    if (key === "") throw new GrpcRefusal(codes.invalid, "etcdserver: key is not provided");
    let entry: Entry | undefined = (await this.#list(rangeOf(operation.key, new Uint8Array()))).entries[0];
    for (let round = 0; round < rounds; round++) {
      if (!mayWrite(entry)) throw new LostRace();
      const before = entry && kvOfEntry(entry);
      if ("delete" in operation && !entry) return { revision: await this.#store.current(), before: undefined, changed: false };
      const result = await this.#commit(key, entry, operation);
      if (result.ok) return { revision: result.revision, before, changed: true };
      entry = result.current;
    }
    throw new GrpcRefusal(codes.unavailable, `etcdserver: other writers won ${rounds} times`);
  }
  async #commit(key: string, entry: Entry | undefined, operation: Operation): Promise<{ ok: true; revision: Revision } | Conflict> {
    const expect = entry?.modRevision ?? "absent";
    try {
      if ("delete" in operation) return await this.#store.commit(key, expect, "delete");
      const { value, lease, ignoreValue, ignoreLease } = operation.put;
      if (ignoreValue || ignoreLease) throw later("a put says its value and its lease here");
      const head = entry && headOf(entry.value);
      const created = entry ? head!.created || entry.modRevision : 0;
      const lifeSeconds = lease ? this.#leases.attach(lease, key) : undefined;
      const next = packed(value, { version: (head?.version ?? 0) + 1, lease, created });
      return await this.#store.commit(key, expect, next, lifeSeconds === undefined ? {} : { lifeSeconds });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw error.kind === "full"
        ? new GrpcRefusal(8, "etcdserver: mvcc: database space exceeded")
        : new GrpcRefusal(codes.unavailable, `etcdserver: ${error.message}`);
    }
  }
  async #list(range: Parameters<Store["list"]>[0], at?: Revision) {
    try {
      return await this.#store.list(range, at);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      throw new GrpcRefusal(codes.outOfRange, "etcdserver: mvcc: required revision has been compacted");
    }
  }
}

class LostRace extends Error {}

function lostRace(error: unknown): "lost" {
  if (error instanceof LostRace) return "lost";
  throw error;
}

function operationOf({ requestPut, requestDeleteRange, requestTxn }: RequestOp): Operation | undefined {
  if (requestTxn) throw later("a transaction has no other within it here");
  if (requestPut) return { key: requestPut.key, put: requestPut };
  if (!requestDeleteRange) return undefined;
  if (requestDeleteRange.rangeEnd.length > 0) throw later("a transaction deletes one key here");
  return { key: requestDeleteRange.key, delete: requestDeleteRange };
}

const absent = { version: 0, createRevision: 0, modRevision: 0, lease: 0 };

/** Targets: version, creation, modification, value, lease. Results: equal, greater, less, not equal. */
function holds(compare: Compare, kv: Kv | undefined): boolean {
  const { result, target, value } = compare;
  const test = (order: number) => (result === 0 ? order === 0 : result === 1 ? order > 0 : result === 2 ? order < 0 : order !== 0);
  // A key that does not exist has no value to compare.
  if (target === 3) return kv !== undefined && test(Buffer.compare(kv.value, value));
  const name = (["version", "createRevision", "modRevision", undefined, "lease"] as const)[target];
  if (name === undefined) throw new GrpcRefusal(codes.invalid, "etcdserver: unknown target of a compare");
  return test((kv ?? absent)[name] - compare[name]);
}
