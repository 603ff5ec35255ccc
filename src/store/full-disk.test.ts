/** What a store does when its journal says that the disk is full, or breaks: with a journal that does so when told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle, VirtualClock } from "#base/mod.ts";
import { type Change, type Journal, JournalFullError } from "./journal.ts";
import { memoryJournal } from "./memory-journal.ts";
import { type Committed, type Conflict, only, type StoreError } from "./mod.ts";
import { openRevisionedStore } from "./revisioned-store.ts";

type State = "well" | "full" | "quite full" | "broken";

async function faulty() {
  const clock = new VirtualClock();
  const inner = memoryJournal();
  let state: State = "well";
  const failures: StoreError[] = [];
  const journal: Journal = {
    ...inner,
    async append(changes: Change[], frees: boolean) {
      if (state === "broken") throw new Error("disk I/O error");
      if (state === "quite full" || (state === "full" && !frees)) throw new JournalFullError("database or disk is full");
      return inner.append(changes, frees);
    },
    hasRoom: async () => state === "well",
  };
  const store = await openRevisionedStore(journal, { clock, onFailure: (error) => failures.push(error) });
  return { store, clock, failures, become: (next: State) => void (state = next) };
}

const bytes = Buffer.from("x");
const full = { name: "StoreError", kind: "full", message: "the disk of the store is full: only deletes are written until there is space" };
const revisionOf = (result: Committed | Conflict) => (result.ok ? result.revision : assert.fail("refused"));

test("on a full disk deletes and parts of deletions are written, other writes are refused, also those that share their batch", async () => {
  const { store, become } = await faulty();
  const [a, b] = [revisionOf(await store.commit("/a", "absent", bytes)), revisionOf(await store.commit("/b", "absent", bytes))];
  become("full");
  const results = await Promise.allSettled([
    store.commit("/c", "absent", bytes),
    store.commit("/a", a, "delete"),
    store.commit("/b", b, bytes, { frees: true }),
    store.commit("/d", "absent", bytes),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "rejected"],
  );
  await assert.rejects(store.commit("/e", "absent", bytes), full);
  assert.deepEqual((await store.list(only("/a"))).entries, []);
  assert.equal((await store.list(only("/b"))).entries[0]!.modRevision, await store.current());
  assert.deepEqual(store.problem(), { kind: "full", message: full.message });
  await store.close();
});

test("what builds on a refused write falls with it", async () => {
  const { store, become } = await faulty();
  become("full");
  const made = store.commit("/a", "absent", bytes);
  // The second is accepted on top of the first, which is not durable yet.
  const gone = store.commit("/a", 2, "delete");
  await assert.rejects(made, full);
  await assert.rejects(gone, full);
  assert.deepEqual(await store.commit("/a", 2, "delete"), { ok: false, current: undefined });
  await store.close();
});

test("when not even a delete fits, it is refused, and the store goes on when it does", async () => {
  const { store, clock, become } = await faulty();
  const a = revisionOf(await store.commit("/a", "absent", bytes));
  become("quite full");
  await assert.rejects(store.commit("/a", a, "delete"), full);
  become("full");
  assert.equal((await store.commit("/a", a, "delete")).ok, true);
  become("well");
  assert.equal(store.problem()?.kind, "full");
  await clock.advance(1000);
  assert.equal(store.problem(), undefined);
  assert.equal((await store.commit("/a", "absent", bytes)).ok, true);
  await store.close();
});

test("a write that fits says that there is space, without waiting for the next look", async () => {
  const { store, become } = await faulty();
  become("full");
  await assert.rejects(store.commit("/a", "absent", bytes), full);
  become("well");
  assert.equal((await store.commit("/a", "absent", bytes)).ok, true);
  assert.equal(store.problem(), undefined);
  await store.close();
});

test("after an error of the disk nothing is acknowledged any more, and whoever opened the store is told once", async () => {
  const { store, failures, become } = await faulty();
  const a = revisionOf(await store.commit("/a", "absent", bytes));
  become("broken");
  const results = await Promise.allSettled([store.commit("/a", a, bytes), store.commit("/b", "absent", bytes)]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "rejected"],
  );
  become("well");
  await assert.rejects(store.commit("/a", a, "delete"), { kind: "failed", message: /^the store is read-only .*: disk I\/O error$/ });
  assert.equal((await store.list(only("/a"))).entries[0]!.modRevision, a);
  assert.equal(store.problem()?.kind, "failed");
  await settle();
  assert.equal(failures.length, 1);
  await store.close();
});
