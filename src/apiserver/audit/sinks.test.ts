import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { silentLog, VirtualClock } from "#base/mod.ts";
import type { Recorded } from "./event.ts";
import { LogFile } from "./log-file.ts";
import { all, batched, blocking, type Lost, truncating } from "./sinks.ts";

const event = (json: string, truncated?: string): Recorded => ({ json, truncated: () => truncated, legacy: () => json });

function counting() {
  const counts: Record<string, number> = {};
  const lost: Lost = (plugin, events) => {
    counts[plugin] = (counts[plugin] ?? 0) + events;
  };
  return { counts, lost };
}

test("batches go when they are full or old enough, no faster than the throttle lets them, and what has no room is lost", async () => {
  const clock = new VirtualClock();
  const { counts, lost } = counting();
  const sent: string[] = [];
  const { sink, close } = batched(
    async (events) => void sent.push(events.map(({ json }) => json).join("")),
    "webhook",
    { bufferSize: 5, maxSize: 2, maxWaitMs: 1000, throttle: { qps: 1, burst: 2 }, mostSending: 4 },
    { clock, lost },
  );
  void sink(event("a"));
  await clock.advance(500);
  assert.deepEqual(sent, []);
  void sink(event("b"));
  await clock.settle();
  assert.deepEqual(sent, ["ab"], "a full one goes at once");
  void sink(event("c"));
  await clock.advance(1000);
  assert.deepEqual(sent, ["ab", "c"], "and so does an old one");
  // Two tokens are there again after two seconds; more batches than those wait for the next.
  await clock.advance(2000);
  for (const json of "defghijkl") void sink(event(json));
  await clock.settle();
  assert.deepEqual(sent.slice(2), ["de", "fg"]);
  assert.deepEqual(counts, {}, "five may wait");
  void sink(event("m"));
  assert.deepEqual(counts, { buffered: 1 });
  await clock.advance(3000);
  assert.deepEqual(sent.slice(2), ["de", "fg", "hi", "jk", "l"]);
  await clock.advance(5000);
  void sink(event("z"));
  await close();
  assert.equal(sent.at(-1), "z", "what waits at the end is sent");
  void sink(event("late"));
  assert.deepEqual(counts, { buffered: 2 });
});

test("a backend that fails loses its events, and fails the request only when that is wanted", async () => {
  const { counts, lost } = counting();
  const broken = () => {
    throw new Error("disk full");
  };
  const later = () => Promise.reject(new Error("down"));
  assert.equal(blocking(broken, "log", false, lost).sink(event("a")), true);
  assert.equal(blocking(broken, "log", true, lost).sink(event("a")), false);
  assert.equal(await blocking(later, "webhook", true, lost).sink(event("a")), false);
  assert.equal(await all([blocking(() => {}, "log", true, lost), blocking(later, "webhook", false, lost)]).sink(event("a")), true);
  assert.deepEqual(counts, { log: 2, webhook: 2 });
});

test("an event that is too large loses its objects, and one that is too large even so is lost", async () => {
  const { counts, lost } = counting();
  const sent: string[][] = [];
  const backend = truncating((events) => void sent.push(events.map(({ json }) => json)), { maxEventSize: 4, maxBatchSize: 6 }, lost);
  await backend([event("abc"), event("abcdef", "ab"), event("abcdef", "abcde"), event("abcdef"), event("ab"), event("xyz")]);
  assert.deepEqual(sent, [
    ["abc", "ab"],
    ["ab", "xyz"],
  ]);
  assert.deepEqual(counts, { truncate: 2 });
});

test("a log that is full becomes an old one, and old ones are kept by number, age and form", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-audit-"));
  const clock = new VirtualClock();
  const path = join(folder, "audit.log");
  const log = new LogFile({ path, maxSize: 1, maxAge: 1, maxBackups: 2, compress: true, clock, log: silentLog });
  const half = `${"x".repeat(600 * 1024)}\n`;
  const names = () => readdirSync(folder).sort();
  try {
    assert.throws(() => log.write("x".repeat(1024 * 1024 + 1)), { message: "write length 1048577 exceeds maximum file size 1048576" });
    for (let i = 0; i < 4; i++) {
      log.write(half);
      await clock.advance(1000);
    }
    await log.close();
    assert.equal(names().length, 3, "the log and two of three old ones");
    const [old] = names() as [string];
    assert.match(old, /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log\.gz$/);
    assert.equal(gunzipSync(readFileSync(join(folder, old))).toString(), half);
    await clock.advance(2 * 86_400_000);
    log.write(half);
    await log.close();
    assert.deepEqual(names().length, 2, "those of more than a day ago are gone");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
