/** One suite for every store: what the contract promises, by example and by a small model under random operations. */
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import { VirtualClock } from "#base/mod.ts";
import type { Batch, Committed, Conflict, Store } from "./mod.ts";
import { CompactedError, only, under } from "./mod.ts";
import { implementations, type Opened } from "./stores-under-test.ts";

const bytes = (text: string) => Buffer.from(text);
const text = ({ key, value }: { key: string; value: Buffer }) => `${key}=${value}`;

function revisionOf(result: Committed | Conflict): number {
  assert.ok(result.ok, "the commit was refused");
  return result.revision;
}

/** What a watch shows until it has seen a revision. */
async function watched(store: Store, prefix: string, after: number, until: number): Promise<string[]> {
  const seen: string[] = [];
  const stop = new AbortController();
  for await (const batch of store.watch(under(prefix), after, stop.signal)) {
    seen.push(...batch.events.map((e) => `${e.revision} ${e.type}${e.created ? " new" : ""} ${e.key} ${e.value} ${e.previous ?? "-"}`));
    if (batch.seen >= until) break;
  }
  return seen;
}

for (const { name, skip, open, random, end } of implementations) {
  describe(`the ${name} store`, { skip, concurrency: false }, () => {
    after(() => end?.());
    async function withStore(run: (store: Store, more: Opened & { clock: VirtualClock; at: string }) => Promise<void>) {
      const clock = new VirtualClock();
      const opened = await open(clock);
      try {
        await run(opened.store, { ...opened, clock, at: opened.at ?? "" });
      } finally {
        await opened.close();
      }
    }
    const get = async (store: Store, key: string) => (await store.list(only(key))).entries[0];

    test("gives each write a later revision and shows it once it resolved", () =>
      withStore(async (store, { at }) => {
        const first = revisionOf(await store.commit(`${at}/a/1`, "absent", bytes("x")));
        const second = revisionOf(await store.commit(`${at}/a/1`, first, bytes("y")));
        assert.ok(second > first);
        const entry = await get(store, `${at}/a/1`);
        assert.equal(String(entry!.value), "y");
        assert.deepEqual([entry!.createRevision, entry!.modRevision], [first, second]);
        assert.equal(await store.current(), second);
      }));

    test("decides conflicts against accepted writes, one winner of many, and shows the loser what is there", () =>
      withStore(async (store, { at }) => {
        const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.commit(`${at}/a`, "absent", bytes(`${i}`))));
        assert.equal(results.filter((result) => result.ok).length, 1);
        const won = results.findIndex((result) => result.ok);
        const lost = results.find((result) => !result.ok) as Conflict;
        assert.equal(String(lost.current!.value), `${won}`);
        assert.equal(lost.current!.modRevision, revisionOf(results[won]!));
        assert.deepEqual(await store.commit(`${at}/nothing`, 7, "delete"), { ok: false, current: undefined });
        assert.deepEqual(await store.commit(`${at}/nothing`, 7, bytes("x")), { ok: false, current: undefined });
      }));

    test("writes that follow one another on a key need not wait for one another", () =>
      withStore(async (store, { at }) => {
        const first = revisionOf(await store.commit(`${at}/k`, "absent", bytes("1")));
        const deleting = store.commit(`${at}/k`, first, "delete");
        if (store.local) {
          const [gone, again] = await Promise.all([deleting, store.commit(`${at}/k`, "absent", bytes("2"))]);
          assert.ok(gone.ok && again.ok && again.revision > gone.revision);
        } else {
          await deleting;
          revisionOf(await store.commit(`${at}/k`, "absent", bytes("2")));
        }
        assert.equal(String((await get(store, `${at}/k`))!.value), "2");
      }));

    test("lists in order, in pages, also as it was at an older revision", () =>
      withStore(async (store, { at }) => {
        const made = new Map<string, number>();
        for (const key of ["/p/b", "/p/a", "/q/x", "/p/c", "/p/d"])
          made.set(key, revisionOf(await store.commit(at + key, "absent", bytes(key))));
        const then = await store.current();
        await store.commit(`${at}/p/b`, made.get("/p/b")!, "delete");
        await store.commit(`${at}/p/a`, made.get("/p/a")!, bytes("new"));
        await store.commit(`${at}/p/aa`, "absent", bytes("aa"));
        const keys = async (range: Parameters<Store["list"]>[0], revision?: number) =>
          (await store.list(range, revision)).entries.map((entry) => entry.key.slice(at.length));
        assert.deepEqual(await keys(under(`${at}/p/`)), ["/p/a", "/p/aa", "/p/c", "/p/d"]);
        const page = await store.list(under(`${at}/p/`, { limit: 2 }), then);
        assert.deepEqual(page.entries.map(text), [`${at}/p/a=/p/a`, `${at}/p/b=/p/b`]);
        assert.deepEqual([page.remaining, page.revision], [2, then]);
        assert.deepEqual(await keys(under(`${at}/p/`, { after: `${at}/p/b` }), then), ["/p/c", "/p/d"]);
        assert.deepEqual(await keys(under(`${at}/p/`, { limit: 3 })), ["/p/a", "/p/aa", "/p/c"]);
      }));

    test("watches from the past into the present without gap or repeat, of its range only", () =>
      withStore(async (store, { at }) => {
        const start = await store.current();
        const one = revisionOf(await store.commit(`${at}/w/a`, "absent", bytes("1")));
        const stop = new AbortController();
        const seen: string[] = [];
        let told!: (batch: Batch) => void;
        const first = new Promise<Batch>((resolve) => {
          told = resolve;
        });
        let last = 0;
        const reading = (async () => {
          for await (const batch of store.watch(under(`${at}/w/`), start, stop.signal)) {
            told(batch);
            seen.push(...batch.events.map((e) => `${e.type} ${e.key.slice(at.length)} ${e.value} ${e.previous ?? "-"}`));
            if (batch.seen >= last && last) stop.abort();
          }
        })();
        await first;
        const two = revisionOf(await store.commit(`${at}/w/a`, one, bytes("2")));
        await store.commit(`${at}/x`, "absent", bytes("no"));
        await store.commit(`${at}/wz`, "absent", bytes("no"));
        last = revisionOf(await store.commit(`${at}/w/a`, two, "delete"));
        await store.commit(`${at}/z`, "absent", bytes("end"));
        await reading;
        assert.deepEqual(seen, ["put /w/a 1 -", "put /w/a 2 1", "delete /w/a 2 2"]);
      }));

    test("a watch tells at once where it stands, and moves on although its range is quiet", () =>
      withStore(async (store, { at }) => {
        const start = await store.current();
        const stop = new AbortController();
        const watch = store.watch(under(`${at}/quiet/`), start, stop.signal)[Symbol.asyncIterator]();
        const { value } = await watch.next();
        assert.deepEqual(value.events, []);
        assert.ok(value.seen >= start);
        const last = revisionOf(await store.commit(`${at}/loud`, "absent", bytes("x")));
        for (let seen = value.seen; seen < last; ) seen = (await watch.next()).value.seen;
        stop.abort();
        assert.equal((await watch.next()).done, true);
      }));

    test("refuses watches and lists from before the compaction, and keeps what is there", () =>
      withStore(async (store, { at }) => {
        const old = revisionOf(await store.commit(`${at}/a`, "absent", bytes("1")));
        await store.commit(`${at}/a`, old, bytes("2"));
        const to = revisionOf(await store.commit(`${at}/b`, "absent", bytes("3")));
        await store.compact(to);
        await store.compact(old);
        await assert.rejects(watched(store, `${at}/`, old, to), CompactedError);
        await assert.rejects(store.list(under(`${at}/`), old), CompactedError);
        assert.deepEqual((await store.list(under(`${at}/`))).entries.map(text), [`${at}/a=2`, `${at}/b=3`]);
        assert.deepEqual(await watched(store, `${at}/`, to, to), []);
      }));

    test("deletes what outlived its life, with an event", () =>
      withStore(async (store, { at, pass }) => {
        const start = await store.current();
        const made = revisionOf(await store.commit(`${at}/ttl`, "absent", bytes("x"), { lifeSeconds: 1 }));
        const kept = revisionOf(await store.commit(`${at}/kept`, "absent", bytes("x"), { lifeSeconds: 1 }));
        await store.commit(`${at}/kept`, kept, bytes("written again"));
        assert.equal((await get(store, `${at}/ttl`))!.modRevision, made);
        const stop = new AbortController();
        const ended = (async () => {
          for await (const { events } of store.watch(under(`${at}/`), start, stop.signal))
            if (events.some((event) => event.type === "delete")) return events.find((event) => event.type === "delete")!;
        })();
        await pass(15_000);
        assert.equal((await ended)!.key, `${at}/ttl`);
        assert.equal(await get(store, `${at}/ttl`), undefined);
        assert.equal(String((await get(store, `${at}/kept`))!.value), "written again");
      }));

    test("keeps bytes as they are", () =>
      withStore(async (store, { at }) => {
        const value = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i & 255));
        await store.commit(`${at}/bytes`, "absent", value);
        assert.ok((await get(store, `${at}/bytes`))!.value.equals(value));
      }));

    test("agrees with a small model under random operations", () =>
      withStore(async (store, { at }) => {
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(operation, { maxLength: 40 }), (steps) => agrees(store, `${at}/m${round++}/`, steps)),
          { numRuns: random, seed: 7, endOnFailure: false },
        );
      }));

    test("keeps state, revisions and history across a restart, in a file for its owner only", { skip: !["sqlite"].includes(name) }, () =>
      withStore(async (store, { reopen, file }) => {
        const middle = revisionOf(await store.commit("/a", "absent", bytes("1")));
        await store.commit("/a", middle, bytes("2"));
        const b = revisionOf(await store.commit("/b", "absent", bytes("3")));
        const last = revisionOf(await store.commit("/b", b, "delete"));
        assert.equal(statSync(file!).mode & 0o777, 0o600);
        const again = await reopen!();
        assert.equal(await again.current(), last);
        assert.deepEqual(await watched(again, "/", middle, last), [
          `${middle + 1} put /a 2 1`,
          `${b} put new /b 3 -`,
          `${last} delete /b 3 3`,
        ]);
        assert.equal(revisionOf(await again.commit("/c", "absent", bytes("4"))), last + 1);
      }),
    );
  });
}

type Operation =
  | { do: "put"; key: number; wrong: boolean; value: string }
  | { do: "delete"; key: number; wrong: boolean; value: string }
  | { do: "list"; back: number; limit: number }
  | { do: "watch"; back: number }
  | { do: "compact"; back: number };

const operation: fc.Arbitrary<Operation> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("put" as const), key: fc.nat(5), wrong: fc.boolean(), value: fc.string({ maxLength: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("delete" as const), key: fc.nat(5), wrong: fc.boolean(), value: fc.constant("") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("list" as const), back: fc.nat(20), limit: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("watch" as const), back: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("compact" as const), back: fc.nat(20) }) },
);

interface Held {
  value: string;
  revision: number;
  created: number;
}

/** Every state is kept whole: slow, plain and hard to get wrong. */
async function agrees(store: Store, prefix: string, steps: Operation[]): Promise<void> {
  const states: { revision: number; keys: Map<string, Held> }[] = [{ revision: await store.current(), keys: new Map() }];
  const history: { revision: number; line: string }[] = [];
  let compacted = 0;
  const now = () => states.at(-1)!;
  const stateBack = (back: number) => states[Math.max(0, states.length - 1 - back)]!;
  const show = (keys: Map<string, Held>) =>
    [...keys].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { value, revision, created }]) => `${key}=${value}@${revision}/${created}`);
  for (const step of steps) {
    if (step.do === "put" || step.do === "delete") {
      const key = `${prefix}${step.key}`;
      const known = now().keys.get(key);
      if (step.do === "delete" && !known && !step.wrong) continue;
      const expect = step.wrong ? (known ? "absent" : 1) : (known?.revision ?? "absent");
      const result = await store.commit(key, expect, step.do === "delete" ? "delete" : bytes(step.value));
      assert.equal(result.ok, !step.wrong);
      if (!result.ok) {
        assert.equal(
          result.current && `${result.current.value}@${result.current.modRevision}`,
          known && `${known.value}@${known.revision}`,
        );
        continue;
      }
      const keys = new Map(now().keys);
      const { revision } = result;
      assert.ok(revision > now().revision);
      if (step.do === "put") keys.set(key, { value: step.value, revision, created: known?.created ?? revision });
      else keys.delete(key);
      const value = step.do === "put" ? step.value : known!.value;
      const line = `${revision} ${step.do}${step.do === "put" && !known ? " new" : ""} ${key} ${value} ${known?.value ?? "-"}`;
      history.push({ revision, line });
      states.push({ revision, keys });
    } else if (step.do === "list") {
      const { revision, keys } = stateBack(step.back);
      const listing = store.list(under(prefix, { limit: step.limit }), revision);
      if (revision < compacted) await assert.rejects(listing, CompactedError);
      else {
        const { entries, remaining } = await listing;
        const shown = entries.map(({ key, value, modRevision, createRevision }) => `${key}=${value}@${modRevision}/${createRevision}`);
        assert.deepEqual(shown, show(keys).slice(0, step.limit));
        assert.equal(remaining, Math.max(0, keys.size - step.limit));
      }
    } else if (step.do === "watch") {
      const { revision } = stateBack(step.back);
      const watching = watched(store, prefix, revision, now().revision);
      if (revision < compacted) await assert.rejects(watching, CompactedError);
      else {
        // The value before the oldest change may be compacted away.
        const shown = (await watching).map((line, i) => (i === 0 ? line.replace(/ \S*$/, "") : line));
        const expected = history
          .filter((change) => change.revision > revision)
          .map(({ line }, i) => (i === 0 ? line.replace(/ \S*$/, "") : line));
        if (compacted === 0) assert.deepEqual(shown, expected);
        else assert.deepEqual(shown.map(withoutPrevious), expected.map(withoutPrevious));
      }
    } else {
      const { revision } = stateBack(step.back);
      compacted = Math.max(compacted, revision);
      await store.compact(revision);
    }
  }
}

const withoutPrevious = (line: string) => line.split(" ").slice(0, 3).join(" ");
