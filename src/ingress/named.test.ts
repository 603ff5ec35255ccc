import assert from "node:assert/strict";
import { test } from "node:test";
import { type KubeObject, secrets } from "#api/mod.ts";
import { seededRandom, settle, silentLog, VirtualClock } from "#base/mod.ts";
import { fakeApi } from "#client/fake-api.ts";
import { Named } from "./named.ts";

const aSecret = (name: string): KubeObject => ({ apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "shop" } });

test("a Secret is followed from when it is named until it is no more", async () => {
  const api = fakeApi();
  api.put("secrets", aSecret("users"));
  let changes = 0;
  const options = { client: api.client, clock: new VirtualClock(), random: seededRandom(1), log: silentLog };
  const named = new Named(secrets, { ...options, changed: () => changes++ });
  assert.equal(named.get("shop/users"), "unseen");
  named.follow(["shop/users", "shop/later", "shop/users"]);
  assert.equal(named.get("shop/users"), "unseen");
  await settle(8);
  assert.equal((named.get("shop/users") as KubeObject).metadata.name, "users");
  assert.equal(named.get("shop/later"), undefined, "it is known that there is none");
  const before = changes;
  api.put("secrets", aSecret("later"));
  await settle(8);
  assert.ok(changes > before);
  assert.equal((named.get("shop/later") as KubeObject).metadata.name, "later");
  named.follow(["shop/later"]);
  assert.equal(named.get("shop/users"), "unseen");
  named.close();
});
