import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoreEvent } from "./contract.ts";
import { encryptedStore, open, seal } from "./encrypted-store.ts";
import { createMemoryStore } from "./mod.ts";

const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const key = "/registry/secrets/default/a";

test("a secret is sealed in the store below and open above it, in get, list, conflicts and watches", async () => {
  const inner = await createMemoryStore();
  const store = encryptedStore(inner, { keys: [one] });
  const events: StoreEvent[] = [];
  const watch = store.watch("/registry/", 0, { events: (more) => void events.push(...more), failed: assert.ifError });
  await store.put(key, Buffer.from("hidden"), { expected: 0 });
  await store.put("/registry/configmaps/default/a", Buffer.from("plain"));
  assert.equal((await inner.get(key))!.value.includes("hidden"), false);
  assert.equal((await inner.get("/registry/configmaps/default/a"))!.value.toString(), "plain");
  assert.equal((await store.get(key))!.value.toString(), "hidden");
  assert.equal((await store.list("/registry/secrets/")).entries[0]!.value.toString(), "hidden");
  const conflict = await store.put(key, Buffer.from("x"), { expected: 0 });
  assert.equal(conflict.ok === false && conflict.current!.value.toString(), "hidden");
  await store.delete(key);
  assert.deepEqual(
    events.map(({ value }) => value.toString()),
    ["hidden", "plain", "hidden"],
  );
  watch.close();
  await store.close();
});

test("a value opens only under its own name and with a key that is known", () => {
  const sealed = seal(one, key, Buffer.from("hidden"));
  assert.equal(open([two, one], key, sealed).toString(), "hidden");
  assert.throws(() => open([one], `${key}b`, sealed), /cannot be decrypted/);
  assert.throws(() => open([two], key, sealed), /cannot be decrypted/);
  assert.equal(open([one], key, Buffer.from("{}")).toString(), "{}");
});
