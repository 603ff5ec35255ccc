import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, StoreEvent } from "./contract.ts";
import { encryptedStore, open, seal } from "./encrypted-store.ts";
import { createMemoryStore, only, under } from "./mod.ts";

const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const key = "/registry/secrets/default/a";

test("a secret is sealed in the store below and open above it, in get, list, conflicts and watches", async () => {
  const inner = await createMemoryStore();
  const store = encryptedStore(inner, { keys: [one] });
  const events: StoreEvent[] = [];
  const unfollow = store.local!.follow(under("/registry/"), 1, { events: (more) => void events.push(...more), failed: assert.ifError });
  const made = await store.commit(key, "absent", Buffer.from("hidden"));
  await store.commit("/registry/configmaps/default/a", "absent", Buffer.from("plain"));
  const get = async (from: Store, name: string) => (await from.list(only(name))).entries[0]!.value.toString();
  assert.equal((await get(inner, key)).includes("hidden"), false);
  assert.equal(await get(inner, "/registry/configmaps/default/a"), "plain");
  assert.equal(await get(store, key), "hidden");
  assert.equal((await store.list(under("/registry/secrets/"))).entries[0]!.value.toString(), "hidden");
  const conflict = await store.commit(key, "absent", Buffer.from("x"));
  assert.equal(conflict.ok === false && conflict.current!.value.toString(), "hidden");
  assert.ok(made.ok);
  await store.commit(key, made.revision, "delete");
  const shown = ["hidden", "plain", "hidden"];
  assert.deepEqual(
    events.map(({ value }) => value.toString()),
    shown,
  );
  unfollow();
  for await (const batch of store.watch(under("/registry/"), 1, new AbortController().signal)) {
    assert.deepEqual(
      batch.events.map(({ value }) => value.toString()),
      shown,
    );
    break;
  }
  await store.close();
});

test("a value opens only under its own name and with a key that is known", () => {
  const sealed = seal(one, key, Buffer.from("hidden"));
  assert.equal(open([two, one], key, sealed).toString(), "hidden");
  assert.throws(() => open([one], `${key}b`, sealed), /cannot be decrypted/);
  assert.throws(() => open([two], key, sealed), /cannot be decrypted/);
  assert.equal(open([one], key, Buffer.from("{}")).toString(), "{}");
});
