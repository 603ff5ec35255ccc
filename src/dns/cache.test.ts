import assert from "node:assert/strict";
import { test } from "node:test";
import { Packet } from "dns2";
import { VirtualClock } from "#base/mod.ts";
import { failure } from "./answer.ts";
import { type CacheSettings, remembering } from "./cache.ts";
import { Metrics } from "./metrics.ts";
import type { Handler, Query, Running } from "./plugins/plugin.ts";

const types = { A: 1, SOA: 6 };
let ids = 0;

function aQuery(name: string): Buffer {
  const query = new Packet();
  Object.assign(query.header, { id: ++ids, rd: 1 });
  query.questions.push({ name, type: types.A, class: 1 } as never);
  return Buffer.from(query.toBuffer());
}

interface Said {
  rcode?: number;
  ttls?: number[];
  /** How long a denial holds. */
  minimum?: number;
  truncated?: boolean;
}

function anAnswer(query: Buffer, { rcode = 0, ttls = [], minimum, truncated }: Said): Buffer {
  const { header, questions } = Packet.parse(query);
  const reply = new Packet();
  Object.assign(reply.header, { id: header.id, qr: 1, rcode, tc: truncated ? 1 : 0 });
  reply.questions.push(questions[0] as never);
  const name = "example.org";
  for (const [i, ttl] of ttls.entries()) reply.answers.push({ name, type: types.A, class: 1, ttl, address: `192.0.2.${i + 1}` } as never);
  const soa = { name, type: types.SOA, class: 1, ttl: 3600, primary: "ns", admin: "h", serial: 1, refresh: 1, retry: 1, expiration: 1 };
  if (minimum !== undefined) reply.authorities.push({ ...soa, minimum } as never);
  return Buffer.from(reply.toBuffer());
}

const settings: CacheSettings = {
  success: { most: 9984, mostSeconds: 30, leastSeconds: 5, except: [] },
  denial: { most: 9984, mostSeconds: 30, leastSeconds: 5, except: [] },
  failureSeconds: 5,
  prefetch: undefined,
  stale: undefined,
  keepTtl: false,
};

const cacheOf = (next: Handler, clock: VirtualClock, changed: Partial<CacheSettings> = {}, metrics = new Metrics(0)): Handler =>
  remembering(next, { ...settings, ...changed }, { clock, metrics } as unknown as Running, {});

const queryFor = (bytes: Buffer, stream = false): Query => ({
  bytes,
  name: "example.org",
  type: types.A,
  class: 1,
  stream,
  client: "10.0.0.1",
  clientPort: 1,
});

/** The world says the same each time; `asked` counts. */
function aWorld(said: Said, changed: Partial<CacheSettings> = {}) {
  const clock = new VirtualClock();
  const metrics = new Metrics(0);
  const world = { asked: 0, waiting: Promise.resolve(), said, isBroken: false };
  const next: Handler = async ({ bytes }) => {
    world.asked++;
    await world.waiting;
    return { bytes: world.isBroken ? failure(bytes, 2) : anAnswer(bytes, world.said), by: "forward", lasting: false };
  };
  const cached = cacheOf(next, clock, changed, metrics);
  const ask = async (name = "example.org", stream = false) => {
    const query = aQuery(name);
    const { bytes } = await cached(queryFor(query, stream));
    assert.deepEqual(bytes.subarray(0, 2), query.subarray(0, 2), "the query's own ID");
    // dns2 parses into plain records whose fields depend on their type.
    // biome-ignore lint/suspicious/noExplicitAny: the shape is asserted below.
    return Packet.parse(bytes) as any;
  };
  return { clock, world, ask, metrics };
}

const rows: { name: string; said: Said; seconds: number }[] = [
  { name: "an answer by its shortest record", said: { ttls: [600, 12] }, seconds: 12 },
  { name: "a long one for half a minute", said: { ttls: [600] }, seconds: 30 },
  { name: "a short one for five seconds", said: { ttls: [0] }, seconds: 5 },
  { name: "a denial by what its zone says", said: { rcode: 3, minimum: 20 }, seconds: 20 },
  { name: "that there is no such record", said: { minimum: 10 }, seconds: 10 },
  { name: "a failure for five seconds", said: { rcode: 2 }, seconds: 5 },
  { name: "not a denial of nobody's", said: { rcode: 3 }, seconds: 0 },
  { name: "not what was cut", said: { ttls: [600], truncated: true }, seconds: 0 },
  { name: "not a refusal", said: { rcode: 5 }, seconds: 0 },
];
for (const { name, said, seconds } of rows)
  test(`what is remembered: ${name}`, async () => {
    const { clock, world, ask } = aWorld(said);
    await ask();
    await ask();
    assert.equal(world.asked, seconds > 0 ? 1 : 2);
    if (seconds === 0) return;
    await clock.advance(seconds * 1000 - 1);
    await ask();
    assert.equal(world.asked, 1);
    await clock.advance(1);
    await ask();
    assert.equal(world.asked, 2);
  });

test("what is remembered grows old, and is told in the letters of who asks", async () => {
  const { clock, world, ask } = aWorld({ ttls: [600, 12] });
  await ask();
  await clock.advance(5000);
  const { answers, questions } = await ask("EXAMPLE.Org");
  assert.equal(world.asked, 1);
  assert.deepEqual(
    answers.map(({ ttl, address }: { ttl: number; address: string }) => [ttl, address]),
    [
      [7, "192.0.2.1"],
      [7, "192.0.2.2"],
    ],
  );
  assert.equal(questions[0].name, "EXAMPLE.Org");
});

test("another name, and a stream, are asked for by themselves", async () => {
  const { world, ask } = aWorld({ ttls: [600] });
  await ask();
  await ask("example.com");
  await ask("example.org", true);
  assert.equal(world.asked, 3);
});

test("who asks the same meanwhile waits for the one answer; a failure is nobody's memory", async () => {
  const { world, ask } = aWorld({ ttls: [600] });
  const { promise, resolve } = Promise.withResolvers<void>();
  world.waiting = promise;
  const all = Promise.all([ask(), ask(), ask()]);
  resolve();
  await all;
  assert.equal(world.asked, 1);
  let tries = 0;
  const broken = cacheOf(() => Promise.reject(new Error(`no resolver ${++tries}`)), new VirtualClock());
  await assert.rejects(async () => broken(queryFor(aQuery("a.org"))), /no resolver 1/);
  await assert.rejects(async () => broken(queryFor(aQuery("a.org"))), /no resolver 2/);
});

test("what is no question is passed on, and no answer is too broken to pass", async () => {
  const odd = Buffer.alloc(7);
  const cached = cacheOf(async () => ({ bytes: odd, by: "", lasting: false }), new VirtualClock());
  assert.equal((await cached(queryFor(Buffer.alloc(3)))).bytes, odd);
  assert.equal((await cached(queryFor(aQuery("example.org")))).bytes, odd);
});

test("what ends soon and is asked for often is asked for anew before it ends", async () => {
  const { clock, world, ask, metrics } = aWorld({ ttls: [600] }, { prefetch: { amount: 2, gapMs: 60_000, percent: 50 } });
  await ask();
  await clock.advance(10_000);
  await ask();
  await ask();
  assert.equal(world.asked, 1, "half of its time is not over");
  await clock.advance(6000);
  await ask();
  assert.equal(world.asked, 2);
  await clock.advance(29_000);
  await ask();
  assert.match(metrics.text(), /coredns_cache_prefetch_total [12]\n/);
  assert.match(metrics.text(), /coredns_cache_misses_total 1\n/);
});

test("what has ended is told while nobody answers, or at once and asked for behind it", async () => {
  const verify = aWorld({ ttls: [10] }, { stale: { mostMs: 60_000, verify: true } });
  await verify.ask();
  verify.world.isBroken = true;
  await verify.clock.advance(20_000);
  const stale = await verify.ask();
  assert.deepEqual([stale.header.rcode, stale.answers[0].ttl], [0, 0]);
  await verify.clock.advance(60_000);
  assert.equal((await verify.ask()).header.rcode, 2, "longer ago than is allowed");
  const immediate = aWorld({ ttls: [10] }, { stale: { mostMs: 60_000, verify: false } });
  await immediate.ask();
  await immediate.clock.advance(20_000);
  assert.equal((await immediate.ask()).answers[0].ttl, 0);
  await immediate.clock.advance(0);
  assert.equal((await immediate.ask()).answers[0].ttl, 10);
  assert.equal(immediate.world.asked, 2);
});

test("a kind that is disabled for a zone is not remembered, and no more than there is room for", async () => {
  const none = aWorld({ ttls: [600] }, { success: { ...settings.success, except: ["org"] } });
  await none.ask();
  await none.ask();
  assert.equal(none.world.asked, 2);
  const small = aWorld({ ttls: [600] }, { success: { ...settings.success, most: 2 } });
  for (const name of ["a.org", "b.org", "c.org", "a.org"]) await small.ask(name);
  assert.equal(small.world.asked, 4);
  assert.match(small.metrics.text(), /coredns_cache_evictions_total\{type="success"\} 2/);
});
