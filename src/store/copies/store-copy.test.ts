import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CompactedError, createSqliteStore, type Store, under } from "../mod.ts";
import { openDatabase, tooNew } from "../sqlite-format.ts";
import { copyStore, reviveCopy } from "./store-copy.ts";

const bytes = (text: string) => Buffer.from(text);
const folderFor = (t: { after(end: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-copy-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
async function put(store: Store, key: string, value: string): Promise<number> {
  const result = await store.commit(key, (await revisionOf(store, key)) ?? "absent", bytes(value));
  assert.ok(result.ok);
  return result.revision;
}
const entries = async (store: Store) => (await store.list(under("/"))).entries;
const revisionOf = async (store: Store, key: string) => (await entries(store)).find((entry) => entry.key === key)?.modRevision;
const texts = async (store: Store) => (await entries(store)).map(({ key, value }) => `${key}=${value}`);

test("a copy holds all that was acknowledged before it was asked for, while writes go on", { timeout: 60_000 }, async (t) => {
  const folder = folderFor(t);
  const store = await createSqliteStore({ file: join(folder, "state.db") });
  for (let at = 0; at < 50; at++) await put(store, `/a/${at}`, "first");
  let writing = true;
  let acknowledged = 0;
  const writer = (async () => {
    while (writing) {
      await put(store, `/w/${acknowledged}`, "x");
      acknowledged++;
    }
  })();
  for (let round = 0; round < 5; round++) {
    const before = acknowledged;
    const copy = join(folder, `copy-${round}.db`);
    copyStore(join(folder, "state.db"), copy);
    reviveCopy(copy);
    const again = await createSqliteStore({ file: copy });
    const found = new Set((await entries(again)).map(({ key }) => key));
    for (let at = 0; at < 50; at++) assert.ok(found.has(`/a/${at}`));
    for (let at = 0; at < before; at++) assert.ok(found.has(`/w/${at}`), `write ${at} of ${before} in round ${round}`);
    await again.close();
  }
  writing = false;
  await writer;
  await store.close();
  assert.ok(acknowledged > 5);
});

test("what is restored goes on above all that the lost one gave out, and resumes no watch", { timeout: 30_000 }, async (t) => {
  const folder = folderFor(t);
  const [file, copy] = [join(folder, "state.db"), join(folder, "copy.db")];
  const store = await createSqliteStore({ file });
  const kept = await put(store, "/kept", "one");
  await put(store, "/changed", "one");
  await put(store, "/changed", "two");
  const gone = await put(store, "/gone", "x");
  await store.commit("/gone", gone, "delete");
  const { revision } = copyStore(file, copy);
  const later = await put(store, "/later", "lost");
  await store.close();

  reviveCopy(copy);
  const restored = await createSqliteStore({ file: copy });
  assert.deepEqual(await texts(restored), ["/changed=two", "/kept=one"]);
  assert.equal(await revisionOf(restored, "/kept"), kept);
  for (const resumed of [kept, revision, later, later + 1000])
    await assert.rejects(async () => {
      for await (const _ of restored.watch(under("/"), resumed, new AbortController().signal)) return;
    }, CompactedError);
  const next = await put(restored, "/kept", "two");
  assert.ok(next > later + 1_000_000);
  await restored.close();
  const reopened = await createSqliteStore({ file: copy });
  assert.deepEqual(await texts(reopened), ["/changed=two", "/kept=two"]);
  await reopened.close();
});

test("what is no store is not copied, nor is a copy written over something", (t) => {
  const folder = folderFor(t);
  assert.throws(() => copyStore(join(folder, "none.db"), join(folder, "copy.db")), /there is no store/);
  writeFileSync(join(folder, "text.db"), "this is not a database, but long enough to look at".repeat(50));
  assert.throws(() => copyStore(join(folder, "text.db"), join(folder, "copy.db")), /cannot be copied/);
});

test("a store that a later version has written is refused in words, by whoever opens it, and left as it is", async (t) => {
  const file = join(folderFor(t), "state.db");
  const store = await createSqliteStore({ file });
  await put(store, "/a", "kept");
  await store.close();
  assert.equal(tooNew(file), undefined);
  const later = openDatabase(file);
  later.exec("PRAGMA user_version = 7");
  later.close();
  const before = readFileSync(file);
  const words = /state\.db is of format 7, and this version of Spoke reads formats up to 1/;
  assert.match(tooNew(file) ?? "", words);
  await assert.rejects(createSqliteStore({ file }), words);
  assert.throws(() => reviveCopy(file), words);
  assert.deepEqual(readFileSync(file), before);
});

test("a store from before formats were counted is the first format", async (t) => {
  const file = join(folderFor(t), "state.db");
  await (await createSqliteStore({ file })).close();
  const early = openDatabase(file);
  early.exec("PRAGMA user_version = 0");
  early.close();
  const store = await createSqliteStore({ file });
  await put(store, "/a", "new");
  await store.close();
  assert.equal(tooNew(file), undefined);
});
