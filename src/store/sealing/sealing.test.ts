import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";
import type { Store, StoreEvent } from "../contract.ts";
import { createMemoryStore, only, under } from "../mod.ts";
import { aesCbc, aesGcm, derivedGcm } from "./aes.ts";
import { ownKeys, ownMark, ownOrPlain } from "./own-key.ts";
import { sealedStore } from "./sealed-store.ts";
import { sealWith, secretbox } from "./secretbox.ts";
import { firstOf, identity, type Marked, type Opened, type Transformer } from "./transformer.ts";

const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
const key = "/registry/secrets/default/a";
const text = (opened: Opened | Promise<Opened>) => (opened as Opened).value.toString();
const long = "x".repeat(1000);

test("whatever seals a value opens it, and nothing else does", () => {
  const ways: [string, Transformer, Transformer][] = [
    ["gcm", aesGcm(one), aesGcm(two)],
    ["gcm, 16 bytes", aesGcm(one.subarray(0, 16)), aesGcm(two.subarray(0, 16))],
    ["derived", derivedGcm(one), derivedGcm(two)],
    ["secretbox", secretbox(one), secretbox(two)],
    ["cbc", aesCbc(one.subarray(0, 24)), aesCbc(two.subarray(0, 24))],
  ];
  for (const [name, own, other] of ways)
    for (const value of ["", "hidden", long]) {
      const sealed = own.seal(key, Buffer.from(value)) as Buffer;
      assert.equal(text(own.open(key, sealed)), value, name);
      assert.notDeepEqual(own.seal(key, Buffer.from(value)), sealed, name);
      if (value === long) assert.throws(() => other.open(key, sealed), /failed|padding|large enough/, name);
      if (name.startsWith("gcm") || name === "derived")
        assert.throws(() => own.open(`${key}b`, sealed), /message authentication failed/, name);
      assert.throws(() => own.open(key, sealed.subarray(0, 8)), { message: "the stored data was shorter than the required size" }, name);
    }
});

test("secretbox is NaCl's: its test vector", () => {
  const hex = (words: string) => Buffer.from(words.replaceAll(/\s/g, ""), "hex");
  const firstKey = hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389");
  const nonce = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
  const message = hex(`be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01
    233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76
    897040e082f937763848645e0705`);
  const box = `f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec
    48c97271d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5
    f9b37973f622a43d14a6599b1f654cb45a74e355a5`;
  assert.equal(sealWith(firstKey, nonce, message).subarray(24).toString("hex"), hex(box).toString("hex"));
});

test("the first of several seals, all open, and what is not the first's is stale", () => {
  const marked = (name: string, transformer: Transformer): Marked => ({ mark: Buffer.from(name), transformer });
  const cbc = (name: string, of: Buffer) => marked("k8s:enc:aescbc:v1:", firstOf([marked(`${name}:`, aesCbc(of))], "no matching key"));
  const before = firstOf([cbc("key1", one), marked("", identity)], "no matching prefix found");
  const after = firstOf([cbc("key2", two), cbc("key1", one), marked("", identity)], "no matching prefix found");
  const old = before.seal(key, Buffer.from("v")) as Buffer;
  assert.equal(old.toString("latin1", 0, 23), "k8s:enc:aescbc:v1:key1:");
  assert.deepEqual(before.open(key, old), { value: Buffer.from("v"), isStale: false });
  assert.deepEqual(after.open(key, old), { value: Buffer.from("v"), isStale: true });
  assert.deepEqual(after.open(key, Buffer.from("{}")), { value: Buffer.from("{}"), isStale: true });
  const away = firstOf([marked("", identity), cbc("key1", one)], "no matching prefix found");
  assert.deepEqual(away.open(key, old), { value: Buffer.from("v"), isStale: true }, "identity lets others open what is sealed");
  assert.throws(() => firstOf([cbc("key2", two)], "no matching prefix found").open(key, old), /no matching key/);
  assert.throws(() => firstOf([cbc("key2", two)], "no matching prefix found").open(key, Buffer.from("{}")), /no matching prefix found/);
});

test("a value is sealed in the store below and open above it: in lists, conflicts and watches, also when opening takes time", async () => {
  const plain = ownOrPlain(ownKeys([one]), identity);
  const slow: Transformer = {
    seal: async (name, value) => plain.seal(name, value),
    open: async (name, value) => {
      await systemClock.turn();
      return plain.open(name, value);
    },
  };
  for (const way of [plain, slow]) {
    const inner = await createMemoryStore();
    const store = sealedStore(inner, (name) => (name.startsWith("/registry/secrets/") ? way : undefined));
    const events: StoreEvent[] = [];
    const unfollow = store.local!.follow(under("/registry/"), 1, { events: (more) => void events.push(...more), failed: assert.ifError });
    const made = await store.commit(key, "absent", Buffer.from("hidden"));
    await store.commit("/registry/configmaps/default/a", "absent", Buffer.from("plain"));
    const get = async (from: Store, name: string) => (await from.list(only(name))).entries[0]!.value.toString();
    assert.ok((await inner.list(only(key))).entries[0]!.value.subarray(0, ownMark.length).equals(ownMark));
    assert.deepEqual([await get(inner, "/registry/configmaps/default/a"), await get(store, key)], ["plain", "hidden"]);
    const conflict = await store.commit(key, "absent", Buffer.from("x"));
    assert.equal(conflict.ok === false && conflict.current!.value.toString(), "hidden");
    assert.ok(made.ok);
    await store.commit(key, made.revision, "delete");
    const shown = ["hidden", "plain", "hidden"];
    for await (const batch of store.watch(under("/registry/"), 1, new AbortController().signal)) {
      assert.deepEqual(
        batch.events.map(({ value }) => value.toString()),
        shown,
      );
      break;
    }
    for (let turn = 0; turn < 20; turn++) await systemClock.turn();
    assert.deepEqual(
      events.map(({ value }) => value.toString()),
      shown,
    );
    unfollow();
    await inner.commit(key, "absent", Buffer.from("{}"));
    assert.deepEqual([await store.isStale!(key), await store.isStale!("/registry/configmaps/default/a")], [true, false]);
    await store.close();
  }
});

test("a follower is told of a value that does not open, once", async () => {
  const inner = await createMemoryStore();
  await inner.commit(key, "absent", Buffer.concat([ownMark, Buffer.alloc(60)]));
  const store = sealedStore(inner, () => ownOrPlain(ownKeys([one]), identity));
  const failures: Error[] = [];
  store.local!.follow(under("/registry/"), 1, { events: () => assert.fail("nothing opens"), failed: (error) => failures.push(error) });
  for (let turn = 0; turn < 5; turn++) await systemClock.turn();
  await inner.commit(`${key}b`, "absent", Buffer.from("x"));
  assert.equal(failures.length, 1);
  assert.match(failures[0]!.message, /cannot be decrypted: it was sealed with a key that this server does not have/);
  await store.close();
});
