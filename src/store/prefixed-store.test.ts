import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore, under } from "./mod.ts";
import { prefixedStore } from "./prefixed-store.ts";

test("keys are the same above and stand elsewhere below", async () => {
  const inner = await createMemoryStore();
  const store = prefixedStore(inner, "/registry", "/mine/here");
  const value = Buffer.from("v");
  const made = await store.commit("/registry/pods/a", "absent", value);
  assert.ok(made.ok);
  await inner.commit("/registry/pods/b", "absent", value);
  const keysOf = async (of: typeof store, prefix: string) => (await of.list(under(prefix))).entries.map(({ key }) => key);
  assert.deepEqual(await keysOf(store, "/registry/pods/"), ["/registry/pods/a"]);
  assert.deepEqual(await keysOf(inner, "/"), ["/mine/here/pods/a", "/registry/pods/b"]);
  const lost = await store.commit("/registry/pods/a", "absent", value);
  assert.equal(!lost.ok && lost.current?.key, "/registry/pods/a");
  const stop = new AbortController();
  for await (const { events } of store.watch(under("/registry/"), 0, stop.signal)) {
    assert.deepEqual(
      events.map(({ key }) => key),
      ["/registry/pods/a"],
    );
    break;
  }
  await store.close();
});
