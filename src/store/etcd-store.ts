/**
 * A store in etcd, shared by several API servers. One watch of the whole keyspace feeds everybody: since every revision is
 * a change of some key, that watch reaches every revision, and no range needs a progress notification to know that it is
 * complete (etcd before 3.4.25 could send one ahead of the changes that it spoke for).
 */
import { type Clock, type Log, messageOf, type Random, systemClock, systemRandom } from "#base/mod.ts";
import { batches } from "./batches.ts";
import {
  type Batch,
  type CommitOptions,
  type Committed,
  CompactedError,
  type Conflict,
  type Entry,
  type Problem,
  type Range,
  type Revision,
  type Slice,
  type Store,
  StoreError,
  type StoreEvent,
} from "./contract.ts";
import { type EtcdClient, type EtcdEndpoints, etcdClient, storeError } from "./etcd-client.ts";
import { endpointsOf, membersBy } from "./etcd-cluster.ts";
import { EtcdLeases } from "./etcd-leases.ts";
import { compareMod, type KeyValue, type RangeResponse, type TxnResponse, type WatchResponse } from "./etcd-messages.ts";
import { Followers } from "./followers.ts";
import { covers, lastKey } from "./range.ts";

export interface EtcdOptions extends EtcdEndpoints {
  clock?: Clock;
  random?: Random;
  log?: Log;
  /** Told of the members whenever there are others: who is asked follows them. Absent: the endpoints are all there are. */
  learned?(endpoints: readonly string[]): void;
}

const kv = "/etcdserverpb.KV/";
/** Keys of one answer: a list of everything is read in turns. */
const pageLimit = 2000;
const reconnectMs = 250;
/** How often the member that is asked is asked for nothing, so that one that is silent is left before anybody waits for it. */
const probeEveryMs = 1000;
/** Members come and go by a person's hand. */
const learnEveryMs = 10_000;
const noKey = () => ({ key: keyBytes("\0"), countOnly: true });
const everything: Range = { from: "", to: lastKey };

export async function createEtcdStore(options: EtcdOptions): Promise<Store> {
  const client = etcdClient(options);
  try {
    const store = new EtcdStore(client, options);
    await store.start();
    return store;
  } catch (error) {
    client.close();
    throw error;
  }
}

class EtcdStore implements Store {
  #client: EtcdClient;
  #clock: Clock;
  #log: Log | undefined;
  #leases: EtcdLeases;
  #learned: EtcdOptions["learned"];
  #followers!: Followers;
  #closing = new AbortController();
  #problem: Problem | undefined;
  /** Aborts when the member that the one watch is at is silent. */
  #silent = new AbortController();
  #asking: Promise<Revision> | undefined;
  #askingNext: Promise<Revision> | undefined;

  constructor(client: EtcdClient, { clock = systemClock, random = systemRandom, log, learned }: EtcdOptions) {
    this.#client = client;
    this.#learned = learned;
    this.#clock = clock;
    this.#log = log;
    const grant = async (id: number, ttl: number) => {
      await client.call("/etcdserverpb.Lease/LeaseGrant", ["LeaseGrantRequest", { id, ttl }], "LeaseGrantResponse", false);
    };
    this.#leases = new EtcdLeases({ grant, clock, random });
  }
  async start(): Promise<void> {
    const seen = await this.current();
    this.#followers = new Followers(seen, (range, after, upTo) => this.#history(range, after, upTo));
    void this.#feed();
    void this.#probe();
    if (this.#learned) void this.#learn(this.#learned);
  }
  /** Callers share a question that was not sent yet when they called: one that was sent may be answered from before them. */
  current(): Promise<Revision> {
    if (!this.#asking) {
      this.#asking = this.#askCurrent().finally(() => {
        this.#asking = undefined;
      });
      return this.#asking;
    }
    this.#askingNext ??= this.#asking
      .catch(() => 0)
      .then(() => {
        this.#askingNext = undefined;
        return this.current();
      });
    return this.#askingNext;
  }
  async #askCurrent(): Promise<Revision> {
    const { header } = await this.#range(noKey());
    return header.revision;
  }
  #range(request: object): Promise<RangeResponse> {
    return this.#client.call<RangeResponse>(`${kv}Range`, ["RangeRequest", request], "RangeResponse", true);
  }
  async list({ from, to, limit = Infinity }: Range, at?: Revision): Promise<Slice> {
    const entries: Entry[] = [];
    const rangeEnd = endBytes(to);
    let start = keyBytes(from);
    let revision = at;
    for (;;) {
      const left = Math.min(pageLimit, limit - entries.length);
      const page = await this.#range({ key: start, rangeEnd, limit: left, revision: revision ?? 0 });
      revision ??= page.header.revision;
      for (const each of page.kvs) entries.push(entryOf(each));
      const remaining = page.count - page.kvs.length;
      if (remaining <= 0 || page.kvs.length === 0 || entries.length >= limit) return { entries, revision, remaining };
      start = Buffer.concat([page.kvs.at(-1)!.key, Buffer.alloc(1)]);
    }
  }
  async commit(
    key: string,
    expect: Revision | "absent",
    value: Buffer | "delete",
    { lifeSeconds }: CommitOptions = {},
  ): Promise<Committed | Conflict> {
    const name = keyBytes(key);
    const lease = lifeSeconds ? await this.#leases.leaseFor(lifeSeconds) : 0;
    const change = value === "delete" ? { requestDeleteRange: { key: name } } : { requestPut: { key: name, value, lease } };
    const request = {
      compare: [{ target: compareMod, key: name, modRevision: expect === "absent" ? 0 : expect }],
      success: [change],
      failure: [{ requestRange: { key: name } }],
    };
    const answer = await this.#client.call<TxnResponse>(`${kv}Txn`, ["TxnRequest", request], "TxnResponse", false);
    if (answer.succeeded) return { ok: true, revision: answer.header.revision };
    const current = answer.responses[0]?.responseRange?.kvs[0];
    return { ok: false, current: current && entryOf(current) };
  }
  watch(range: Range, after: Revision, signal: AbortSignal): AsyncIterable<Batch> {
    return batches((follower) => this.#followers.follow(range, after, follower), signal);
  }
  async compact(through: Revision): Promise<void> {
    const revision = Math.min(through, await this.current());
    try {
      await this.#client.call(`${kv}Compact`, ["CompactionRequest", { revision }], "CompactionResponse", true);
    } catch (error) {
      // Another server was here before.
      if (!(error instanceof CompactedError)) throw error;
    }
  }
  problem(): Problem | undefined {
    return this.#problem;
  }
  async close(): Promise<void> {
    this.#closing.abort();
    this.#followers.clear();
    this.#client.close();
  }
  /** The one watch, opened again from where it broke. */
  async #feed(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#silent = new AbortController();
      const silent = this.#silent.signal;
      try {
        const now = await this.current();
        // A cluster that was put back from a backup counts from there.
        if (now < this.#followers.seen) this.#followers.restart(now);
        if (silent.aborted) continue;
        this.#problem = undefined;
        const both = AbortSignal.any([signal, silent]);
        for await (const { events, seen } of this.#open(this.#followers.seen, both)) this.#followers.publish(events, seen);
        if (!signal.aborted) throw new StoreError("etcd: the member does not answer", { kind: "unreachable" });
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof CompactedError) {
          this.#followers.restart(error.compacted);
          continue;
        }
        this.#problem = { kind: "unreachable", message: messageOf(error) };
        this.#log?.warn("the watch of etcd broke", { error: messageOf(error) });
      }
      // Whoever found it silent has moved on.
      if (!silent.aborted) this.#client.next();
      await this.#clock.sleep(reconnectMs, signal);
    }
  }
  async #probe(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#clock.sleep(probeEveryMs, signal);
      if (signal.aborted) return;
      if (await this.#client.probe(`${kv}Range`, ["RangeRequest", noKey()], "RangeResponse")) continue;
      this.#silent.abort();
      this.#problem = { kind: "unreachable", message: "etcd: no answer in time" };
    }
  }
  async #learn(learned: (endpoints: readonly string[]) => void): Promise<void> {
    const { signal } = this.#closing;
    for (let before = ""; !signal.aborted; await this.#clock.sleep(learnEveryMs, signal)) {
      try {
        const endpoints = endpointsOf(await membersBy(this.#client));
        if (endpoints.length === 0 || endpoints.join() === before) continue;
        before = endpoints.join();
        this.#client.use(endpoints);
        learned(endpoints);
      } catch (error) {
        if (!signal.aborted) this.#log?.debug("the members of etcd cannot be asked for", { error: messageOf(error) });
      }
    }
  }
  /** Changes of every key after a revision. It starts at that revision itself: etcd refuses a compacted start only below the compaction. */
  async *#open(after: Revision, signal: AbortSignal): AsyncGenerator<Batch> {
    const request = { key: keyBytes(everything.from), rangeEnd: endBytes(everything.to), startRevision: Math.max(1, after) };
    const create = { createRequest: { ...request, prevKv: true } };
    const answers = this.#client.stream<WatchResponse>("/etcdserverpb.Watch/Watch", ["WatchRequest", create], "WatchResponse", signal);
    try {
      for await (const { events, canceled, compactRevision, cancelReason } of answers) {
        if (compactRevision) throw new CompactedError(compactRevision);
        if (canceled) throw new StoreError(`etcd: the watch was canceled: ${cancelReason}`, { kind: "unreachable" });
        const fresh = events.map(eventOf).filter(({ revision }) => revision > after);
        const last = fresh.at(-1)?.revision;
        if (last !== undefined) yield { events: fresh, seen: last };
      }
    } catch (error) {
      throw storeError("watching", error);
    }
    if (!signal.aborted) throw new StoreError("etcd: the watch ended", { kind: "unreachable" });
  }
  async #history(range: Range, after: Revision, upTo: Revision): Promise<StoreEvent[]> {
    // Revision 1 is the empty store's and has no change.
    if (upTo <= 1) return [];
    const found: StoreEvent[] = [];
    const reading = new AbortController();
    const stop = () => reading.abort();
    this.#closing.signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const { events, seen } of this.#open(after, reading.signal)) {
        for (const event of events) if (event.revision <= upTo && covers(range, event.key)) found.push(event);
        if (seen >= upTo) break;
      }
      return found;
    } finally {
      this.#closing.signal.removeEventListener("abort", stop);
      reading.abort();
    }
  }
}

const keyBytes = (key: string) => Buffer.from(key === "" ? "\0" : key);
/** `\0` means "all that follow". */
const endBytes = (to: string) => Buffer.from(to === lastKey ? "\0" : to);

function entryOf({ key, value, modRevision, createRevision }: KeyValue): Entry {
  return { key: Buffer.from(key).toString(), value: own(value), modRevision, createRevision };
}

function eventOf({ type, kv: { key, value, modRevision, createRevision }, prevKv }: WatchResponse["events"][number]): StoreEvent {
  const previous = prevKv && { previous: own(prevKv.value), previousRevision: prevKv.modRevision };
  const name = Buffer.from(key).toString();
  if (type === 1)
    return { type: "delete", key: name, value: previous?.previous ?? own(value), revision: modRevision, created: false, ...previous };
  return { type: "put", key: name, value: own(value), revision: modRevision, created: createRevision === modRevision, ...previous };
}

/** A copy: a view would keep the whole answer that it came in. */
function own(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length);
  copy.set(bytes);
  return copy;
}
