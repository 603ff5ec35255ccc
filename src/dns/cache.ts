/** Remembers what others answered, by question, each answer as long as its records and the settings allow. */
import { addressed, asTold, type Kept } from "./cached-answer.ts";
import { isWithin, rcodes, types } from "./message.ts";
import type { Handler, Query, Reply, Running } from "./plugins/plugin.ts";
import { type Layout, layoutOf, withLife } from "./wire.ts";

export interface Kind {
  most: number;
  mostSeconds: number;
  leastSeconds: number;
  /** Zones of which nothing of the kind is remembered. */
  except: string[];
}

export interface CacheSettings {
  success: Kind;
  denial: Kind;
  failureSeconds: number;
  /** What is asked so often, without a longer gap, is asked for anew before it ends. */
  prefetch: { amount: number; gapMs: number; percent: number } | undefined;
  /** How long what has ended may still be told. */
  stale: { mostMs: number; verify: boolean } | undefined;
  keepTtl: boolean;
}

/** Longer ones are asked for each time: memory has a bound. */
const mostBytes = 4096;

type KindName = "success" | "denial";
const kinds: readonly KindName[] = ["success", "denial"];

/** Questions that are the same while one is under way wait for its answer. */
export function remembering(next: Handler, settings: CacheSettings, running: Running, labels: Record<string, string>): Handler {
  return new Cache(next, settings, running, labels).handler;
}

class Cache {
  readonly #next: Handler;
  readonly #settings: CacheSettings;
  readonly #clock: Running["clock"];
  readonly #kept: Record<KindName, Map<string, Kept>> = { success: new Map(), denial: new Map() };
  readonly #underWay = new Map<string, Promise<Reply>>();
  readonly #counts;

  constructor(next: Handler, settings: CacheSettings, { clock, metrics }: Running, labels: Record<string, string>) {
    this.#next = next;
    this.#settings = settings;
    this.#clock = clock;
    const byKind = (name: string, help: string) => ({
      success: metrics.counter(name, help, { ...labels, type: "success" }),
      denial: metrics.counter(name, help, { ...labels, type: "denial" }),
    });
    this.#counts = {
      requests: metrics.counter("coredns_cache_requests_total", "Queries that the cache was asked.", labels),
      misses: metrics.counter("coredns_cache_misses_total", "Queries that the cache had no answer for.", labels),
      hits: byKind("coredns_cache_hits_total", "Queries that the cache answered."),
      evictions: byKind("coredns_cache_evictions_total", "Answers that made room for others."),
      prefetches: metrics.counter("coredns_cache_prefetch_total", "Answers asked for anew before they ended.", labels),
      stale: metrics.counter("coredns_cache_served_stale_total", "Queries answered by what had ended.", labels),
      entries: {
        success: metrics.gauge("coredns_cache_entries", "Answers that are remembered.", { ...labels, type: "success" }),
        denial: metrics.gauge("coredns_cache_entries", "Answers that are remembered.", { ...labels, type: "denial" }),
      },
    };
  }
  readonly handler: Handler = (query) => {
    const question = layoutOf(query.bytes);
    if (!question) return this.#next(query);
    this.#counts.requests.value++;
    const key = keyOf(query, question);
    for (const kind of kinds) {
      const found = this.#kept[kind].get(key);
      if (!found) continue;
      const left = found.atMs + found.seconds * 1000 - this.#clock.monotonic();
      if (left > 0) return this.#hit(found, kind, { query, question, key, left });
      const stale = this.#settings.stale;
      if (stale && -left <= stale.mostMs) return this.#stale(found, { query, question, key }, stale.verify);
      this.#forget(kind, key);
    }
    this.#counts.misses.value++;
    return this.#ask(query, question, key);
  };
  #hit(found: Kept, kind: KindName, at: Place & { left: number }): Reply {
    this.#counts.hits[kind].value++;
    const now = this.#clock.monotonic();
    const { prefetch } = this.#settings;
    if (prefetch) {
      found.hits = now - found.hitAtMs > prefetch.gapMs ? 1 : found.hits + 1;
      found.hitAtMs = now;
      const soon = Math.max(1000, (found.seconds * 1000 * prefetch.percent) / 100);
      if (found.hits >= prefetch.amount && at.left <= soon && !this.#underWay.has(at.key)) {
        this.#counts.prefetches.value++;
        this.#ask(at.query, at.question, at.key).catch(() => {});
      }
    }
    const age = this.#settings.keepTtl ? 0 : Math.floor((now - found.atMs) / 1000);
    return { ...found.reply, bytes: asTold(found, at.query.bytes, at.question, Math.max(0, found.seconds - age)) };
  }
  #stale(found: Kept, { query, question, key }: Place, verify: boolean): Reply | Promise<Reply> {
    const old = (): Reply => {
      this.#counts.stale.value++;
      return { ...found.reply, bytes: asTold(found, query.bytes, question, 0) };
    };
    const asking = this.#ask(query, question, key);
    if (!verify) {
      asking.catch(() => {});
      return old();
    }
    return asking.then(
      (reply) => ((reply.bytes[3]! & 0x0f) === rcodes.SERVFAIL ? old() : reply),
      () => old(),
    );
  }
  async #ask(query: Query, question: Layout, key: string): Promise<Reply> {
    // `loop` counts how often its question comes back.
    const others = query.type === types.HINFO ? undefined : this.#underWay.get(key);
    if (others) {
      const reply = await others;
      return { ...reply, bytes: addressed(Buffer.from(reply.bytes), query.bytes, question) };
    }
    const asking = Promise.resolve(this.#next(query));
    this.#underWay.set(key, asking);
    try {
      return this.#learn(query, key, await asking);
    } finally {
      this.#underWay.delete(key);
    }
  }
  #learn(query: Query, key: string, reply: Reply): Reply {
    const layout = layoutOf(reply.bytes);
    const life = layout && this.#lifeOf(reply.bytes, layout);
    if (!layout || !life) return reply;
    const told = { ...reply, bytes: Buffer.from(reply.bytes) };
    for (const { ttlAt } of withLife(layout)) told.bytes.writeUInt32BE(life.seconds, ttlAt);
    // What the node knows itself is told anew each time.
    if (reply.lasting || reply.bytes.length > mostBytes) return told;
    const kind = this.#settings[life.kind];
    if (kind.except.some((zone) => isWithin(query.name, zone))) return told;
    for (const each of kinds) this.#forget(each, key);
    const kept = this.#kept[life.kind];
    for (const oldest of kept.keys()) {
      if (kept.size < kind.most) break;
      kept.delete(oldest);
      this.#counts.evictions[life.kind].value++;
    }
    kept.set(key, { reply, layout, atMs: this.#clock.monotonic(), seconds: life.seconds, hits: 0, hitAtMs: 0 });
    this.#counts.entries[life.kind].value = kept.size;
    return told;
  }
  #forget(kind: KindName, key: string): void {
    if (this.#kept[kind].delete(key)) this.#counts.entries[kind].value = this.#kept[kind].size;
  }
  /** Undefined: it is not to be remembered. */
  #lifeOf(answer: Buffer, layout: Layout): { kind: KindName; seconds: number } | undefined {
    const code = answer[3]! & 0x0f;
    const isTruncated = (answer[2]! & 0x02) !== 0;
    if (isTruncated) return undefined;
    const { failureSeconds } = this.#settings;
    if (code === rcodes.SERVFAIL) return failureSeconds > 0 ? { kind: "denial", seconds: failureSeconds } : undefined;
    const isDenial = code === rcodes.NXDOMAIN || (code === rcodes.NOERROR && layout.answers.length === 0);
    // A denial that does not say who denies may be a server that knows nothing.
    if (code !== rcodes.NOERROR && code !== rcodes.NXDOMAIN) return undefined;
    const soas = layout.authorities.filter(({ type, size }) => type === types.SOA && size >= 4);
    if (isDenial && soas.length === 0) return undefined;
    const lives = withLife(layout).map(({ ttlAt }) => answer.readUInt32BE(ttlAt));
    // The last number of an SOA is how long a denial holds.
    const denied = isDenial ? soas.map(({ dataAt, size }) => answer.readUInt32BE(dataAt + size - 4)) : [];
    const kind = isDenial ? "denial" : "success";
    const { mostSeconds, leastSeconds } = this.#settings[kind];
    return { kind, seconds: Math.min(mostSeconds, Math.max(leastSeconds, Math.min(...lives, ...denied))) };
  }
}

interface Place {
  query: Query;
  question: Layout;
  key: string;
}

/** All but the ID, whatever the letters' case: what is asked, how, and what the asker understands. */
function keyOf({ bytes, stream }: Query, { questionEnd }: Layout): string {
  const name = bytes.toString("latin1", 12, questionEnd).toLowerCase();
  return `${stream ? "s" : "d"}${bytes.toString("latin1", 2, 12)}${name}${bytes.toString("latin1", questionEnd)}`;
}
