import assert from "node:assert/strict";
import { test } from "node:test";
import { VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { serverLeases } from "./server-leases.ts";

test("a server is listed while it renews its key, and the others notice when it does not", async () => {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const leases = serverLeases(store);
  await leases.renew("10.0.0.2");
  await clock.advance(10_000);
  await leases.renew("10.0.0.1");
  await leases.renew("10.0.0.2");
  await clock.advance(10_000);
  assert.deepEqual(await leases.list(), ["10.0.0.1", "10.0.0.2"]);
  await leases.renew("10.0.0.1");
  await clock.advance(6000);
  await leases.renew("10.0.0.1");
  await clock.advance(6000);
  assert.deepEqual(await leases.list(), ["10.0.0.1"]);
  await leases.remove("10.0.0.1");
  await leases.remove("10.0.0.1");
  assert.deepEqual(await leases.list(), []);
  await store.close();
});

test("keys and values are upstream's", async () => {
  const store = await createMemoryStore();
  const leases = serverLeases(store);
  await leases.renew("10.0.0.1");
  await leases.renew("10.0.0.1");
  const { entries } = await store.list({ from: "/registry/masterleases/", to: "/registry/masterleases0" });
  assert.deepEqual(
    entries.map(({ key, value }) => [key, JSON.parse(value.toString())]),
    [
      [
        "/registry/masterleases/10.0.0.1",
        { kind: "Endpoints", apiVersion: "v1", metadata: { generation: 2 }, subsets: [{ addresses: [{ ip: "10.0.0.1" }] }] },
      ],
    ],
  );
  await store.close();
});
