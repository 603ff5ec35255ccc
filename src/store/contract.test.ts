import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { seededRandom, settle, VirtualClock } from "#base/mod.ts";
import { CompactedError, createMemoryStore, createSqliteStore, type Entry, type Store, type StoreEvent } from "./mod.ts";

const kinds = {
  memory: async (clock: VirtualClock) => ({ store: await createMemoryStore({ clock }), reopen: undefined, clean: () => {} }),
  sqlite: async (clock: VirtualClock) => {
    const folder = mkdtempSync(join(tmpdir(), "spoke-store-"));
    const file = join(folder, "state.db");
    return {
      store: await createSqliteStore({ file, clock }),
      reopen: () => createSqliteStore({ file, clock }),
      clean: () => rmSync(folder, { recursive: true }),
      file,
    };
  },
};

const bytes = (text: string) => Buffer.from(text);

for (const [name, open] of Object.entries(kinds)) {
  describe(`the ${name} store`, () => {
    async function withStore(
      run: (store: Store, more: { clock: VirtualClock; reopen?: () => Promise<Store>; file?: string }) => Promise<Store | undefined | void>,
    ) {
      const clock = new VirtualClock();
      const opened = await open(clock);
      const other = await run(opened.store, { clock, ...opened });
      await (other ?? opened.store).close();
      opened.clean();
    }
    const put = async (store: Store, key: string, value: string, expected?: number) => {
      const result = await store.put(key, bytes(value), { expected });
      assert.ok(result.ok);
      return result.revision;
    };

    test("gives each write the next revision and shows it once it resolved", () =>
      withStore(async (store) => {
        const first = await put(store, "/a/1", "x", 0);
        const second = await put(store, "/a/1", "y", first);
        assert.equal(second, first + 1);
        const entry = await store.get("/a/1");
        assert.equal(String(entry!.value), "y");
        assert.equal(entry!.createRevision, first);
        assert.equal(store.revision(), second);
      }));

    test("decides conflicts against accepted writes, one winner of many", () =>
      withStore(async (store) => {
        const results = await Promise.all(Array.from({ length: 20 }, (_, i) => store.put("/a", bytes(`${i}`), { expected: 0 })));
        assert.equal(results.filter((result) => result.ok).length, 1);
        const lost = results.find((result) => !result.ok) as { ok: false; current: Entry };
        assert.equal(String(lost.current.value), "0");
        const missing = await store.delete("/nothing");
        assert.equal(missing.ok, false);
      }));

    test("lists in order, in pages, also as it was at an older revision", () =>
      withStore(async (store) => {
        for (const key of ["/p/b", "/p/a", "/q/x", "/p/c", "/p/d"]) await put(store, key, key);
        const then = store.revision();
        await store.delete("/p/b");
        await put(store, "/p/a", "new");
        await put(store, "/p/aa", "aa");
        const now = await store.list("/p/");
        assert.deepEqual(
          now.entries.map((entry) => entry.key),
          ["/p/a", "/p/aa", "/p/c", "/p/d"],
        );
        const page = await store.list("/p/", { limit: 2, revision: then });
        assert.deepEqual(
          page.entries.map((entry) => String(entry.value)),
          ["/p/a", "/p/b"],
        );
        assert.equal(page.remaining, 2);
        const rest = await store.list("/p/", { after: "/p/b", revision: then });
        assert.deepEqual(
          rest.entries.map((entry) => entry.key),
          ["/p/c", "/p/d"],
        );
      }));

    test("watches from the past and the present without gap or repeat", () =>
      withStore(async (store) => {
        const start = store.revision();
        await put(store, "/w/a", "1");
        const seen: string[] = [];
        const on = {
          events: (events: StoreEvent[]) => seen.push(...events.map((e) => `${e.type} ${e.key} ${e.value} ${e.previous ?? "-"}`)),
          failed: assert.fail,
        };
        const watch = store.watch("/w/", start, on);
        await put(store, "/w/a", "2");
        await put(store, "/x", "no");
        await store.delete("/w/a");
        await store.list("/w/", { revision: start });
        await settle();
        assert.deepEqual(seen, ["put /w/a 1 -", "put /w/a 2 1", "delete /w/a 2 2"]);
        watch.close();
      }));

    test("refuses watches and lists from before the compaction", () =>
      withStore(async (store) => {
        const old = await put(store, "/a", "1");
        await put(store, "/a", "2");
        const to = await put(store, "/b", "3");
        await store.compact(to);
        assert.throws(() => store.watch("/", old, { events() {}, failed() {} }), CompactedError);
        await assert.rejects(store.list("/", { revision: old }), CompactedError);
        assert.equal(String((await store.get("/a"))!.value), "2");
      }));

    test("deletes what outlived its time, with an event", () =>
      withStore(async (store, { clock }) => {
        await store.put("/ttl", bytes("x"), { ttlSeconds: 60 });
        let deleted = false;
        store.watch("/ttl", store.revision(), {
          events: (events) => events.forEach((e) => (deleted ||= e.type === "delete")),
          failed: assert.fail,
        });
        await clock.advance(50_000);
        assert.ok(await store.get("/ttl"));
        await clock.advance(30_000);
        await store.put("/barrier", bytes("x"));
        assert.ok(deleted);
        assert.equal(await store.get("/ttl"), undefined);
      }));

    test("agrees with a small model under random operations", () =>
      withStore(async (store) => {
        const random = seededRandom(7);
        const model = new Map<string, { value: string; revision: number }>();
        const states = new Map<number, string>();
        const show = () =>
          [...model]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, { value }]) => `${key}=${value}`)
            .join();
        for (let step = 0; step < 300; step++) {
          const key = `/m/${random.int(12)}`;
          const known = model.get(key);
          if (random.next() < 0.3) {
            const result = await store.delete(key, random.next() < 0.5 ? { expected: known?.revision ?? 99999 } : {});
            assert.equal(result.ok, known !== undefined);
            model.delete(key);
          } else {
            const wrong = random.next() < 0.2;
            const result = await store.put(key, bytes(`${step}`), { expected: wrong ? 12345678 : (known?.revision ?? 0) });
            assert.equal(result.ok, !wrong);
            if (result.ok) model.set(key, { value: `${step}`, revision: result.revision });
          }
          states.set(store.revision(), show());
        }
        for (const [revision, expected] of states) {
          if (random.next() < 0.9) continue;
          const { entries } = await store.list("/m/", { revision });
          assert.equal(entries.map((entry) => `${entry.key}=${entry.value}`).join(), expected);
        }
      }));

    if (name === "sqlite")
      test("keeps state, revisions and history across a restart, in a file for its owner only", () =>
        withStore(async (store, { reopen, file }) => {
          await put(store, "/a", "1");
          const middle = store.revision();
          await put(store, "/a", "2");
          await put(store, "/b", "3");
          await store.delete("/b");
          const last = store.revision();
          await store.close();
          assert.equal(statSync(file!).mode & 0o777, 0o600);
          const again = await reopen!();
          assert.equal(again.revision(), last);
          const seen: string[] = [];
          again.watch("/", middle, {
            events: (events) => seen.push(...events.map((e) => `${e.type} ${e.key} ${e.value}`)),
            failed: assert.fail,
          });
          await again.list("/", { revision: middle });
          assert.deepEqual(seen, ["put /a 2", "put /b 3", "delete /b 3"]);
          assert.equal(await put(again, "/c", "4"), last + 1);
          return again;
        }));
  });
}
